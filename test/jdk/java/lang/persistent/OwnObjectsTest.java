/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Stores to objects that the transaction, a level of it or an earlier one has allocated: what a level that is rolled back
 *          has stored is undone in all that is older than it
 * @run main/othervm OwnObjectsTest
 * @run main/othervm OwnObjectsTest -Xint
 * @run main/othervm OwnObjectsTest -XX:-TieredCompilation -XX:CompileThreshold=200 -Xbatch
 */

import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Persistent;
import java.lang.persistent.Txn;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

public class OwnObjectsTest {
    static final int THREADS = 2;
    static final int ROUNDS = 150;
    static final int MOST = 5000;

    // A thread's objects and what their first and last elements are expected to be.
    private final Random random;
    private final List<int[]> objects = new ArrayList<>();
    private final List<Integer> values = new ArrayList<>();

    private record Change(int object, int before) {}

    OwnObjectsTest(int seed) {
        random = new Random(seed);
    }

    static void store(int[] object, int value) {
        object[0] = value;
        object[object.length - 1] = value;
    }

    void allocate(int length) {
        int[] object = new @Persistent int[length];
        int value = random.nextInt();
        store(object, value);
        objects.add(object);
        values.add(value);
    }

    void check(String when) {
        for (int i = 0; i < objects.size(); i++) {
            int[] object = objects.get(i);
            if (object[0] != values.get(i) || object[object.length - 1] != values.get(i)) {
                throw new AssertionError(when + ": object " + i + " of " + objects.size() + " (" + object.length + " elements) has " + object[0] + " and "
                        + object[object.length - 1] + ", expected " + values.get(i));
            }
        }
    }

    // changes: what the level around it has to take back.
    void level(int depth, List<Change> outer) {
        List<Change> changes = new ArrayList<>();
        int count = objects.size();
        try (Txn txn = Txn.begin()) {
            for (int n = random.nextInt(12); n > 0; n--) {
                switch (random.nextInt(12)) {
                    case 0, 1, 2 -> {
                        if (depth < 4) level(depth + 1, changes);
                    }
                    case 3, 4, 5 -> {
                        // Buffers have 64 KB.
                        int sizes = 1 + random.nextInt(80);
                        for (int i = random.nextInt(400); i > 0; i--) allocate(1 + random.nextInt(sizes));
                    }
                    case 6 -> allocate(5_000 + random.nextInt(20_000));
                    case 7 -> {
                        // Takes the rest of the buffers away.
                        if (random.nextInt(5) == 0) PersistentHeap.gc();
                    }
                    default -> {
                        if (objects.isEmpty()) break;
                        for (int i = random.nextInt(100); i > 0; i--) {
                            int object = random.nextInt(objects.size());
                            int value = random.nextInt();
                            changes.add(new Change(object, values.set(object, value)));
                            store(objects.get(object), value);
                        }
                    }
                }
            }
            check("depth " + depth);
            if (random.nextInt(3) != 0) {
                txn.commit();
                outer.addAll(changes);
                return;
            }
        }
        for (Change change : changes.reversed()) values.set(change.object, change.before);
        objects.subList(count, objects.size()).clear();
        values.subList(count, values.size()).clear();
        check("depth " + depth + ", rolled back");
    }

    // The objects and the values, as a root.
    void keep(String name) {
        Txn.run(() -> {
            int[][] all = new int @Persistent [objects.size() + 1][];
            all[0] = new @Persistent int[objects.size()];
            for (int i = 0; i < objects.size(); i++) {
                all[0][i] = values.get(i);
                all[i + 1] = objects.get(i);
            }
            PersistentHeap.setRoot(name, all);
        });
    }

    void run(String name) {
        for (int round = 0; round < ROUNDS; round++) {
            level(0, new ArrayList<>());
            check("round " + round);
            // Half of the time they are part of the heap from then on.
            if (random.nextBoolean()) keep(name);
            if (objects.size() > MOST) {
                objects.clear();
                values.clear();
            }
        }
        keep(name);
    }

    static void read(String name) {
        int[][] all = PersistentHeap.root(name, int[][].class);
        Heap.equal(all[0].length, all.length - 1);
        for (int i = 0; i < all[0].length; i++) {
            int[] object = all[i + 1];
            Heap.equal(object[0], all[0][i]);
            Heap.equal(object[object.length - 1], all[0][i]);
        }
    }

    static class Node {
        Node next;
        long a;
        long b;
    }

    // What the transaction itself has made part of the heap before it ends: the first root makes the directory of the roots,
    // and the objects after it are not in the same buffer.
    static final int NAMES = 100;

    static void fill() {
        for (int i = 0; i < 10_000; i++) {
            Node node = new @Persistent Node();
            node.a = i;
        }
    }

    static void first() {
        PersistentHeap.root("first", Node.class, () -> {
            PersistentHeap.setRoot("another", new @Persistent Node());
            fill();
            return new @Persistent Node();
        });
        Txn.run(() -> {
            for (int i = 0; i < NAMES; i++) {
                fill();
                PersistentHeap.setRoot("name " + i, new @Persistent Node());
            }
        });
    }

    public static void main(String[] args) throws Exception {
        switch (args.length > 0 ? args[0] : "") {
            case "write" -> {
                List<Thread> threads = new ArrayList<>();
                List<Throwable> failures = new ArrayList<>();
                for (int i = 0; i < THREADS; i++) {
                    int id = i;
                    Thread thread = new Thread(() -> {
                        try {
                            new OwnObjectsTest(id).run("objects " + id);
                        } catch (Throwable t) {
                            synchronized (failures) {
                                failures.add(t);
                            }
                        }
                    });
                    thread.start();
                    threads.add(thread);
                }
                for (Thread thread : threads) thread.join();
                if (!failures.isEmpty()) throw new AssertionError(failures.getFirst());
            }
            case "first" -> first();
            case "read" -> {
                Heap.equal(PersistentHeap.rootNames().size(), 2 + NAMES + THREADS);
                for (int i = 0; i < THREADS; i++) read("objects " + i);
            }
            default -> {
                Heap heap = new Heap("own", args);
                heap.with("-XX:PersistentHeapSize=256m").run(OwnObjectsTest.class, "first");
                heap.with("-XX:PersistentHeapSize=256m").run(OwnObjectsTest.class, "write");
                heap.with("-XX:PersistentHeapSize=256m").run(OwnObjectsTest.class, "read");
                heap.delete();
            }
        }
    }
}
