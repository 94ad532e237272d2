/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary C2 compiles stores for objects of V only, while P has none; then its code meets objects of P, in
 *          loops and out of them, and is compiled once more, for both
 * @library /test/jdk/java/lang/persistent
 * @build Heap
 * @run main StoresMeetP
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.HashMap;
import java.util.Map;

public class StoresMeetP {
    static final class Data {
        boolean z;
        byte b;
        char c;
        short s;
        int i;
        long j;
        float f;
        double d;
        Object o;
        volatile int v;

        long sum() {
            return (z ? 1 : 0) + b + c + s + i + j + (long) f + (long) d + v + (o == null ? 0 : ((Data) o).i);
        }
    }

    static final int LENGTH = 100;

    static final class Root {
        Data data;
        Data other;
        boolean[] zs;
        byte[] bs;
        char[] cs;
        short[] ss;
        int[] is;
        long[] js;
        float[] fs;
        double[] ds;
        Object[] os;

        Root persistent() {
            data = new @Persistent Data();
            other = new @Persistent Data();
            zs = new @Persistent boolean[LENGTH];
            bs = new @Persistent byte[LENGTH];
            cs = new @Persistent char[LENGTH];
            ss = new @Persistent short[LENGTH];
            is = new @Persistent int[LENGTH];
            js = new @Persistent long[LENGTH];
            fs = new @Persistent float[LENGTH];
            ds = new @Persistent double[LENGTH];
            os = new @Persistent Object[LENGTH];
            return this;
        }

        long sum() {
            long sum = data.sum();
            for (int k = 0; k < LENGTH; k++) {
                sum = sum * 31 + (zs[k] ? 1 : 0) + bs[k] + cs[k] + ss[k] + is[k] + js[k] + (long) fs[k] + (long) ds[k] + (os[k] == null ? 0 : ((Data) os[k]).i);
            }
            return sum;
        }
    }

    // Each of these is compiled on its own. Several stores to one object: of their tests one is left.
    static void fields(Data x, int n, Data value) {
        x.z = (n & 1) != 0;
        x.b = (byte) n;
        x.c = (char) n;
        x.s = (short) n;
        x.i += n;
        x.j = n;
        x.f = n;
        x.d = n;
        x.v = n;
        x.o = value;
    }

    static void loop(Data x, int n) {
        for (int k = 0; k < n; k++) {
            x.i += k;
            x.j ^= x.i;
            if ((k & 7) == 5) x.f += 1;
        }
    }

    /** The object changes in the loop: volatile ones first. */
    static void mixed(Data[] all, int n) {
        for (Data x : all) {
            x.i += n;
            x.s += 2;
        }
    }

    static void zs(boolean[] a, int n) { for (int k = 0; k < a.length; k++) a[k] = (n + k) % 3 == 0; }
    static void bs(byte[] a, int n)    { for (int k = 0; k < a.length; k++) a[k] = (byte) (n + k); }
    static void cs(char[] a, int n)    { for (int k = 0; k < a.length; k++) a[k] = (char) (n + k); }
    static void ss(short[] a, int n)   { for (int k = 0; k < a.length; k++) a[k] = (short) (n + k); }
    static void is(int[] a, int n)     { for (int k = 0; k < a.length; k++) a[k] = n * k; }
    static void js(long[] a, int n)    { for (int k = 0; k < a.length; k++) a[k] += n; }
    static void fs(float[] a, int n)   { for (int k = 0; k < a.length; k++) a[k] = n + k; }
    static void ds(double[] a, int n)  { for (int k = 0; k < a.length; k++) a[k] = n - k; }
    static void os(Object[] a, Data x) { for (int k = 0; k < a.length; k++) a[k] = (k & 3) == 0 ? null : x; }

    static void all(Root r, int n, Data[] mixed) {
        fields(r.data, n, r.other);
        loop(r.data, n % 50);
        mixed(mixed, n);
        zs(r.zs, n);
        bs(r.bs, n);
        cs(r.cs, n);
        ss(r.ss, n);
        is(r.is, n);
        js(r.js, n);
        fs(r.fs, n);
        ds(r.ds, n);
        os(r.os, r.other);
    }

    /** The same, of ordinary objects. */
    static Root ordinary() {
        Root r = new Root();
        r.data = new Data();
        r.other = new Data();
        r.zs = new boolean[LENGTH];
        r.bs = new byte[LENGTH];
        r.cs = new char[LENGTH];
        r.ss = new short[LENGTH];
        r.is = new int[LENGTH];
        r.js = new long[LENGTH];
        r.fs = new float[LENGTH];
        r.ds = new double[LENGTH];
        r.os = new Object[LENGTH];
        return r;
    }

    public static void main(String[] args) throws Exception {
        if (args.length == 0) {
            for (String[] how : new String[][] {{"-XX:-TieredCompilation", "-Xbatch"}, {"-Xbatch"}, {"-Xcomp", "-XX:-TieredCompilation"},
                                                {"-XX:-TieredCompilation", "-Xbatch", "-XX:-UseLoopPredicate", "-XX:-UseProfiledLoopPredicate"}}) {
                Heap heap = new Heap("meet", "-XX:CompileCommand=quiet", "-XX:CompileCommand=dontinline,StoresMeetP::*");
                Heap.Result result = heap.with(how).with("-Xlog:deoptimization=debug:stdout").run(StoresMeetP.class, "meet");
                // One trap each (that of a loop comes after one of its predicate), maybe another of other code of the method; then there are none.
                Map<String, Integer> traps = new HashMap<>();
                result.output().lines().filter(l -> l.contains(" unhandled make_not_entrant")).forEach(l ->
                        traps.merge(l.replaceAll(".* (\\w+\\.\\w+)\\(.*", "$1"), 1, Integer::sum));
                System.out.println(String.join(" ", how) + ": " + traps);
                if (how[0].equals("-XX:-TieredCompilation") && !traps.containsKey("StoresMeetP.fields")) throw new AssertionError("fields met P without a trap");
                traps.forEach((method, count) -> {
                    if (method.startsWith("StoresMeetP.") && count > 3) throw new AssertionError(method + ": " + count + " traps");
                });
                result.shouldContain("met: ");
                String sum = result.output().replaceAll("(?s).*met: (-?\\d+)\\..*", "$1");
                heap.run(StoresMeetP.class, "check", sum);
            }
            return;
        }
        if (args[0].equals("check")) {
            Heap.equal(PersistentHeap.root("root", Root.class).sum(), Long.parseLong(args[1]));
            return;
        }
        Root ordinary = ordinary();
        Data[] mixed = {ordinary.data, ordinary.other, ordinary.other};
        // No object of P yet.
        for (int n = 0; n < 20_000; n++) {
            all(ordinary, n, mixed);
        }
        Root root = new @Persistent Root().persistent();
        Txn.run(() -> PersistentHeap.setRoot("root", root));
        Root model = ordinary();
        Data[] persistentMixed = {ordinary.data, root.data, root.other};
        Data[] modelMixed = {ordinary.other, model.data, model.other};
        for (int n = 1; n < 1200; n++) {
            final int m = n;
            // What is undone was recorded where the trap was, too.
            try (Txn txn = Txn.begin()) {
                all(root, m + 7, persistentMixed);
                txn.rollback();
            }
            if (n % 100 == 1) Heap.equal(root.sum(), model.sum());
            Txn.run(() -> all(root, m, persistentMixed));
            all(model, m, modelMixed);
            if (n % 100 == 1) Heap.equal(root.sum(), model.sum());
            all(ordinary, m, mixed);
        }
        Heap.equal(root.sum(), model.sum());
        System.out.println("met: " + root.sum() + ".");
    }
}
