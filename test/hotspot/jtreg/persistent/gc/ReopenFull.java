/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary A heap that is nearly full when it is opened knows what is free: no collection before the first allocations
 * @library /test/jdk/java/lang/persistent
 * @build Heap
 * @run main/othervm/timeout=300 ReopenFull
 * @run main/othervm/timeout=300 ReopenFull -XX:+ExplicitGCInvokesConcurrent
 * @run main/othervm/timeout=300 ReopenFull -XX:+UnlockDiagnosticVMOptions -XX:PersistentHeapMedia=memory -Xint -XX:PersistentHeapSize=32m
 */

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

public class ReopenFull {
    /** Objects that are allocated, and later unlinked, together. */
    static final int NEIGHBOURHOOD = 256 * 1024;

    static final class Node {
        int id;
        Node next;
        byte[] data;
    }

    static void check(boolean ok, String what) {
        if (!ok) throw new AssertionError(what);
    }

    static byte[] pattern(Node n) {
        byte[] pattern = new byte[n.data.length];
        Arrays.fill(pattern, (byte) n.id);
        return pattern;
    }

    static Node neighbourhood(int number, Random random) {
        Node first = null;
        for (int bytes = 0, i = 0; bytes < NEIGHBOURHOOD; i++) {
            Node n = new @Persistent Node();
            n.id = number * 1_000_000 + i;
            n.data = new @Persistent byte[random.nextInt(random.nextInt(10) == 0 ? 20_000 : 300)];
            System.arraycopy(pattern(n), 0, n.data, 0, n.data.length);
            n.next = first;
            first = n;
            bytes += 24 + 16 + n.data.length;
        }
        return first;
    }

    static void verify(Object[] table) {
        for (int number = 0; number < table.length; number++) {
            Node n = (Node) table[number];
            if (n == null) continue;
            int i = n.id % 1_000_000;
            for (; n != null; n = n.next, i--) {
                if (n.id != number * 1_000_000 + i) check(false, "node " + i + " of neighbourhood " + number + " is " + n.id);
                if (!Arrays.equals(n.data, pattern(n))) check(false, "data of node " + n.id);
            }
            check(i == -1, "neighbourhood " + number + " ends at " + i);
        }
    }

    static long collections() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .filter(b -> !b.getName().contains("Young")).mapToLong(GarbageCollectorMXBean::getCollectionCount).sum();
    }

    static class Fill {
        public static void main(String[] args) {
            Random random = new Random(Long.parseLong(args[0]));
            int slots = (int) (PersistentHeap.capacity() / NEIGHBOURHOOD);
            Object[] table = PersistentHeap.root("table", Object[].class, () -> new @Persistent Object[slots]);
            verify(table);
            int n = 0;
            for (; n < slots && PersistentHeap.used() < PersistentHeap.capacity() * 91 / 100; n++) {
                int number = n;
                if (table[n] == null) Txn.run(() -> table[number] = neighbourhood(number, random));
            }
            // Every tenth goes, at places that differ from run to run.
            for (int i = random.nextInt(10); i < n; i += 10) table[i] = null;
            if (random.nextBoolean()) PersistentHeap.gc(); else System.gc();
            verify(table);
            PersistentHeap.force();
            System.out.println("used " + PersistentHeap.used() * 100 / PersistentHeap.capacity() + " %");
            check(PersistentHeap.used() > PersistentHeap.capacity() * 3 / 4, "not full: " + PersistentHeap.used());
            if (args[1].equals("halt")) {
                System.out.flush();
                Runtime.getRuntime().halt(0);
            }
        }
    }

    static class Use {
        public static void main(String[] args) {
            long before = collections();
            long used = PersistentHeap.used();
            check(used < PersistentHeap.capacity() * 97 / 100, "used " + used);
            // Nearly all that is free, in objects of all sizes.
            Object[] table = PersistentHeap.root("table", Object[].class);
            List<Object> kept = new ArrayList<>();
            Random random = new Random(5);
            long room = (PersistentHeap.capacity() - used) * 6 / 10;
            for (long n = 0; n < room; ) {
                byte[] b = new @Persistent byte[random.nextInt(random.nextInt(5) == 0 ? 50_000 : 500)];
                n += b.length + 16;
                kept.add(b);
                if (collections() != before && PersistentHeap.used() <= PersistentHeap.capacity() * 90 / 100) {
                    check(false, "a collection at " + PersistentHeap.used() + " of " + PersistentHeap.capacity() + " after allocating " + n);
                }
            }
            System.out.println(room + " bytes allocated, " + (collections() - before) + " collections");
            verify(table);
            // Full or not: it works. What was allocated above is garbage then.
            kept.clear();
            for (int i = 0; i < 20; i++) {
                kept.add(new @Persistent byte[(int) Math.max(1000, room / 100)]);
            }
            verify(table);
            if (args[0].equals("halt")) {
                System.out.flush();
                Runtime.getRuntime().halt(0);
            }
        }
    }

    public static void main(String[] args) throws Exception {
        List<String> options = new ArrayList<>(List.of("-Xmx64m", "-Xlog:pheap+gc=info", "-XX:PersistentHeapOccupancyPercent=97"));
        options.addAll(List.of(args));
        Heap heap = new Heap("full", options.toArray(new String[0]));
        for (int round = 0; round < 3; round++) {
            heap.run(Fill.class, "" + round, round % 2 == 0 ? "halt" : "exit");
            heap.run(Use.class, round % 2 == 0 ? "exit" : "halt");
        }
        heap.delete();
    }
}
