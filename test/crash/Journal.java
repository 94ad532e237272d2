/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * Changes random structures until it is killed, and says what it was told is durable.
 *
 * Each thread has structures of its own, and step n of a thread does what the random
 * generator seeded with n says: so the state after step n is known, and is
 * computed again on volatile objects, by the same code, when the heap is reopened.
 * Prints "open MILLIS steps S0 S1 ... stores O0 O1 ...", and for each
 * step "ack THREAD STEP" once its commit has returned, and for stores outside of
 * transactions "force THREAD STORE" once PersistentHeap.force has returned.
 */
public final class Journal {
    static final int THREADS = 3;
    static final int LENGTH = 4096;

    enum Color { RED, GREEN, BLUE }

    static final class Node {
        long key;
        long check;             // always ~key
        Color color;
        String text;
        Node next;

        Node(long key) {
            this.key = key;
            this.check = ~key;
            this.color = Color.values()[(int) (key & Integer.MAX_VALUE) % 3];
        }
    }

    /** The structures of one thread: persistent ones, and the volatile model of them. */
    static final class State {
        long step;
        Node list;              // sorted
        int listSize;
        final int[] ints = arrays() ? new @Persistent int[LENGTH] : new int[LENGTH];
        final byte[] bytes = arrays() ? new @Persistent byte[LENGTH] : new byte[LENGTH];
        final double[][] table = arrays() ? new @Persistent double[16][16] : new double[16][16];
        final Object[] refs = arrays() ? new @Persistent Object[64] : new Object[64];
        final Map<String, Object> map = arrays()
                ? PersistentHeap.allocate(() -> new HashMap<>()) : new HashMap<>();

        // Stored to outside of transactions, in this order.
        long out1;
        volatile long out2;
        Node outNode;
        Object outBox;
        int out3;
        short out4;
        transient Object gone;

        private static boolean arrays() {
            return Txn.isActive();
        }

        Node node(long key) {
            return Txn.isActive() ? new @Persistent Node(key) : new Node(key);
        }
    }

    static final class Rollback extends RuntimeException {
        Rollback() {
            super(null, null, false, false);
        }
    }

    // ---- One step; in a transaction on the persistent state, outside on the model ----

    static void step(State s, int thread, long n) {
        Random random = new Random(n * THREADS + thread);
        boolean real = Txn.isActive();
        s.step = n;
        switch (random.nextInt(9)) {
            case 0, 1 -> insert(s, random, 1 + random.nextInt(4));
            case 2 -> remove(s, random);
            case 3 -> arrays(s, random, 1 + random.nextInt(20));
            case 4, 5 -> maps(s, random, 1 + random.nextInt(4));
            case 6 -> {
                // A savepoint that is rolled back between changes that stay.
                arrays(s, random, 3);
                Random inner = new Random(random.nextLong());
                if (real) {
                    try (Txn txn = Txn.begin()) {
                        mixed(s, inner);
                    }
                }
                insert(s, random, 1);
            }
            case 7 -> {
                // One that is kept.
                Random inner = new Random(random.nextLong());
                if (real) {
                    Txn.run(() -> mixed(s, inner));
                } else {
                    mixed(s, inner);
                }
                arrays(s, random, 3);
            }
            case 8 -> {
                if (random.nextInt(8) == 0) {       // big
                    arrays(s, random, 3000);
                    insert(s, random, 50);
                } else {
                    copies(s, random);
                }
            }
        }
    }

    static void mixed(State s, Random random) {
        insert(s, random, 2);
        arrays(s, random, 5);
        maps(s, random, 2);
        remove(s, random);
        copies(s, random);
    }

    static void insert(State s, Random random, int count) {
        for (int i = 0; i < count; i++) {
            Node node = s.node(random.nextInt(1_000_000));
            if (random.nextBoolean()) {
                node.text = "node " + node.key;
            }
            if (s.list == null || s.list.key >= node.key) {
                node.next = s.list;
                s.list = node;
            } else {
                Node before = s.list;
                while (before.next != null && before.next.key < node.key) {
                    before = before.next;
                }
                node.next = before.next;
                before.next = node;
            }
            s.listSize++;
        }
        while (s.listSize > 100) {
            s.list = s.list.next;
            s.listSize--;
        }
    }

    static void remove(State s, Random random) {
        if (s.listSize > 1) {
            int index = random.nextInt(s.listSize - 1);
            Node before = s.list;
            for (int i = 0; i < index; i++) {
                before = before.next;
            }
            before.next = before.next.next;
            s.listSize--;
        }
    }

    static void arrays(State s, Random random, int count) {
        for (int i = 0; i < count; i++) {
            int value = random.nextInt();
            s.ints[random.nextInt(LENGTH)] = value;
            s.bytes[random.nextInt(LENGTH)] = (byte) value;
            s.table[random.nextInt(16)][random.nextInt(16)] = value / 7.0;
            s.refs[random.nextInt(64)] = switch (value & 7) {
                case 0 -> null;
                case 1 -> "string " + value;
                case 2 -> value;
                case 3 -> (long) value;
                case 4 -> Color.values()[(value >>> 4) % 3];
                case 5 -> s.list;
                case 6 -> String.class;
                default -> (double) value;
            };
        }
    }

    static void copies(State s, Random random) {
        int length = 1 + random.nextInt(200);
        System.arraycopy(s.ints, random.nextInt(LENGTH - length), s.ints,
                         random.nextInt(LENGTH - length), length);
        int from = random.nextInt(LENGTH - length);
        java.util.Arrays.fill(s.bytes, from, from + length, (byte) random.nextInt());
        System.arraycopy(s.refs, random.nextInt(32), s.refs, random.nextInt(32), 1 + random.nextInt(32));
    }

    static void maps(State s, Random random, int count) {
        for (int i = 0; i < count; i++) {
            String key = "key " + random.nextInt(200);
            int value = random.nextInt();
            ScopedValue.CallableOp<Object, RuntimeException> op = () -> switch (value & 3) {
                case 0 -> s.map.remove(key);
                case 1 -> s.map.put(key, value);
                case 2 -> s.map.merge(key, "v" + value, (a, b) -> b);
                default -> s.map.put(key, s.node(value));
            };
            if (Txn.isActive()) {
                PersistentHeap.allocate(op);
            } else {
                op.call();
            }
        }
    }

    // ---- Comparing ----

    static String compare(State s, State model) {
        Node a = s.list;
        Node b = model.list;
        int n = 0;
        while (a != null && b != null) {
            if (!same(a, b)) {
                return "list node " + n + ": " + show(a) + ", should be " + show(b);
            }
            a = a.next;
            b = b.next;
            n++;
        }
        if (a != null || b != null) {
            return "list ends after " + n + " of " + model.listSize + " nodes";
        }
        if (s.listSize != model.listSize) {
            return "listSize " + s.listSize + ", should be " + model.listSize;
        }
        for (int i = 0; i < LENGTH; i++) {
            if (s.ints[i] != model.ints[i]) {
                return "ints[" + i + "] " + s.ints[i] + ", should be " + model.ints[i];
            }
            if (s.bytes[i] != model.bytes[i]) {
                return "bytes[" + i + "] " + s.bytes[i] + ", should be " + model.bytes[i];
            }
        }
        for (int i = 0; i < 256; i++) {
            if (s.table[i >> 4][i & 15] != model.table[i >> 4][i & 15]) {
                return "table[" + i + "]";
            }
        }
        for (int i = 0; i < s.refs.length; i++) {
            if (!same(s.refs[i], model.refs[i])) {
                return "refs[" + i + "] " + show(s.refs[i]) + ", should be " + show(model.refs[i]);
            }
        }
        if (s.map.size() != model.map.size()) {
            return "map has " + s.map.size() + " entries, should have " + model.map.size();
        }
        for (Map.Entry<String, Object> entry : model.map.entrySet()) {
            Object value = s.map.get(entry.getKey());
            if (!same(value, entry.getValue())) {
                return "map " + entry.getKey() + " " + show(value) + ", should be " + show(entry.getValue());
            }
        }
        return null;
    }

    static boolean same(Object a, Object b) {
        if (a instanceof Node x && b instanceof Node y) {
            return x.key == y.key && x.check == ~x.key && x.color == y.color
                    && Objects.equals(x.text, y.text);
        }
        return a == b || (a != null && a.equals(b) && a.getClass() == b.getClass());
    }

    static String show(Object o) {
        return (o instanceof Node n)
                ? "Node(" + n.key + "," + n.check + "," + n.color + "," + n.text + ")" : String.valueOf(o);
    }

    /** Each store is there if a later one is. */
    static String compareStores(State s) {
        long[] values = { s.out1, s.out2, (s.outNode != null) ? s.outNode.key : 0,
                          (s.outBox != null) ? (Long) s.outBox : 0, s.out3, s.out4 };
        if (s.outNode != null && s.outNode.check != ~s.outNode.key) {
            return "outNode is torn: " + show(s.outNode);
        }
        long last = s.out1;
        for (int i = 1; i < values.length; i++) {
            long expected = (i == 5) ? (short) last : last;
            long previous = (i == 5) ? (short) (last - 1) : last - 1;
            if (values[i] == previous) {
                last--;
            } else if (values[i] != expected) {
                return "stores out of order: " + java.util.Arrays.toString(values);
            }
        }
        if (s.gone != null) {
            return "a transient reference to a volatile object came back";
        }
        return null;
    }

    // ---- Running ----

    static void work(State s, int thread) {
        while (true) {
            long n = s.step + 1;
            if (n % 7 == 0) {
                // Must leave no trace.
                try {
                    Txn.run(() -> {
                        mixed(s, new Random());
                        s.step += 1000;
                        throw new Rollback();
                    });
                } catch (Rollback expected) {
                }
            }
            Txn.run(() -> step(s, thread, n));
            print("ack " + thread + " " + n);
            for (int i = 0; i < n % 3; i++) {
                long store = s.out1 + 1;
                s.gone = new Object();
                s.out1 = store;
                s.out2 = store;
                s.outNode = new @Persistent Node(store);
                s.outBox = store;
                s.out3 = (int) store;
                s.out4 = (short) store;
                if (store % 3 == 0) {
                    PersistentHeap.force();
                    print("force " + thread + " " + store);
                }
            }
        }
    }

    private static final FileOutputStream OUT = new FileOutputStream(FileDescriptor.out);

    static void print(String line) {
        try {
            OUT.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            Runtime.getRuntime().halt(3);
        }
    }

    static void fail(String message) {
        print("error " + message);
        System.exit(2);
    }

    public static void main(String[] args) {
        long start = System.nanoTime();
        State[] states = PersistentHeap.root("journal", State[].class, () -> {
            State[] created = new @Persistent State[THREADS];
            for (int i = 0; i < THREADS; i++) {
                created[i] = new @Persistent State();
            }
            return created;
        });
        long millis = (System.nanoTime() - start) / 1_000_000;
        StringBuilder steps = new StringBuilder();
        StringBuilder stores = new StringBuilder();
        for (int i = 0; i < THREADS; i++) {
            State s = states[i];
            State model = new State();
            for (long n = 1; n <= s.step; n++) {
                step(model, i, n);
            }
            String error = compare(s, model);
            if (error == null) {
                error = compareStores(s);
            }
            if (error != null) {
                fail("thread " + i + " after step " + s.step + ": " + error);
            }
            steps.append(' ').append(s.step);
            stores.append(' ').append(s.out4 == (short) s.out1 ? s.out1 : s.out1 - 1);
            // Complete an interrupted sequence of stores.
            s.out2 = s.out1;
            s.outNode = new @Persistent Node(s.out1);
            s.outBox = s.out1;
            s.out3 = (int) s.out1;
            s.out4 = (short) s.out1;
        }
        print("open " + millis + " steps" + steps + " stores" + stores);
        if (args.length > 0 && args[0].equals("check")) {
            return;
        }
        for (int i = 0; i < THREADS; i++) {
            int thread = i;
            new Thread(() -> {
                try {
                    work(states[thread], thread);
                } catch (Throwable e) {
                    e.printStackTrace();
                    print("error " + e);
                    Runtime.getRuntime().halt(2);
                }
            }).start();
        }
    }
}
