/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary What cannot be reached any more makes room for new objects of all sizes
 * @run main/othervm -XX:PersistentHeap=full -XX:PersistentHeapSize=32m -Xmx64m -XX:+UnlockDiagnosticVMOptions
 *      -XX:PersistentHeapMedia=memory Reclaim
 * @run main/othervm -XX:-TieredCompilation -XX:PersistentHeap=conc -XX:PersistentHeapSize=32m -Xmx64m
 *      -XX:+UnlockDiagnosticVMOptions -XX:PersistentHeapMedia=memory -XX:+ExplicitGCInvokesConcurrent Reclaim concurrent
 * @run main/othervm -Xint -XX:PersistentHeap=int -XX:PersistentHeapSize=32m -Xmx64m -XX:+UnlockDiagnosticVMOptions
 *      -XX:PersistentHeapMedia=memory Reclaim few
 */

/*
 * @test id=more
 * @summary The same verified by G1
 * @key stress
 * @run main/othervm -XX:-TieredCompilation -XX:PersistentHeap=c2 -XX:PersistentHeapSize=32m -Xmx64m
 *      -XX:+UnlockDiagnosticVMOptions -XX:+VerifyBeforeGC -XX:+VerifyAfterGC -XX:PersistentHeapMedia=memory Reclaim few
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.persistent.VolatileReferenceException;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

public class Reclaim {
    static final class Node {
        Node next, previous;
        Object other;
        int number;
        transient Object cache;
        String text;
    }

    /** Volatile. */
    static final class View {
        Object of;
        byte[] weight = new byte[2000];
        View(Object of) { this.of = of; }
    }

    static final long CAPACITY = PersistentHeap.capacity();
    static boolean concurrent, few;
    static Node root;
    static long baseline;

    static void check(boolean ok, String what) {
        if (!ok) throw new AssertionError(what);
    }

    static void collect() {
        if (!concurrent) {
            PersistentHeap.gc();
            return;
        }
        for (int i = 0; i < 3; i++) System.gc();
    }

    /**
     * A dead volatile object that is young is a root of concurrent marking, as everything in the survivor regions
     * is: what it refers to lives until it is old, after 15 collections at most.
     */
    static void collectUntil(BooleanSupplier done) {
        for (int i = 0; concurrent && i < 17 && !done.getAsBoolean(); i++) System.gc();
    }

    /** What the case has left is garbage. */
    static void checkFreed(String what) {
        root.next = root.previous = null;
        root.other = root.cache = root.text = null;
        collect();
        collectUntil(() -> PersistentHeap.used() <= baseline + 512 * 1024);
        long used = PersistentHeap.used();
        check(used <= baseline + 512 * 1024, what + ": " + used + " bytes used after a collection, " + baseline + " before the objects were made");
    }

    // ---- Objects of one size ----

    static final class Sixteen {
        int number;
    }

    static Object ofSize(int bytes, int number) {
        if (bytes == 16) {
            Sixteen s = new @Persistent Sixteen();
            s.number = number;
            return s;
        }
        int[] a = new @Persistent int[(bytes - 16) / 4];
        a[0] = a[a.length / 2] = a[a.length - 1] = number;
        return a;
    }

    static void checkSize(Object o, int bytes, int number) {
        if (bytes == 16) {
            if (((Sixteen) o).number != number) check(false, "object " + number);
            return;
        }
        int[] a = (int[]) o;
        if (a.length != (bytes - 16) / 4 || a[0] != number || a[a.length / 2] != number || a[a.length - 1] != number) {
            check(false, "array " + number + " of " + bytes);
        }
    }

    static void live(int bytes) {
        // Small ones are packed, large ones take lines.
        int taken = bytes <= 4096 ? bytes : (bytes + 255) / 256 * 256;
        int n = (int) (CAPACITY * 6 / 10 / (taken + 4));
        Txn.run(() -> {
            Object[] all = new @Persistent Object[n];
            root.other = all;
            for (int i = 0; i < n; i++) all[i] = ofSize(bytes, i);
        });
        Object[] all = (Object[]) root.other;
        for (int i = 0; i < n; i++) checkSize(all[i], bytes, i);
        root.other = null;
    }

    static void sizes() {
        int[] sizes = {16, 24, 64, 256, 264, 512, 1000, 4096, 16 * 1024, 16 * 1024 + 8, 65 * 1024, 300_000, 1 << 20, 5 << 20};
        for (int round = 0; round < 2; round++) {
            for (int bytes : sizes) {
                if (few && bytes < 500) continue;
                // Each needs most of what the one before has left: collected on demand.
                live(bytes);
                long end = CAPACITY * 5 / 4 / bytes;
                for (int i = 0; i < end; i++) ofSize(bytes, i);
                if (round == 1) checkFreed("objects of " + bytes);
            }
        }
        checkFreed("objects of all sizes");
    }

    // ---- Full of live objects ----

    static int fill() {
        int n = 0;
        try {
            while (true) {
                try (Txn txn = Txn.begin()) {
                    Node first = root.next;
                    for (int i = 0; i < 200; i++) {
                        Node node = new @Persistent Node();
                        node.number = root.number + i;
                        node.other = new @Persistent byte[node.number % 10 * 100];
                        node.next = first;
                        first = node;
                    }
                    root.next = first;
                    root.number += 200;
                    txn.commit();
                }
                n += 200;
            }
        } catch (OutOfMemoryError e) {
            check("Persistent heap space".equals(e.getMessage()), e.toString());
        }
        return n;
    }

    static void verify(int n) {
        int number = root.number;
        for (Node x = root.next; x != null; x = x.next) {
            number--;
            n--;
            if (x.number != number || ((byte[]) x.other).length != number % 10 * 100) check(false, "node " + number + " is " + x.number);
        }
        check(n == 0, n + " nodes missing");
    }

    static void full(int rounds) {
        root.number = 0;
        int n = fill();
        check(n > CAPACITY / 1000, "only " + n + " nodes");
        verify(n);
        check(PersistentHeap.used() > CAPACITY * 8 / 10, "full at " + PersistentHeap.used());
        for (int round = 0; round < rounds; round++) {
            // Reading, and stores that need no room.
            Txn.run(() -> root.cache = null);
            // The older half goes.
            Node x = root.next;
            for (int i = 1; i < n / 2; i++) x = x.next;
            x.next = null;
            x = null;
            collect();
            check(PersistentHeap.used() < CAPACITY * 7 / 10, "half of it unlinked, used " + PersistentHeap.used());
            verify(n / 2);
            int more = fill();
            check(more > n / 4, more + " nodes fit, after half of " + n + " were unlinked");
            n = n / 2 + more;
            verify(n);
        }
        checkFreed("full");
    }

    // ---- Kinds of garbage ----

    static void cycles() {
        for (int round = 0; round < 20; round++) {
            Txn.run(() -> {
                Node first = new @Persistent Node();
                Node last = first;
                for (int i = 0; i < 10_000; i++) {
                    Node n = new @Persistent Node();
                    n.previous = last;
                    last.next = n;
                    n.other = first;
                    last = n;
                }
                last.next = first;
                first.previous = last;
                root.other = first;
            });
        }
        checkFreed("cycles");
    }

    static List<WeakReference<Object>> weak = new ArrayList<>();

    static void watch(Object o) {
        weak.add(new WeakReference<>(o));
    }

    static int alive() {
        int alive = 0;
        for (WeakReference<Object> w : weak) {
            if (!w.refersTo(null)) alive++;
        }
        return alive;
    }

    static void checkCleared(String what) {
        checkFreed(what);
        collectUntil(() -> alive() == 0);
        int alive = alive();
        check(!weak.isEmpty() && alive == 0, what + ": " + alive + " of " + weak.size() + " objects not freed");
        weak.clear();
    }

    static void makeViews() {
        for (int i = 0; i < 300; i++) {
            Txn.run(() -> PersistentHeap.allocate(() -> {
                List<Map<String, Object>> maps = List.of(new HashMap<>(), new TreeMap<>(), new LinkedHashMap<>(), new ConcurrentHashMap<>());
                root.other = new ArrayList<>(maps);
                for (Map<String, Object> m : maps) {
                    for (int k = 0; k < 20; k++) m.put("key " + k, new int[50]);
                }
                return null;
            }));
            for (Object o : (List<?>) root.other) {
                // Made outside: volatile, in a transient field of the map.
                Map<?, ?> m = (Map<?, ?>) o;
                check(!PersistentHeap.contains(m.keySet()) && !PersistentHeap.contains(m.values()), "a view is volatile");
                watch(m);
                watch(m.keySet());
                watch(m.values());
            }
        }
        check(((Map<?, ?>) ((List<?>) root.other).getFirst()).keySet().size() == 20, "keys");
    }

    static void views() {
        makeViews();
        checkCleared("maps with views");
    }

    static void makeTransients() {
        for (int i = 0; i < 3000; i++) {
            Node n = new @Persistent Node();
            n.other = new @Persistent int[500];
            // Each keeps the other; most are never part of the media state.
            View view = new View(n);
            n.cache = view;
            if (i % 3 == 0) root.next = n;
            if (i % 3 == 1) Txn.run(() -> root.previous = n);
            watch(n);
            watch(view);
            watch(view.weight);
        }
    }

    static void transients() {
        for (int round = 0; round < 3; round++) {
            makeTransients();
            checkCleared("cycles through volatile objects");
        }
    }

    static void makeVolatileOnly() {
        Object[] views = new Object[2000];
        for (int i = 0; i < views.length; i++) {
            views[i] = new View(new @Persistent byte[3000]);
            watch(((View) views[i]).of);
        }
        collect();
        for (Object v : views) {
            check(((byte[]) ((View) v).of).length == 3000, "reachable from V");
        }
        for (WeakReference<Object> w : weak) check(!w.refersTo(null), "reachable from V");
        Arrays.fill(views, null);
    }

    static void volatileOnly() {
        makeVolatileOnly();
        checkCleared("reachable from dead volatile objects only");
    }

    static void makeRolledBack() {
        for (int i = 0; i < 300; i++) {
            try (Txn outer = Txn.begin()) {
                root.next = new @Persistent Node();
                root.next.other = new @Persistent long[5000];
                watch(root.next.other);
                try (Txn inner = Txn.begin()) {
                    root.next.next = new @Persistent Node();
                    root.next.next.other = new @Persistent long[5000];
                    watch(root.next.next);
                    root.previous = root.next.next;
                    inner.rollback();
                }
                check(root.next.next == null && root.previous == null, "rolled back");
                switch (i % 3) {
                    case 0 -> outer.rollback();
                    case 1 -> {
                        try {
                            root.other = new View(root.next);
                            outer.commit();
                            throw new AssertionError("committed");
                        } catch (VolatileReferenceException e) {
                        }
                    }
                    default -> {}       // closed
                }
            }
            check(root.next == null && root.previous == null && root.other == null, "rolled back");
        }
    }

    static void rolledBack() {
        makeRolledBack();
        checkCleared("allocated in transactions that were rolled back");
    }

    static void strings() {
        String text = "text that a commit copies ".repeat(40);
        for (int i = 0; i < CAPACITY * 3 / 1000; i++) {
            String t = text + i;
            if (i % 2 == 0) {
                root.text = t;
            } else {
                Txn.run(() -> root.text = t);
            }
            check(root.text.equals(t), "text " + i);
        }
        checkFreed("strings");
    }

    static void roots() {
        for (int i = 0; i < 600; i++) {
            String name = "root " + i;
            PersistentHeap.setRoot(name, new @Persistent byte[100_000]);
            PersistentHeap.setRoot(name, null);
        }
        checkFreed("roots");
    }

    static void collections() {
        for (int round = 0; round < 10; round++) {
            PersistentHeap.allocate(() -> {
                Txn.run(() -> root.other = new ArrayList<Object>());
                @SuppressWarnings("unchecked")
                List<Object> list = (List<Object>) root.other;
                for (int i = 0; i < 200; i++) {
                    Txn.run(() -> {
                        for (int j = 0; j < 100; j++) list.add(new Sixteen());
                    });
                }
                return null;
            });
        }
        checkFreed("lists");
    }

    static String only = "";

    static void step(String name, Runnable r) {
        if (!name.startsWith(only)) return;
        long start = System.nanoTime();
        r.run();
        System.out.println(name + ": " + (System.nanoTime() - start) / 1_000_000 + " ms");
    }

    public static void main(String[] args) {
        concurrent = args.length > 0 && args[0].equals("concurrent");
        few = args.length > 0 && args[0].equals("few");
        if (args.length > 1) only = args[1];
        root = PersistentHeap.root("root", Node.class, () -> new @Persistent Node());
        PersistentHeap.setRoot("warm up", PersistentHeap.allocate(() -> new HashMap<>(Map.of("a", 1))));
        PersistentHeap.gc();
        baseline = PersistentHeap.used();
        step("sizes", Reclaim::sizes);
        step("full", () -> full(2));
        step("cycles", Reclaim::cycles);
        step("views", Reclaim::views);
        step("transients", Reclaim::transients);
        step("volatile only", Reclaim::volatileOnly);
        step("rolled back", Reclaim::rolledBack);
        step("strings", Reclaim::strings);
        step("roots", Reclaim::roots);
        step("collections", Reclaim::collections);
        step("full again", () -> full(1));
    }
}
