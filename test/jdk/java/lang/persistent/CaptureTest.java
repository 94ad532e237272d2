/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary What a capture does to open transactions: copies of strings, objects that others capture, captures that fail
 * @build Heap
 * @run main/othervm/timeout=600 CaptureTest
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.persistent.TxnException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

public class CaptureTest {
    static final class Node {
        volatile int counter;
        int v;
        Node next;
        String s;
        Object o;
        static final AtomicIntegerFieldUpdater<Node> COUNTER = AtomicIntegerFieldUpdater.newUpdater(Node.class, "counter");
    }

    static final class Root {
        Node n;
        String[] strings;
        Object[] kept = new @Persistent Object[ROUNDS];
    }

    static final int ROUNDS = 10;
    static Object garbage;
    static final int NODES = 100_000;

    static Root root() {
        return PersistentHeap.root("root", Root.class, () -> new @Persistent Root());
    }

    static Thread other(Runnable body) throws InterruptedException {
        Thread t = new Thread(body);
        t.start();
        return t;
    }

    /** Another thread captures an object to which this transaction has stored a string of the ordinary heap. */
    static void copies() throws Exception {
        Root root = root();
        for (boolean commit : new boolean[] {true, false}) {
            Node x = new @Persistent Node();
            String stored = "stored " + commit;
            Object box = Integer.valueOf(12345 + stored.length());
            try (Txn txn = Txn.begin()) {
                x.s = stored;
                x.o = box;
                other(() -> Txn.run(() -> root.n = x)).join();
                if (commit) txn.commit();
            }
            Heap.equal(root.n.s, commit ? stored : null);
            Heap.equal(root.n.o, commit ? box : null);
        }
        Txn.run(() -> root.n.s = "last");
    }

    static void copiesShown() {
        Heap.equal(root().n.s, "last");
        Heap.equal(root().n.o, null);
    }

    /** Strings that were made in P of strings of the ordinary heap, whose characters they share. */
    static void shared() {
        Root root = root();
        String latin = "an ordinary one", other = "\u03b1\u03b2\u03b3";
        Txn.run(() -> root.strings = new @Persistent String[6]);
        root.strings[0] = new @Persistent String(latin);
        Txn.run(() -> root.strings[1] = PersistentHeap.allocate(() -> new String(other)));
        Txn.run(() -> {
            root.n = new @Persistent Node();
            root.n.s = new @Persistent String(latin);
            root.n.o = root.n.s;
            root.strings = PersistentHeap.allocate(() -> new String[] {new String(latin), new String(other), new String(new String("")), latin});
        });
        sharedShown();
        System.gc();
        sharedShown();
    }

    static void sharedShown() {
        Root root = root();
        Heap.equal(String.join(",", root.strings), "an ordinary one,\u03b1\u03b2\u03b3,,an ordinary one");
        Heap.equal(root.n.s, "an ordinary one");
        Heap.equal(root.n.o == (Object) root.n.s, true);
    }

    /** A commit finds room for all copies only after a collection. */
    static void retried() {
        Root root = root();
        Txn.run(() -> root.strings = new @Persistent String[4]);
        for (int i = 0; i < 40; i++) garbage = new @Persistent byte[1 << 20];
        Txn.run(() -> {
            for (int i = 0; i < 4; i++) root.strings[i] = String.valueOf((char) ('a' + i)).repeat(8 << 20);
        });
        for (int i = 0; i < 4; i++) Heap.equal(root.strings[i].length(), 8 << 20);
    }

    static void retriedShown() {
        for (int i = 0; i < 4; i++) Heap.equal(root().strings[i].charAt(100), (char) ('a' + i));
    }

    /** Stores that are undone, to objects that another thread captures meanwhile. */
    static void race() throws Exception {
        Root root = root();
        Random random = new Random(1);
        for (int round = 0; round < ROUNDS; round++) {
            final int r = round;
            Node[] nodes = new @Persistent Node[NODES];
            for (int i = 0; i < NODES; i++) nodes[i] = new @Persistent Node();
            long delay = random.nextLong(60_000_000);
            long start = System.nanoTime();
            Thread capturing = other(() -> Txn.run(() -> root.kept[r] = nodes));
            while (System.nanoTime() - start < delay) Thread.onSpinWait();
            try (Txn txn = Txn.begin()) {
                for (int k = 1; k <= 50; k++) {
                    if (r % 2 == 0) nodes[NODES - k].v = 7; else Node.COUNTER.incrementAndGet(nodes[NODES - k]);
                }
                capturing.join();
                txn.rollback();
            }
            for (int k = 1; k <= 50; k++) Heap.equal(nodes[NODES - k].v + nodes[NODES - k].counter, 0);
        }
    }

    static void raceShown() {
        int wrong = 0;
        for (Object nodes : root().kept) {
            for (Node n : (Node[]) nodes) {
                if (n.v + n.counter != 0) wrong++;
            }
        }
        Heap.equal("values that were rolled back: " + wrong, "values that were rolled back: 0");
    }

    static Node chain(int length) {
        Node last = null;
        for (int i = 0; i < length; i++) {
            Node n = new @Persistent Node();
            n.v = length - i;
            n.next = last;
            last = n;
        }
        return last;
    }

    /** A record that cannot be written leaves nothing behind. */
    static void failed(String directory) throws Exception {
        Root root = root();
        Txn.run(() -> root.n = new @Persistent Node());
        // In the place of the files for large records.
        for (int i = 0; i < 200; i++) Files.createDirectory(Path.of(directory, "overflow-" + i));
        Heap.fails(TxnException.class, () -> Txn.run(() -> {
            root.kept[0] = new @Persistent Node[400_000];
            root.n = chain(3000);
        }));
        Txn.run(() -> root.n = chain(20));
        for (int i = 0; i < 200; i++) Files.deleteIfExists(Path.of(directory, "overflow-" + i));
    }

    static void failedShown() {
        int i = 0;
        for (Node n = root().n; n != null; n = n.next) Heap.equal(n.v, ++i);
        Heap.equal(i, 20);
        Heap.equal(root().kept[0], null);
    }

    public static void main(String[] args) throws Exception {
        if (args.length == 0) {
            for (String part : new String[] {"copies", "shared", "retried", "race", "failed"}) {
                Heap heap = new Heap(part, "-XX:PersistentHeapSize=" + (part.equals("race") ? "256m" : "64m"),
                        "-XX:PersistentHeapLogSize=4m", "-Xmx256m");
                heap.run(CaptureTest.class, part, heap.directory().toString());
                heap.with("-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapVerify");
                heap.run(CaptureTest.class, part + "Shown");
            }
            return;
        }
        switch (args[0]) {
            case "copies"       -> copies();
            case "copiesShown"  -> copiesShown();
            case "shared"       -> shared();
            case "sharedShown"  -> sharedShown();
            case "retried"      -> retried();
            case "retriedShown" -> retriedShown();
            case "race"         -> race();
            case "raceShown"    -> raceShown();
            case "failed"       -> failed(args[1]);
            case "failedShown"  -> failedShown();
        }
    }
}
