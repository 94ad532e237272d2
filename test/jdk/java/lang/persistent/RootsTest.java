/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Named roots
 * @run main/othervm RootsTest
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

public class RootsTest {
    static class Thing {
        int value;
        Thing(int value) { this.value = value; }
    }

    static void write() throws Exception {
        Heap.equal(PersistentHeap.rootNames(), Set.of());
        Heap.check(PersistentHeap.root("a", Thing.class) == null, "no root");

        // The directory itself is made in a transaction that is rolled back.
        try (Txn txn = Txn.begin()) {
            PersistentHeap.setRoot("never", new @Persistent Thing(0));
            Heap.equal(PersistentHeap.root("never", Thing.class).value, 0);
        }
        Heap.equal(PersistentHeap.rootNames(), Set.of());

        PersistentHeap.setRoot("a", new @Persistent Thing(1));
        Heap.equal(PersistentHeap.root("a", Thing.class).value, 1);
        PersistentHeap.setRoot("a", new @Persistent Thing(2));
        Heap.equal(PersistentHeap.root("a", Thing.class).value, 2);
        Heap.contains(Heap.fails(ClassCastException.class,
                () -> PersistentHeap.root("a", String.class)).getMessage(), "\"a\"", "Thing", "java.lang.String");
        Heap.fails(NullPointerException.class, () -> PersistentHeap.root(null, Thing.class));
        Heap.fails(NullPointerException.class, () -> PersistentHeap.root("a", null));
        Heap.fails(NullPointerException.class, () -> PersistentHeap.setRoot(null, null));
        Heap.fails(NullPointerException.class, () -> PersistentHeap.root("b", Thing.class, () -> null));
        Heap.check(PersistentHeap.root("b", Thing.class) == null, "supplier returned null");
        Heap.fails(UnsupportedOperationException.class, () -> PersistentHeap.rootNames().add("x"));

        // Strings, boxes, symbols.
        PersistentHeap.setRoot("string", "text " + System.nanoTime() % 1);
        PersistentHeap.setRoot("long", 123456789012L);
        PersistentHeap.setRoot("class", RootsTest.class);
        PersistentHeap.setRoot("", Thread.State.BLOCKED);
        PersistentHeap.setRoot("array", new @Persistent int[] { 1, 2, 3 });
        PersistentHeap.setRoot("ünïcode \u4e16\u754c \0", "x");

        // In a transaction.
        Heap.fails(ArithmeticException.class, () -> Txn.run(() -> {
            PersistentHeap.setRoot("a", null);
            PersistentHeap.setRoot("c", new @Persistent Thing(3));
            Heap.check(PersistentHeap.root("a", Thing.class) == null, "removed");
            throw new ArithmeticException();
        }));
        Heap.equal(PersistentHeap.root("a", Thing.class).value, 2);
        Heap.check(PersistentHeap.root("c", Thing.class) == null, "rolled back");
        PersistentHeap.setRoot("string2", "x");
        PersistentHeap.setRoot("string2", null);
        PersistentHeap.setRoot("string2", null);

        // Many.
        Txn.run(() -> {
            for (int i = 0; i < 1000; i++) {
                PersistentHeap.setRoot("many" + i, new @Persistent Thing(i));
            }
        });
        for (int i = 0; i < 1000; i += 2) {
            PersistentHeap.setRoot("many" + i, null);
        }

        // Get or create: once.
        AtomicInteger created = new AtomicInteger();
        CountDownLatch start = new CountDownLatch(1);
        Set<Thing> seen = java.util.Collections.synchronizedSet(new HashSet<>());
        Thread[] threads = new Thread[8];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(() -> {
                try {
                    start.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                seen.add(PersistentHeap.root("once", Thing.class,
                        () -> new @Persistent Thing(created.incrementAndGet())));
            });
            threads[i].start();
        }
        start.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        Heap.equal(created.get(), 1);
        Heap.equal(seen.size(), 1);
        read();
    }

    static void read() {
        Heap.equal(PersistentHeap.root("a", Thing.class).value, 2);
        Heap.equal(PersistentHeap.root("string", String.class), "text 0");
        Heap.equal(PersistentHeap.root("long", Long.class), 123456789012L);
        Heap.check(PersistentHeap.root("class", Class.class) == RootsTest.class, "class");
        Heap.check(PersistentHeap.root("", Thread.State.class) == Thread.State.BLOCKED, "enum");
        Heap.equal(PersistentHeap.root("array", int[].class), new int[] { 1, 2, 3 });
        Heap.equal(PersistentHeap.root("ünïcode \u4e16\u754c \0", Object.class), "x");
        Heap.equal(PersistentHeap.root("once", Thing.class, () -> null).value, 1);
        for (int i = 0; i < 1000; i++) {
            Thing thing = PersistentHeap.root("many" + i, Thing.class);
            Heap.check(i % 2 == 0 ? thing == null : thing.value == i, "many" + i);
        }
        Set<String> names = PersistentHeap.rootNames();
        Heap.equal(names.size(), 500 + 8);
        Heap.check(names.contains("once") && names.contains("") && !names.contains("never"), "names");
    }

    public static void main(String[] args) throws Exception {
        switch (args.length > 0 ? args[0] : "") {
            case "write" -> write();
            case "read" -> read();
            default -> {
                Heap heap = new Heap("roots", args);
                heap.run(RootsTest.class, "write");
                heap.run(RootsTest.class, "read");
                heap.with("-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapForceSwizzle")
                    .run(RootsTest.class, "read");
                heap.delete();
            }
        }
    }
}
