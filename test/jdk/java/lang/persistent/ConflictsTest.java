/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Threads that store to the same places, or beside each other, without a lock: memory and media stay the same, what was stored
 *          beside is no conflict, and no heap is lost
 * @build Heap RolledBackTest
 * @run main/othervm/timeout=480 ConflictsTest
 * @run main/othervm/timeout=480 ConflictsTest -Xint
 * @run main/othervm/timeout=480 ConflictsTest -Xcomp -XX:TieredStopAtLevel=1 -XX:CompileCommand=compileonly,ConflictsTest::*
 * @run main/othervm/timeout=480 ConflictsTest -Xcomp -XX:-TieredCompilation -XX:CompileCommand=compileonly,ConflictsTest::*
 */

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.persistent.VolatileReferenceException;
import java.lang.reflect.Field;
import java.nio.ByteOrder;
import java.util.zip.Adler32;

public class ConflictsTest {
    static class Node {
        int id;
        byte[] data;
        Node ref;
    }

    static class Narrow {
        byte a, b;
        short s, t;
        boolean done;
        byte[] bytes;
        short[] shorts;
        String string;
        volatile Object reference;
    }

    static final VarHandle A, S, T;
    static final VarHandle BYTES = MethodHandles.arrayElementVarHandle(byte[].class);
    static final VarHandle SHORTS = MethodHandles.arrayElementVarHandle(short[].class);
    static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            A = lookup.findVarHandle(Narrow.class, "a", byte.class);
            S = lookup.findVarHandle(Narrow.class, "s", short.class);
            T = lookup.findVarHandle(Narrow.class, "t", short.class);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    static Narrow narrow() {
        return PersistentHeap.root("narrow", Narrow.class, () -> {
            Narrow n = new @Persistent Narrow();
            n.bytes = new @Persistent byte[10_000];
            n.shorts = new @Persistent short[10];
            return n;
        });
    }

    static Node node(int id) {
        Node n = new @Persistent Node();
        n.id = id;
        n.data = new @Persistent byte[5000];
        return n;
    }

    static Node[] nodes() {
        return PersistentHeap.root("nodes", Node[].class, () -> {
            Node[] nodes = new @Persistent Node[8];
            for (int i = 0; i < 3; i++) nodes[i] = node(i);
            nodes[0].ref = node(4);
            return nodes;
        });
    }

    // The same value by a transaction that is committed, while the first one is open.
    static void equal() throws Exception {
        Narrow n = narrow();
        Txn txn = Txn.begin();
        n.done = true;
        RolledBackTest.other(() -> {
            Txn.run(() -> n.done = true);
            return null;
        });
        txn.rollback();
    }

    // Compare-and-set of a byte or short is done by the word around it: what is beside it is somebody else's.
    static void beside() throws Exception {
        Narrow n = narrow();
        Txn txn = Txn.begin();
        n.b = 7;
        n.t = 7;
        n.bytes[1] = 7;
        n.shorts[1] = 7;
        RolledBackTest.other(() -> A.compareAndSet(n, (byte) 0, (byte) 1) && S.compareAndSet(n, (short) 0, (short) 0x101) &&
                BYTES.compareAndSet(n.bytes, 0, (byte) 0, (byte) 1) && SHORTS.compareAndSet(n.shorts, 0, (short) 0, (short) 1));
        txn.rollback();
        besideRead();
        txn = Txn.begin();
        A.compareAndSet(n, (byte) 1, (byte) 2);
        T.compareAndSet(n, (short) 0, (short) 2);
        RolledBackTest.other(() -> n.b = 5);
        txn.rollback();
        Heap.equal(n.a, (byte) 1);
        Heap.equal(n.t, (short) 0);
        Heap.equal(n.b, (byte) 5);
        txn = Txn.begin();
        A.compareAndSet(n, (byte) 1, (byte) 2);
        BYTES.getAndAdd(n.bytes, 0, (byte) 2);
        RolledBackTest.other(() -> n.b = 6);
        RolledBackTest.other(() -> n.bytes[1] = 6);
        txn.commit();
        Heap.equal(n.a + " " + n.b + " " + n.bytes[0] + " " + n.bytes[1], "2 6 3 6");
        n.a = 1;
        n.b = 0;
        n.bytes[0] = 1;
        n.bytes[1] = 0;
    }

    static void besideRead() {
        Narrow n = narrow();
        Heap.equal(n.a + " " + n.b + " " + n.s + " " + n.t, "1 0 257 0");
        Heap.equal(n.bytes[0] + " " + n.bytes[1] + " " + n.shorts[0] + " " + n.shorts[1], "1 0 1 0");
    }

    // zlib releases the arrays that it has only read as if it had written them.
    static void critical() throws Exception {
        byte[] bytes = narrow().bytes;
        Txn txn = Txn.begin();
        bytes[9000] = 7;
        RolledBackTest.other(() -> {
            new Adler32().update(bytes, 0, 10);
            return null;
        });
        txn.rollback();
        txn = Txn.begin();
        new Adler32().update(bytes, 0, 10);
        RolledBackTest.other(() -> bytes[8000] = 1);
        txn.commit();
        criticalRead();
    }

    static void criticalRead() {
        byte[] bytes = narrow().bytes;
        Heap.equal(bytes[9000] + " " + bytes[8000], "0 1");
    }

    // Nobody sees a reference whose store is refused.
    static void refused() throws Exception {
        Narrow n = narrow();
        Object stranger = new Object();
        Thread t = new Thread(() -> {
            for (int i = 0; i < 3000; i++) {
                try {
                    n.reference = stranger;
                    throw new AssertionError("stored");
                } catch (VolatileReferenceException e) {
                    // as it should be
                }
            }
        });
        t.start();
        while (t.isAlive()) Heap.equal(n.reference, null);
        Heap.equal(n.reference, null);
    }

    // Who reads a string does not store to it.
    static void hash() throws Exception {
        Narrow n = narrow();
        n.string = PersistentHeap.allocate(() -> new String(new char[] {'h', 'a', 's', 'h'}));
        Heap.check(PersistentHeap.contains(n.string), "persistent");
        Field hash = String.class.getDeclaredField("hash");
        hash.setAccessible(true);
        Heap.equal(hash.getInt(n.string), 0);
        Txn txn = Txn.begin();
        n.string.hashCode();
        txn.rollback();
        Heap.equal(hash.getInt(n.string), "hash".hashCode());
    }

    static void hashRead() {
        Heap.equal(narrow().string.hashCode(), "hash".hashCode());
    }

    static void set(Node[] nodes, Node ref) {
        nodes[0].ref = ref;
    }

    static void stop() {
        for (int i = 0; i < 3; i++) PersistentHeap.gc();
        PersistentHeap.force();
        Runtime.getRuntime().halt(0);
    }

    // What the media refers to, and memory does not any more, lives as long as a transaction may be rolled back to it.
    static void nested() throws Exception {
        Node[] nodes = nodes();
        Txn outer = Txn.begin();
        Txn inner = Txn.begin();
        set(nodes, nodes[1]);
        RolledBackTest.other(() -> {
            Txn.begin();
            set(nodes, nodes[2]);
            return null;
        });
        inner.rollback();
        stop();
    }

    static Node made;

    static void told() throws Exception {
        Node[] nodes = nodes();
        Txn txn = Txn.begin();
        set(nodes, nodes[1]);
        RolledBackTest.other(() -> {
            made = node(9);
            Txn.begin();
            set(nodes, made);
            made = null;
            return null;
        });
        txn.rollback();
        RolledBackTest.other(() -> {
            set(nodes, nodes[2]);
            return null;
        });
        stop();
    }

    static void between(boolean rollsBack) throws Exception {
        Node[] nodes = nodes();
        Txn txn = Txn.begin();
        set(nodes, nodes[1]);
        nodes[0].id = 1;
        RolledBackTest.other(() -> {
            set(nodes, node(9));
            return nodes[0].id = 55;
        });
        set(nodes, nodes[2]);
        nodes[0].id = 2;
        if (rollsBack) {
            txn.rollback();
        } else {
            stop();
        }
    }

    static void nodesRead() {
        Node ref = nodes()[0].ref;
        Heap.equal(ref.data.length, 5000);
        System.out.println("is " + ref.id);
    }

    static String state() {
        Node[] nodes = nodes();
        return "STATE " + narrow().done + " " + nodes[0].id + " " + nodes[0].ref.id;
    }

    // As many locations that overlap, and objects that others have stored to, as would take minutes if each looked at all.
    static void many() throws Exception {
        byte[] bytes = PersistentHeap.root("bytes", byte[].class, () -> new @Persistent byte[4 << 20]);
        int length = 300_000;
        Txn.run(() -> {
            for (int i = 0; i < length; i++) LONGS.set(bytes, i * 8, (long) i);
            for (int i = 0; i < length; i++) bytes[i * 8 + 7] = 1;
        });
        Node[] shared = new Node[length / 10];
        for (int i = 0; i < shared.length; i++) shared[i] = new @Persistent Node();
        RolledBackTest.other(() -> {
            Txn.begin();
            for (Node n : shared) n.id = 1;
            return null;
        });
        Node first = null;
        for (int i = 0; i < length / 2; i++) {
            Node n = new @Persistent Node();
            n.ref = first;
            first = n;
        }
        PersistentHeap.setRoot("first", first);
        // Of what the other one has stored to, the media gets what was there before.
        Node[] mine = new @Persistent Node[shared.length];
        System.arraycopy(shared, 0, mine, 0, mine.length);
        PersistentHeap.setRoot("shared", mine);
    }

    static void manyRead() {
        byte[] bytes = PersistentHeap.root("bytes", byte[].class);
        for (int i = 0; i < 300_000; i++) Heap.equal((long) LONGS.get(bytes, i * 8), i | 1L << 56);
        Node[] shared = PersistentHeap.root("shared", Node[].class);
        for (Node n : shared) Heap.equal(n.id, 0);
    }

    public static void main(String[] args) throws Exception {
        switch (args.length > 0 ? args[0] : "") {
            case "beside" -> beside();
            case "besideRead" -> besideRead();
            case "critical" -> critical();
            case "criticalRead" -> criticalRead();
            case "refused" -> refused();
            case "refusedRead" -> Heap.equal(narrow().reference, null);
            case "hash" -> hash();
            case "hashRead" -> hashRead();
            case "nested" -> nested();
            case "told" -> told();
            case "between" -> between(false);
            case "nestedRead", "toldRead", "betweenRead" -> nodesRead();
            case "equal" -> {
                equal();
                System.out.println(state());
            }
            case "betweenRolledBack" -> {
                between(true);
                System.out.println(state());
            }
            case "equalRead", "betweenRolledBackRead" -> System.out.println(state());
            case "many" -> many();
            case "manyRead" -> manyRead();
            default -> {
                for (String scenario : new String[] {"beside", "critical", "refused", "hash", "nested", "told", "between", "equal", "betweenRolledBack", "many"}) {
                    if (scenario.equals("many") && args.length > 0) continue;       // it would take long, and shows nothing more
                    Heap heap = new Heap("conflicts", args);
                    String wrote = RolledBackTest.states(heap.with(RolledBackTest.OPTIONS).with(options(scenario)).run(ConflictsTest.class, scenario));
                    String read = RolledBackTest.states(heap.with(RolledBackTest.OPTIONS).with(options(scenario)).run(ConflictsTest.class, scenario + "Read"));
                    Heap.equal(read, wrote);
                    heap.delete();
                }
            }
        }
    }

    static String[] options(String scenario) {
        return new String[] {"-XX:PersistentHeapSize=" + (scenario.equals("many") ? "256m" : "32m"), "--add-opens=java.base/java.lang=ALL-UNNAMED"};
    }
}
