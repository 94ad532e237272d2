/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.programs;

import bench.Random;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;

/**
 * Programs NAME SIZE COUNT: the programs of the go-pmem paper; prints nanoseconds per operation of the last of
 * RUNS runs (-Druns, 5). The counterpart is peers/programs.c.
 */
public final class Programs {
    static final class Root {
        Tree tree;
        long[] longs;
        Body[] bodies;
        Thing head;
    }

    static Root root;
    static final Random RANDOM = new Random();

    public static void main(String[] args) {
        String name = args[0];
        int size = Integer.parseInt(args[1]);
        int count = Integer.parseInt(args[2]);
        root = PersistentHeap.root("programs", Root.class, () -> new @Persistent Root());
        if (name.startsWith("sps")) {
            Txn.run(() -> {
                long[] a = new @Persistent long[size];
                for (int i = 0; i < size; i++) {
                    a[i] = i;
                }
                root.longs = a;
            });
        }
        double ns = 0;
        for (int i = Integer.getInteger("runs", 5); i > 0; i--) {
            long start = System.nanoTime();
            long ops = switch (name) {
                case "tree" -> tree(size, count);
                case "sps-one" -> spsOne(size, count);
                case "sps-each" -> spsEach(size, count);
                case "nbody" -> nbody(size, count);
                case "fannkuch" -> fannkuch(size, count);
                case "fill" -> fill(size, count);
                default -> throw new IllegalArgumentException(name);
            };
            ns = (double) (System.nanoTime() - start) / ops;
            Txn.run(() -> root.head = null);
        }
        System.out.printf(java.util.Locale.ROOT, "RESULT %.3f%n", ns);
    }

    // ---- binary tree ----

    static final class Tree {
        Tree left, right;
    }

    private static Tree grow(int depth) {
        Tree t = new @Persistent Tree();
        if (depth > 1) {
            t.left = grow(depth - 1);
            t.right = grow(depth - 1);
        }
        return t;
    }

    /** A transaction per 1023 nodes, and one per node above those. */
    private static void build(Tree parent, boolean left, int depth) {
        Tree t;
        try (Txn txn = Txn.begin()) {
            t = (depth <= 10) ? grow(depth) : new @Persistent Tree();
            if (parent == null) {
                root.tree = t;
            } else if (left) {
                parent.left = t;
            } else {
                parent.right = t;
            }
            txn.commit();
        }
        if (depth > 10) {
            build(t, true, depth - 1);
            build(t, false, depth - 1);
        }
    }

    private static int count(Tree t) {
        return (t == null) ? 0 : 1 + count(t.left) + count(t.right);
    }

    private static long tree(int depth, int times) {
        long nodes = 0;
        for (int i = 0; i < times; i++) {
            build(null, true, depth);
            int n = count(root.tree);
            if (n != (1 << depth) - 1) {
                throw new AssertionError(n);
            }
            nodes += n;
            Txn.run(() -> root.tree = null);
        }
        return nodes;
    }

    // ---- sps ----

    private static void swap(long[] a, int i, int j) {
        long t = a[i];
        a[i] = a[j];
        a[j] = t;
    }

    private static void swaps(int size, int times) {
        long[] a = root.longs;
        for (int n = 0; n < times; n++) {
            swap(a, RANDOM.next(size), RANDOM.next(size));
        }
    }

    private static long spsOne(int size, int times) {
        try (Txn txn = Txn.begin()) {
            swaps(size, times);
            txn.commit();
        }
        return times;
    }

    private static long spsEach(int size, int times) {
        long[] a = root.longs;
        for (int n = 0; n < times; n++) {
            try (Txn txn = Txn.begin()) {
                swap(a, RANDOM.next(size), RANDOM.next(size));
                txn.commit();
            }
        }
        return times;
    }

    // ---- n-body ----

    static final class Body {
        double x, y, z, vx, vy, vz, mass;
    }

    private static void advance(Body[] b, double dt) {
        for (int i = 0; i < b.length; i++) {
            Body p = b[i];
            for (int j = i + 1; j < b.length; j++) {
                Body q = b[j];
                double dx = p.x - q.x, dy = p.y - q.y, dz = p.z - q.z;
                double d2 = dx * dx + dy * dy + dz * dz;
                double mag = dt / (d2 * Math.sqrt(d2));
                p.vx -= dx * q.mass * mag;
                p.vy -= dy * q.mass * mag;
                p.vz -= dz * q.mass * mag;
                q.vx += dx * p.mass * mag;
                q.vy += dy * p.mass * mag;
                q.vz += dz * p.mass * mag;
            }
        }
        for (Body p : b) {
            p.x += dt * p.vx;
            p.y += dt * p.vy;
            p.z += dt * p.vz;
        }
    }

    private static long nbody(int size, int steps) {
        Txn.run(() -> {
            Body[] all = new @Persistent Body[size];
            for (int i = 0; i < size; i++) {
                Body b = new @Persistent Body();
                b.x = i * 1.1;
                b.y = i * 0.7;
                b.z = i * 0.3;
                b.vx = 0.1 * i;
                b.vy = 0.2;
                b.vz = -0.1 * i;
                b.mass = 1.0 + i;
                all[i] = b;
            }
            root.bodies = all;
        });
        Body[] b = root.bodies;
        for (int n = 0; n < steps; n++) {
            try (Txn txn = Txn.begin()) {
                advance(b, 0.001);
                txn.commit();
            }
        }
        return steps;
    }

    // ---- fannkuch ----

    static int checksum;

    /** In one transaction, on persistent arrays. */
    private static long fannkuch(int n, int times) {
        long steps = 0;
        for (int k = 0; k < times; k++) {
            try (Txn txn = Txn.begin()) {
                int[] perm = new @Persistent int[n];
                int[] perm1 = new @Persistent int[n];
                int[] counts = new @Persistent int[n];
                PersistentHeap.setRoot("fannkuch", new int @Persistent [][] {perm, perm1, counts});
                txn.commit();
            }
            try (Txn txn = Txn.begin()) {
                int[][] arrays = PersistentHeap.root("fannkuch", int[][].class);
                steps += flips(n, arrays[0], arrays[1], arrays[2]);
                txn.commit();
            }
        }
        return steps;
    }

    private static int flips(int n, int[] perm, int[] perm1, int[] counts) {
        int r = n, nperm = 0, sum = 0;
        for (int i = 0; i < n; i++) {
            perm1[i] = i;
        }
        while (true) {
            for (; r != 1; r--) {
                counts[r - 1] = r;
            }
            for (int i = 0; i < n; i++) {
                perm[i] = perm1[i];
            }
            int flips = 0, f;
            while ((f = perm[0]) != 0) {
                for (int lo = 0, hi = f; lo < hi; lo++, hi--) {
                    int t = perm[lo];
                    perm[lo] = perm[hi];
                    perm[hi] = t;
                }
                flips++;
            }
            sum += (nperm % 2 == 0) ? flips : -flips;
            while (true) {
                if (r == n) {
                    checksum += sum;
                    return nperm;
                }
                int first = perm1[0];
                for (int i = 0; i < r; i++) {
                    perm1[i] = perm1[i + 1];
                }
                perm1[r] = first;
                if (--counts[r] > 0) {
                    break;
                }
                r++;
            }
            nperm++;
        }
    }

    // ---- fill-heap ----

    /** 64 bytes. */
    static final class Thing {
        int tag;
        Thing next;
        long a, b, c, d, e;
    }

    static Thing lost;

    private static long fill(int batch, int times) {
        for (int n = 0; n < times; n += batch) {
            try (Txn txn = Txn.begin()) {
                Root r = root;
                for (int i = 0; i < batch; i++) {
                    Thing t = new @Persistent Thing();
                    t.a = i;
                    if (i % 2 == 0) {
                        t.next = r.head;
                        r.head = t;
                    } else {
                        lost = t;
                    }
                }
                txn.commit();
            }
        }
        return times;
    }
}
