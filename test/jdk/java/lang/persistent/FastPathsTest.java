/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Stores that need no search or no record: repeated ones, those to new objects,
 *          in levels that commit or roll back, at random against a model
 * @run main/othervm FastPathsTest
 * @comment most of the time of a run with media of kind file is that of waiting for a disk: one of them is enough
 * @run main/othervm FastPathsTest -Xint -XX:+UnlockDiagnosticVMOptions -XX:PersistentHeapMedia=memory
 * @run main/othervm FastPathsTest -XX:TieredStopAtLevel=1 -XX:+UnlockDiagnosticVMOptions -XX:PersistentHeapMedia=memory
 * @run main/othervm FastPathsTest -XX:-TieredCompilation -XX:CompileThreshold=200 -Xbatch
 *                   -XX:+UnlockDiagnosticVMOptions -XX:PersistentHeapMedia=memory
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.persistent.TxnException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Random;

public class FastPathsTest {
    static final int SIZE = 1024;
    static final int EVICTS = 4096;     // longs so far apart share their place in the table of recent stores

    static class Node {
        long value;
        int count;
        volatile long ordered;
        Node link;
    }

    static class Data {
        final long[] longs = new @Persistent long[SIZE + EVICTS];
        final int[] ints = new @Persistent int[SIZE];
        final byte[] bytes = new @Persistent byte[SIZE];
        final Node[] nodes = new @Persistent Node[SIZE];
        long sum;
    }

    /** What the data should be. */
    static class Model {
        final long[] longs;
        final int[] ints;
        final byte[] bytes;
        final Node[] nodes;
        final long[] values;            // of the nodes

        Model() {
            longs = new long[SIZE + EVICTS];
            ints = new int[SIZE];
            bytes = new byte[SIZE];
            nodes = new Node[SIZE];
            values = new long[SIZE];
        }

        Model(Model m) {
            longs = m.longs.clone();
            ints = m.ints.clone();
            bytes = m.bytes.clone();
            nodes = m.nodes.clone();
            values = m.values.clone();
        }

        void verify(Data x) {
            Heap.check(Arrays.equals(longs, x.longs), "longs");
            Heap.check(Arrays.equals(ints, x.ints), "ints");
            Heap.check(Arrays.equals(bytes, x.bytes), "bytes");
            for (int i = 0; i < SIZE; i++) {
                Node n = x.nodes[i];
                Heap.check(n == nodes[i], "node");
                if (n != null) {
                    Heap.equal(n.value, values[i]);
                    Heap.equal(n.count, (int) values[i]);
                    Heap.equal(n.ordered, -values[i]);
                    Heap.check(n.link == n, "link");
                }
            }
        }
    }

    static void set(Node n, long v) {
        n.value = ~v;
        n.value = v;
        n.count = (int) v;
        n.ordered = -v;
        n.link = null;
        n.link = n;
    }

    static void store(Random random, Data x, Model m) {
        int i = random.nextInt(SIZE);
        int v = random.nextInt();
        switch (random.nextInt(8)) {
            case 0 -> { x.longs[i] = v; x.longs[i] = v + 1L; m.longs[i] = v + 1L; }
            case 1 -> { x.ints[i] = v; x.ints[i] = v + 1; m.ints[i] = v + 1; }
            case 2 -> { x.bytes[i] = (byte) v; x.bytes[i ^ 1] = (byte) v; m.bytes[i] = m.bytes[i ^ 1] = (byte) v; }
            case 3 -> {
                for (int k = 0; k < 100; k++) {
                    x.longs[i] = k;
                    x.longs[i + EVICTS] = k;
                }
                m.longs[i] = m.longs[i + EVICTS] = 99;
            }
            case 4, 5 -> {
                Node n = new @Persistent Node();
                set(n, v);
                x.nodes[i] = n;
                m.nodes[i] = n;
                m.values[i] = v;
            }
            case 6 -> { x.nodes[i] = null; m.nodes[i] = null; }
            default -> {
                if (m.nodes[i] != null) {
                    set(x.nodes[i], v);
                    m.values[i] = v;
                }
            }
        }
    }

    static long sum(Data x) {
        long sum = Arrays.hashCode(x.longs) * 31L + Arrays.hashCode(x.ints) * 17L + Arrays.hashCode(x.bytes);
        for (Node n : x.nodes) {
            sum = sum * 31 + (n == null ? 0 : n.value + n.count + n.ordered);
        }
        return sum;
    }

    static void write() {
        Data x = PersistentHeap.root("data", Data.class, () -> new @Persistent Data());
        Random random = new Random(26);
        Model model = new Model();
        for (int round = 0; round < 300; round++) {
            ArrayDeque<Txn> txns = new ArrayDeque<>();
            ArrayDeque<Model> before = new ArrayDeque<>();
            int steps = random.nextInt(50);
            while (steps-- > 0 || !txns.isEmpty()) {
                int what = steps > 0 ? random.nextInt(4) : 3;
                if (what == 0 && txns.size() < 5) {
                    txns.push(Txn.begin());
                    before.push(new Model(model));
                } else if (what == 3 && !txns.isEmpty()) {
                    Model old = before.pop();
                    if (random.nextBoolean()) {
                        txns.pop().commit();
                    } else {
                        txns.pop().rollback();
                        model = old;
                    }
                    model.verify(x);
                } else {
                    for (int k = random.nextInt(1 << random.nextInt(9)); k >= 0; k--) {
                        store(random, x, model);
                    }
                    if (random.nextInt(100) == 0) {
                        System.gc();
                    }
                }
            }
        }
        model.verify(x);

        // More levels than can be told apart by the tag of a recent store.
        long last = x.longs[5];
        for (int k = 0; k < 70_000; k++) {
            try (Txn txn = Txn.begin()) {
                x.longs[5] = k;
                x.longs[5] = k + 1;
                if (k % 3 == 0) {
                    txn.commit();
                    last = k + 1;
                }
            }
            Heap.equal(x.longs[5], last);
        }
        Txn.run(() -> x.sum = sum(x));
    }

    // Locations that have several entries: who else writes one is found, and nobody else is. The first has
    // what was there before the transaction, the last what it stored.
    static void repeats() throws Exception {
        Data x = PersistentHeap.root("data", Data.class);
        for (int count : new int[] {1, 3, 20, 31, 32, 33, 64, 65, 200, 300}) {
            for (int foreign = -1; foreign < count; foreign += Math.max(1, count / 7)) {
                long[] before = x.longs.clone();
                Txn txn = Txn.begin();
                for (int k = 0; k < 3; k++) {
                    for (int i = 0; i < count; i++) {
                        x.longs[i] = k * 10_000 + i;
                        x.longs[i + EVICTS] = -i - k;
                    }
                }
                int at = foreign;
                if (foreign < 0) {
                    txn.commit();
                    for (int i = 0; i < count; i++) {
                        before[i] = 20_000 + i;
                        before[i + EVICTS] = -i - 2;
                    }
                } else {
                    Thread other = new Thread(() -> x.longs[at] = 77);
                    other.start();
                    other.join();
                    TxnException e = Heap.fails(TxnException.class, txn::commit);
                    Heap.contains(e.getMessage(), "was written by another thread");
                    before[at] = 77;
                }
                Heap.equal(x.longs, before);
            }
        }
        // A level that stores again what the level around it has stored.
        for (int count : new int[] {1, 64, 100}) {
            for (boolean commits : new boolean[] {true, false}) {
                long[] before = x.longs.clone();
                Txn outer = Txn.begin();
                for (int i = 0; i < count; i++) {
                    x.longs[i] = before[i] + 1;
                }
                try (Txn inner = Txn.begin()) {
                    x.longs[0] = before[0] + 2;
                    x.longs[count - 1] = before[count - 1] + 3;
                    if (commits) {
                        inner.commit();
                    }
                }
                outer.commit();
                long first = before[0];
                long last = before[count - 1];
                for (int i = 0; i < count; i++) {
                    before[i]++;
                }
                if (commits) {
                    before[0] = first + 2;
                    before[count - 1] = last + 3;
                }
                Heap.equal(x.longs, before);
            }
        }
        // Numbers in an object that nothing refers to yet.
        Node late = new @Persistent Node();
        Txn.run(() -> late.value = 5);
        Txn.run(() -> late.count = 6);
        Txn.run(() -> x.nodes[9] = late);
        Txn.run(() -> late.value = 7);
        // A value that somebody else writes back is what the transaction stored.
        Txn txn = Txn.begin();
        x.longs[7] = 8;
        Thread other = new Thread(() -> {
            x.longs[7] = 9;
            x.longs[7] = 8;
        });
        other.start();
        other.join();
        txn.commit();
        Heap.equal(x.longs[7], 8L);
        Txn.run(() -> x.sum = sum(x));
    }

    static void read() {
        Data x = PersistentHeap.root("data", Data.class);
        Heap.equal(x.sum, sum(x));
        Heap.check(x.sum != 0, "sum");
    }

    public static void main(String[] args) throws Exception {
        switch (args.length > 0 ? args[0] : "") {
            case "write" -> write();
            case "repeats" -> repeats();
            case "read" -> read();
            default -> {
                Heap heap = new Heap("fast", args);
                heap.run(FastPathsTest.class, "write");
                heap.run(FastPathsTest.class, "read");
                heap.run(FastPathsTest.class, "repeats");
                heap.run(FastPathsTest.class, "read");
                heap.delete();
            }
        }
    }
}
