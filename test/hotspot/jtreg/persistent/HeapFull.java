/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary A full persistent heap: OutOfMemoryError from every kind of allocation, and the program goes on
 * @run main/othervm -Xint -XX:PersistentHeap=int -XX:PersistentHeapSize=32m HeapFull
 * @run main/othervm -XX:TieredStopAtLevel=3 -XX:PersistentHeap=int HeapFull reopened
 * @run main/othervm -XX:TieredStopAtLevel=1 -Xbatch -XX:PersistentHeap=c1 -XX:PersistentHeapSize=32m HeapFull
 * @run main/othervm -XX:PersistentHeap=c1 HeapFull reopened
 * @run main/othervm -XX:-TieredCompilation -Xbatch -XX:PersistentHeap=c2 -XX:PersistentHeapSize=32m HeapFull
 * @run main/othervm -XX:PersistentHeap=c2 HeapFull reopened
 * @run main/othervm -XX:PersistentHeap=large -XX:PersistentHeapSize=256m HeapFull large
 * @run main/othervm -XX:PersistentHeap=scattered-allocation -XX:PersistentHeapSize=512m -XX:PersistentHeapOccupancyPercent=100 HeapFull scattered allocation
 * @run main/othervm -XX:PersistentHeap=scattered-commit -XX:PersistentHeapSize=512m -XX:PersistentHeapOccupancyPercent=100 HeapFull scattered commit
 * @run main/othervm -XX:PersistentHeap=scattered-store -XX:PersistentHeapSize=512m -XX:PersistentHeapOccupancyPercent=100 HeapFull scattered store
 * @run main/othervm -XX:PersistentHeap=scattered-threads -XX:PersistentHeapSize=512m -XX:PersistentHeapOccupancyPercent=100 HeapFull scattered threads
 */

import java.io.IOException;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

public class HeapFull {
    static final class Node {
        Node next;
        long a, b, c, d, e, f, g, h, i, j, k;       // fewer nodes fill the heap
        int number;
        String text;
        Object[] array;
    }

    static void check(boolean ok, String what) {
        if (!ok) throw new AssertionError(what);
    }

    // Nothing that filled the heap may be collected.
    static final List<Object> held = new ArrayList<>();

    static void full(String what, Supplier<Object> allocation) {
        try {
            for (int i = 0; i < 10_000_000; i++) held.add(allocation.get());
        } catch (OutOfMemoryError e) {
            check("Persistent heap space".equals(e.getMessage()), what + ": " + e);
            return;
        }
        throw new AssertionError(what + ": the heap is never full");
    }

    static void fill(Node root) {
        // In committed steps, so that much of it is on the media.
        int[] count = new int[1];
        try {
            while (true) {
                try (Txn txn = Txn.begin()) {
                    for (int i = 0; i < 1000; i++) {
                        Node n = new @Persistent Node();
                        n.number = count[0] + i;
                        n.next = root.next;
                        root.next = n;
                    }
                    root.number += 1000;
                    txn.commit();
                }
                count[0] += 1000;
            }
        } catch (OutOfMemoryError e) {
            check("Persistent heap space".equals(e.getMessage()), "fill: " + e);
        }
        check(root.number == count[0] && count[0] > 100_000, root.number + " nodes counted, " + count[0] + " committed");
    }

    static void verify(Node root) {
        int n = 0;
        for (Node x = root.next; x != null; x = x.next) {
            n++;
            if (x.number != root.number - n) check(false, "node " + n + " has number " + x.number);
        }
        check(n == root.number, n + " nodes instead of " + root.number);
    }

    // What can never fit is not a reason to grow.
    static void tooLarge() throws IOException {
        Path data = Path.of("large", "data");
        long size = Files.size(data);
        check(size < 256 << 20, "it can grow");
        full("more than an object can have", () -> new @Persistent long[280_000_000]);
        full("more than the heap can have", () -> new @Persistent long[40_000_000]);
        Node root = PersistentHeap.root("root", Node.class, () -> new @Persistent Node());
        String text = "x".repeat(257 << 20);
        full("a string copied by commit", () -> {
            Txn.run(() -> root.text = text);
            return null;
        });
        full("a string copied by a store", () -> root.text = text);
        check(Files.size(data) == size, "the file has grown from " + size + " to " + Files.size(data) + " bytes");
    }

    static final int LARGE = 8 << 20;

    // What is free lies between small objects that an open transaction has stored to, so no collection moves them together: the file grows.
    static void scattered(String scenario) throws Exception {
        Path data = Path.of("scattered-" + scenario, "data");
        long size = Files.size(data);
        Node root = PersistentHeap.root("root", Node.class, () -> new @Persistent Node());
        root.array = new @Persistent Object[280];
        for (; root.number < root.array.length; root.number++) {
            root.array[root.number] = new @Persistent long[2500];
            root.next = new @Persistent Node();
            root.next.array = new @Persistent Object[50_000];
        }
        root.next = null;
        PersistentHeap.gc();
        long used = PersistentHeap.used();
        check(used < 10 << 20 && Files.size(data) == size, used + " bytes in use, the file has " + Files.size(data));
        Thread[] threads = new Thread[4];
        Object[] made = new Object[threads.length];
        Txn.run(() -> {
            for (Object o : root.array) ((long[]) o)[0]++;
            switch (scenario) {
                case "allocation" -> made[0] = new @Persistent byte[LARGE];
                case "commit" -> root.text = "c".repeat(LARGE);
                case "store" -> join(Thread.ofPlatform().start(() -> root.text = "s".repeat(LARGE)));
                // Who finds that another has let the file grow does not let it grow again.
                case "threads" -> {
                    for (int i = 0; i < threads.length; i++) {
                        int number = i;
                        threads[i] = Thread.ofPlatform().start(() -> made[number] = new @Persistent byte[LARGE]);
                    }
                    for (Thread t : threads) join(t);
                }
            }
        });
        switch (scenario) {
            case "allocation" -> check(made[0] != null, "not allocated");
            case "threads" -> {
                for (Object o : made) check(o != null, "not allocated");
            }
            default -> check(root.text != null && root.text.length() == LARGE && PersistentHeap.contains(root.text), "not stored");
        }
        for (Object o : root.array) check(((long[]) o)[0] == 1, "a store of the transaction is lost");
        long grown = Files.size(data) - size;
        check(grown == 64 << 20, "the file of " + size + " bytes has grown by " + grown);
    }

    static void join(Thread t) {
        try {
            t.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    public static void main(String[] args) throws Exception {
        if (args.length > 0 && args[0].equals("large")) {
            tooLarge();
            return;
        }
        if (args.length > 0 && args[0].equals("scattered")) {
            scattered(args[1]);
            return;
        }
        Node root = PersistentHeap.root("root", Node.class, () -> new @Persistent Node());
        if (args.length > 0) {
            verify(root);
            check(root.a == 5 && root.b == 6, "stores to a full heap are lost");
            check(root.text == null && root.array == null, "an undone store is there");
            return;
        }
        fill(root);
        full("small objects", () -> new @Persistent Node());
        full("arrays", () -> new @Persistent int[10]);
        full("large arrays", () -> new @Persistent long[1_000_000]);
        full("arrays of arrays", () -> new int @Persistent [3][5]);
        full("allocate", () -> PersistentHeap.allocate(() -> new Node()));
        full("array in allocate", () -> PersistentHeap.allocate(() -> new byte[3][10]));
        full("clone in allocate", () -> PersistentHeap.allocate(() -> new int[] {1, 2, 3}.clone()));
        full("collection in allocate", () -> PersistentHeap.allocate(() -> {
            Map<Integer, String> m = new HashMap<>();
            for (int i = 0; i < 1000; i++) m.put(i, "v" + i);
            return m;
        }));
        // A string that a commit would have to copy.
        String text = "a text of some length ".repeat(10);
        Node[] holder = {root.next};
        full("string copied by commit", () -> {
            String t = text + System.nanoTime();
            Txn.run(() -> holder[0].text = t);
            holder[0] = holder[0].next;
            return null;
        });
        check(holder[0].text == null, "a store of a failed commit stands");
        full("string copied by a store", () -> {
            holder[0].text = text + System.nanoTime();
            holder[0] = holder[0].next;
            return null;
        });
        check(holder[0].text == null, "a failed store stands");
        // Nothing is lost, and what needs no room goes on.
        verify(root);
        check(new Node() != null && !PersistentHeap.contains(new Node()), "the ordinary heap serves");
        Txn.run(() -> root.a = 5);
        root.b = 6;
        try (Txn txn = Txn.begin()) {
            root.a = 7;
            txn.rollback();
        }
        check(root.a == 5, "rollback");
        check(PersistentHeap.used() > PersistentHeap.capacity() * 9 / 10, PersistentHeap.used() + " of " + PersistentHeap.capacity());
        // What is not held any more makes room.
        held.clear();
        check((new @Persistent Node()).next == null, "room again");
    }
}
