/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary References of objects that evacuation leaves where they are: to volatile objects they are remembered, those of locks and of
 *          open transactions are not logged; a compare-and-set that a collection interrupts says what it did
 * @library /test/jdk/java/lang/persistent
 * @build Heap
 * @run main/othervm/timeout=600 EvacuatedReferences
 */

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.concurrent.locks.StampedLock;

public class EvacuatedReferences {
    enum Symbol { ONE, TWO }

    static final class Node {
        long a, b, c, d;
        Node next;
    }

    static class Root {
        Object[] arrays;
        Node kept;
        Object first, second;
        String s;
        long[] large;
        StampedLock lock;
        Object state;
    }

    static final int OBJECT = 48;       // bytes of a Node

    static Root root() {
        return PersistentHeap.root("root", Root.class, () -> new @Persistent Root());
    }

    static void check(boolean ok, String what) {
        if (!ok) throw new AssertionError(what);
    }

    // Nodes of so many KB, of which every nth stays.
    static void nodes(Root r, int kb, int nth) {
        int count = kb * 1024 / OBJECT;
        for (int done = 0; done < count; ) {
            int from = done, to = Math.min(count, done + 2000);
            Txn.run(() -> {
                for (int i = from; i < to; i++) {
                    Node n = new @Persistent Node();
                    if (i % nth != 0) continue;
                    n.next = r.kept;
                    n.a = i;
                    r.kept = n;
                }
            });
            done = to;
        }
    }

    static long sum(Root r) {
        long sum = 0;
        for (Node n = r.kept; n != null; n = n.next) sum += n.a;
        return sum;
    }

    // Large arrays side by side, whose ends lie in sparse segments.
    static void obstacles() {
        Root r = root();
        nodes(r, 768, 4);
        Object[][] arrays = new Object[6][];
        Txn.run(() -> {
            // Multiples of 256 bytes: nothing is between them.
            for (int i = 0; i < arrays.length; i++) arrays[i] = new @Persistent Object[64 * (4096 * 4 - 37 * i) - 4];
            r.arrays = new @Persistent Object[arrays.length];
            for (int i = 0; i < arrays.length; i++) {
                r.arrays[i] = arrays[i];
                for (int j = arrays[i].length - 1; j >= 0; j -= 97) arrays[i][j] = Symbol.values()[j & 1];
            }
        });
        nodes(r, 200, 4);
        nodes(r, 3000, 8);
        long sum = sum(r);
        // Moving the nodes of the sparse segments makes room for this: the arrays stay.
        r.large = new @Persistent long[800_000];
        r.large = null;
        for (int i = 0; i < 3; i++) System.gc();
        check(sum(r) == sum, "nodes");
        obstaclesRead();
    }

    static void obstaclesRead() {
        for (Object o : root().arrays) {
            Object[] array = (Object[]) o;
            for (int j = array.length - 1; j >= 0; j -= 97) check(array[j] == Symbol.values()[j & 1], "element " + j + " is " + array[j]);
        }
    }

    // Arrays that fit only if something moves.
    static void evacuate(Root r) {
        for (int mb = 8; mb >= 1; mb--) {
            try {
                for (int i = 0; i < 4; i++) r.large = new @Persistent long[mb << 17];
            } catch (OutOfMemoryError e) {
                r.large = null;
            }
        }
        r.large = null;
    }

    static void locks() throws Exception {
        Root r = root();
        Txn.run(() -> r.lock = PersistentHeap.allocate(() -> new StampedLock()));
        nodes(r, 2000, 6);
        PersistentHeap.allocate(() -> r.lock.asReadLock());
        nodes(r, 20_000, 6);
        long sum = sum(r);
        evacuate(r);
        check(sum(r) == sum, "nodes");
        check(r.lock.asReadLock().tryLock(), "lock");
    }

    static void locksRead() throws Exception {
        Root r = root();
        check(sum(r) > 0, "nodes");
        long stamp = r.lock.writeLock();
        r.lock.unlockWrite(stamp);
        r.lock.asReadLock().lock();
    }

    // A commit puts copies of strings into its objects, finds no room for another one, evacuates, and fails.
    static void uncommitted() {
        Root r = root();
        Txn.run(() -> r.first = new @Persistent Root());
        nodes(r, 12_000, 5);
        Txn.run(() -> {
            r.second = new @Persistent Root();
            ((Root) r.second).s = new String("copied before" + "-".repeat(500));
        });
        Root first = (Root) r.first;
        long sum = sum(r);
        String large = "l".repeat(30 << 20);
        try {
            Txn.run(() -> {
                first.s = new String("copied before" + "-".repeat(500));
                first.state = large;
            });
            throw new AssertionError("there was room");
        } catch (OutOfMemoryError e) {
            check(e.getMessage().contains("Persistent heap space"), e.toString());
        }
        check(first.s == null && first.state == null, "not rolled back");
        check(sum(r) == sum, "nodes");
        Runtime.getRuntime().halt(0);
    }

    static void uncommittedRead() {
        Root r = root();
        Root first = (Root) r.first;
        check(first.s == null && first.state == null, "committed: " + first.s);
        check(((Root) r.second).s.startsWith("copied before"), "copy");
    }

    static void compareAndSet() throws Exception {
        VarHandle state = MethodHandles.lookup().findVarHandle(Root.class, "state", Object.class);
        Root r = root();
        r.state = Symbol.ONE;             // young, and moves
        for (int i = 0; i < 24; i++) r.large = new @Persistent long[1 << 17];
        r.large = null;
        check(state.compareAndSet(r, Symbol.ONE, "x".repeat(10 << 20)), "compareAndSet says no");
        check(r.state instanceof String s && s.length() == 10 << 20, "not stored");
    }

    static void compareAndSetRead() {
        check(root().state instanceof String s && s.length() == 10 << 20, "not stored");
    }

    public static void main(String[] args) throws Exception {
        switch (args.length > 0 ? args[0] : "") {
            case "obstacles" -> obstacles();
            case "locks" -> locks();
            case "uncommitted" -> uncommitted();
            case "compareAndSet" -> compareAndSet();
            case "obstaclesRead" -> obstaclesRead();
            case "locksRead" -> locksRead();
            case "uncommittedRead" -> uncommittedRead();
            case "compareAndSetRead" -> compareAndSetRead();
            default -> {
                for (String scenario : new String[] {"obstacles", "locks", "uncommitted", "compareAndSet"}) {
                    String[] options = {"-XX:PersistentHeapSize=32m", "-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapAudit",
                            "-XX:PersistentHeapOccupancyPercent=100", "-Xlog:pheap+gc"};
                    Heap heap = new Heap("evacuated", args);
                    heap.with(options).run(EvacuatedReferences.class, scenario);
                    heap.with(options).run(EvacuatedReferences.class, scenario + "Read");
                    heap.delete();
                }
            }
        }
    }
}
