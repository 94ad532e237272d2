/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary PersistentHeap.allocate: what code in it allocates is persistent, what the VM does for it is not
 * @run main/othervm -XX:PersistentHeap=heap-int -XX:PersistentHeapSize=256m -Xint AllocateScope 20
 * @run main/othervm -XX:PersistentHeap=heap-c1 -XX:PersistentHeapSize=256m
 *                   -XX:TieredStopAtLevel=1 -Xcomp -XX:CompileCommand=compileonly,AllocateScope*::* AllocateScope 20
 * @run main/othervm -XX:PersistentHeap=heap-c2 -XX:PersistentHeapSize=256m
 *                   -XX:-TieredCompilation -Xcomp -XX:CompileCommand=compileonly,AllocateScope*::* AllocateScope 20
 * @run main/othervm -XX:PersistentHeap=heap-tiered -XX:PersistentHeapSize=512m AllocateScope 3000
 */

import java.lang.persistent.PersistentHeap;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

public class AllocateScope {
    static class Node implements Cloneable {
        int value; Node next;
        Node() { }
        Node(int v, Node n) { value = v; next = n; }
        public Node clone() {
            try { return (Node) super.clone(); } catch (CloneNotSupportedException e) { throw new AssertionError(e); }
        }
    }
    static class Initialised {
        static final Object MADE = new Object();
        static final int[] ARRAY = new int[10];
    }

    static void yes(String what, Object o) {
        if (!PersistentHeap.contains(o)) throw new AssertionError(what + " should be persistent");
    }
    static void no(String what, Object o) {
        if (PersistentHeap.contains(o)) throw new AssertionError(what + " should be volatile");
    }

    static int total;

    static Object[] body(int i, String s, int[] ints, Node proto) throws Exception {
        Node list = null;
        for (int k = 0; k < 10; k++) list = new Node(k, list);
        Node temporary = new Node(i, null);      // may be scalar replaced
        total += temporary.value;
        return new Object[] {
            list, new int[i % 7], new Node[3], new long[2][i % 3 + 1], s + i,
            proto.clone(), ints.clone(), Arrays.copyOf(ints, 50), Arrays.copyOf(new Node[] { list }, 5),
            Array.newInstance(int.class, 3), Array.newInstance(Node.class, 3), Array.newInstance(Node.class, 3, 2),
            Node.class.getDeclaredConstructor().newInstance(),
            new ArrayList<>(List.of(list)), new StringBuilder("x").append(i).toString(), Integer.valueOf(100000 + i),
        };
    }

    static void once(int i) throws Exception {
        int[] ints = { 1, 2, 3, i };
        Node proto = new Node(i, null);
        Object[] all = PersistentHeap.allocate(() -> body(i, "s", ints, proto));
        yes("array", all);
        for (int k = 0; k < all.length; k++) yes("element " + k, all[k]);
        int n = 0;
        for (Node p = (Node) all[0]; p != null; p = p.next) { yes("node", p); if (p.value != 9 - n++) throw new AssertionError(); }
        if (n != 10) throw new AssertionError("length " + n);
        for (long[] row : (long[][]) all[3]) yes("row", row);
        if (!all[4].equals("s" + i)) throw new AssertionError("concat");
        if (((Node) all[5]).value != i) throw new AssertionError("clone");
        if (!Arrays.equals((int[]) all[6], ints)) throw new AssertionError("clone");
        int[] copy = (int[]) all[7];
        if (copy[3] != i || copy[49] != 0) throw new AssertionError("copy");
        if (((Object[]) all[8])[0] != all[0]) throw new AssertionError("copy");
        for (Object[] row : (Object[][]) all[11]) yes("reflective row", row);
        if (all[4].hashCode() != ("s" + i).hashCode()) throw new AssertionError("hash");

        no("after", new Node());
        no("after", new int[3]);

        // Interned strings are volatile.
        String interned = ((String) all[4]).intern();
        no("interned", interned);
        if (interned != ("s" + i).intern() || !interned.equals(all[4])) throw new AssertionError("intern");

        // Exceptions
        try {
            PersistentHeap.allocate(() -> ((Node) null).value + new int[2][3].length);
            throw new AssertionError();
        } catch (NullPointerException e) {
            no("exception", e);
            no("stack trace", e.getStackTrace());
        }
        no("after exception", new Node());
        try {
            PersistentHeap.allocate(() -> { throw new IllegalStateException("x" + i); });
            throw new AssertionError();
        } catch (IllegalStateException e) {
            no("exception", e);
        }
        no("after exception", new Node());

        // Nesting
        PersistentHeap.allocate(() -> {
            yes("outer", new Node());
            Object in = PersistentHeap.allocate(() -> new Node());
            yes("inner", in);
            yes("outer again", new Node());
            try {
                PersistentHeap.allocate(() -> { throw new RuntimeException(); });
            } catch (RuntimeException e) { }
            yes("outer after exception", new int[2]);
            return null;
        });
        no("after", new Node());

        Map<String, Integer> map = PersistentHeap.allocate(() -> new HashMap<>());
        yes("map", map);
        for (int k = 0; k < 20; k++) {
            int key = k;
            PersistentHeap.allocate(() -> map.put("k" + key, key * 1000));
        }
        for (int k = 0; k < 20; k++) if (map.get("k" + k) != k * 1000) throw new AssertionError("map");
        for (Map.Entry<String, Integer> e : map.entrySet()) { yes("entry", e); yes("key", e.getKey()); }
    }

    public static void main(String[] args) throws Exception {
        PersistentHeap.allocate(() -> {
            no("initialiser", Initialised.MADE);
            no("initialiser", Initialised.ARRAY);
            yes("after initialiser", new Node());
            System.gc();
            yes("after gc", new Node());
            yes("after gc", new int[5]);
            return null;
        });
        int n = args.length > 0 ? Integer.parseInt(args[0]) : 3;
        for (int i = 0; i < n; i++) once(i);
        // Other threads are not affected.
        Object[] made = new Object[1];
        PersistentHeap.allocate(() -> {
            Thread t = new Thread(() -> made[0] = new Node());
            t.start();
            t.join();
            return null;
        });
        no("other thread", made[0]);
    }
}
