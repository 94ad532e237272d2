/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Stores that compiled code does by itself, because the open level has allocated
 *          the object or recorded the location: undone by a rollback, no conflict for a commit, and
 *          found by the next VM
 * @run main/othervm InlineStoresTest
 * @run main/othervm InlineStoresTest -XX:-TieredCompilation -XX:CompileThreshold=200 -Xbatch
 * @run main/othervm InlineStoresTest -XX:-TieredCompilation -Xcomp -XX:CompileCommand=quiet
 *                   -XX:CompileCommand=compileonly,InlineStoresTest::store* -XX:CompileCommand=compileonly,InlineStoresTest::inTxn*
 * @run main/othervm InlineStoresTest -XX:-TieredCompilation -Xcomp -XX:CompileCommand=quiet -XX:-UseOnStackReplacement
 *                   -XX:CompileCommand=compileonly,InlineStoresTest::store* -XX:CompileCommand=dontinline,InlineStoresTest::store*
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.Arrays;

public class InlineStoresTest {
    static class Data {
        long j; double d;
        long pad0;
        int i; float f;
        long pad1;
        short s; char c; byte b; boolean z;
        long pad2;
        Data link;
        Object any;
        byte[] bytes;
        short[] shorts;
        char[] chars;
        int[] ints;
        long[] longs;
        float[] floats;
        double[] doubles;
        boolean[] booleans;

        String state() {
            return j + " " + Double.doubleToRawLongBits(d) + " " + i + " " + Float.floatToRawIntBits(f) + " " + s + " "
                + (int) c + " " + b + " " + z + (bytes == null ? "" : Arrays.toString(bytes) + Arrays.toString(shorts)
                + Arrays.hashCode(chars) + Arrays.toString(ints) + Arrays.toString(longs) + Arrays.toString(booleans)
                + bits(floats) + bits(doubles));
        }
    }

    static String bits(float[] a) {
        StringBuilder s = new StringBuilder();
        for (float x : a) s.append(' ').append(Float.floatToRawIntBits(x));
        return s.toString();
    }
    static String bits(double[] a) {
        StringBuilder s = new StringBuilder();
        for (double x : a) s.append(' ').append(Double.doubleToRawLongBits(x));
        return s.toString();
    }

    static final int LENGTH = 50;

    static Data persistentData() {
        Data x = new @Persistent Data();
        x.bytes = new @Persistent byte[LENGTH];
        x.shorts = new @Persistent short[LENGTH];
        x.chars = new @Persistent char[LENGTH];
        x.ints = new @Persistent int[LENGTH];
        x.longs = new @Persistent long[LENGTH];
        x.floats = new @Persistent float[LENGTH];
        x.doubles = new @Persistent double[LENGTH];
        x.booleans = new @Persistent boolean[LENGTH];
        return x;
    }

    static Data volatileData() {
        Data x = new Data();
        x.bytes = new byte[LENGTH];
        x.shorts = new short[LENGTH];
        x.chars = new char[LENGTH];
        x.ints = new int[LENGTH];
        x.longs = new long[LENGTH];
        x.floats = new float[LENGTH];
        x.doubles = new double[LENGTH];
        x.booleans = new boolean[LENGTH];
        return x;
    }

    // Most values have bits above their type's size, or are negative, or NaNs with a payload.
    static void storeFields(Data x, int k) {
        x.j = -k; x.d = Double.longBitsToDouble(0x7ff4_0000_0000_0000L + k);
        x.i = -k; x.f = Float.intBitsToFloat(0xff80_0001 + k);
        x.s = (short) (0x12345 * -k); x.c = (char) (0x54321 * k); x.b = (byte) (0x321 * -k); x.z = (k & 1) != 0;
    }
    // One location directly after the other, so that none is forgotten meanwhile.
    static void storeTwice(Data x, int k) {
        x.j = k; x.j = -k;
        x.d = k; x.d = Double.longBitsToDouble(0xfff4_0000_0000_0000L + k);
        x.i = k; x.i = -k;
        x.f = k; x.f = Float.intBitsToFloat(0x7f80_0001 + k);
        x.s = (short) k; x.s = (short) -k;
        x.c = (char) k; x.c = (char) -k;
        x.b = (byte) k; x.b = (byte) -k;
        x.z = (k & 1) != 0; x.z = (k & 1) == 0; x.z = (k & 2) != 0;
    }
    static void storeElements(Data x, int n, int k) {
        x.bytes[n] = (byte) k; x.bytes[n] = (byte) -k;
        x.shorts[n] = (short) k; x.shorts[n] = (short) -k;
        x.chars[n] = (char) k; x.chars[n] = (char) -k;
        x.ints[n] = k; x.ints[n] = -k;
        x.longs[n] = k; x.longs[n] = -k;
        x.floats[n] = k; x.floats[n] = Float.intBitsToFloat(0x7f80_0001 + k);
        x.doubles[n] = k; x.doubles[n] = Double.longBitsToDouble(0x7ff4_0000_0000_0000L + k);
        x.booleans[n] = (k & 1) != 0; x.booleans[n] = (k & 1) == 0;
    }
    static void storeInLoop(Data x, int n, int count, int k) {
        byte b = (byte) -k;
        for (int r = 0; r < count; r++) {
            x.i = -k;                           // invariant
            x.b = b;
            x.j = r;                            // the last one counts
            x.longs[n] += r;
            x.shorts[n]--;
        }
    }
    static void storeLoops(Data x, int k) {     // vectors in V
        for (int n = 0; n < x.ints.length; n++) x.ints[n] = k;
        for (int n = 0; n < x.longs.length; n++) x.longs[n] = n - k;
        for (int n = 0; n < x.bytes.length; n++) x.bytes[n] = (byte) (n * -k);
        for (int n = 0; n < x.floats.length; n++) x.floats[n] = Float.intBitsToFloat(0x7f80_0001 + k + n);
        for (int n = 0; n < x.doubles.length; n++) x.doubles[n] = x.doubles[n] + k;
        for (int n = 0; n < x.ints.length; n++) { x.ints[n] += n; x.chars[n] = (char) -n; x.booleans[n] = (n & 1) == (k & 1); }
    }
    // The two may be of different heaps, or the same.
    static void storeBoth(int[] x, int[] y, int k) {
        for (int n = 0; n < x.length; n++) {
            x[n] = k + n;
            y[n] = k - n;
        }
    }
    static void storeList(Data x, int k) {      // each object is in its own heap
        for (; x != null; x = x.link) {
            x.i = -k;
            x.i--;
            x.s = (short) -k;
        }
    }
    static void storeMany(long[] a, int from, int k) {
        for (int n = from; n < a.length; n++) a[n] = k;
    }

    static void storeAll(Data x, int k) {
        storeFields(x, k);
        storeTwice(x, k + 1);
        storeElements(x, k % LENGTH, k);
        storeInLoop(x, k % LENGTH, 20, k);
        storeLoops(x, k);
        storeBoth(x.ints, x.ints, k);
        storeList(x, k);
        storeFields(x, k + 5);
        storeFields(x, k + 5);
    }

    // Volatile, persistent, null: each as the first and as a later store of its location.
    static void storeReferences(Data x, Data p, Object v, boolean first) {
        if (first) x.any = v;
        x.link = p; x.link = null; x.link = x; x.link = p;
        x.any = null; x.any = p; x.any = v; x.any = x; x.any = v;
    }
    static void storeNewObjects(Data[] a, int k) {
        for (int n = 0; n < a.length; n++) {
            Data x = new @Persistent Data();
            x.i = k;
            x.link = n == 0 ? null : a[n - 1];
            x.any = x;
            a[n] = null;
            a[n] = x;
        }
    }

    static void equal(Object found, Object expected, String what, int k) {
        if (!expected.equals(found)) {
            throw new AssertionError(what + " " + k + "\nexpected " + expected + "\nfound    " + found);
        }
    }

    // As a volatile object has them.
    static void rollbacksAndCommits(Data x, Data v, int k) {
        String before = x.state();
        try (Txn txn = Txn.begin()) {
            storeAll(x, k + 1);
            storeAll(x, k);
            txn.rollback();
        }
        equal(x.state(), before, "rollback", k);
        try (Txn txn = Txn.begin()) {
            storeAll(x, k + 1);
            storeAll(v, k + 1);
            equal(x.state(), v.state(), "stored", k);
            String outer = x.state();
            try (Txn inner = Txn.begin()) {
                storeAll(x, k + 2);
                storeAll(x, k + 3);
                inner.rollback();
            }
            equal(x.state(), outer, "inner rollback", k);
            storeTwice(x, k + 4);
            storeTwice(v, k + 4);
            try (Txn inner = Txn.begin()) {
                storeAll(x, k + 5);
                storeAll(v, k + 5);
                inner.commit();
            }
            storeFields(x, k + 6);
            storeFields(v, k + 6);
            txn.commit();                       // compares memory with what was stored last
        }
        equal(x.state(), v.state(), "commit", k);
        before = x.state();
        try (Txn txn = Txn.begin()) {
            try (Txn inner = Txn.begin()) {
                storeAll(x, k + 7);
                inner.commit();
            }
            storeFields(x, k + 8);
            txn.rollback();
        }
        equal(x.state(), before, "rollback of an inner commit", k);
    }

    // An object is the level's own until it ends, or another begins.
    static void ownObjects(Data root, int k) {
        Data x;
        String before;
        try (Txn txn = Txn.begin()) {
            x = persistentData();
            storeAll(x, k);
            String outer = x.state();
            try (Txn inner = Txn.begin()) {
                storeAll(x, k + 1);
                inner.rollback();
            }
            equal(x.state(), outer, "new object, inner rollback", k);
            if (k % 8 == 0) System.gc();
            storeAll(x, k + 2);
            root.link = x;
            storeAll(x, k + 3);
            before = x.state();
            txn.commit();
        }
        equal(x.state(), before, "new object, commit", k);
        try (Txn txn = Txn.begin()) {
            storeAll(x, k + 4);
            txn.rollback();
        }
        equal(x.state(), before, "new object, rollback of the next", k);
    }

    // The memory of the transaction's entries moves while locations are known.
    static void manyEntries(long[] a, Data x, int k) {
        long[] before = a.clone();
        String state = x.state();
        for (int round = 0; round < 2; round++) {
            try (Txn txn = Txn.begin()) {
                int from = a.length;
                for (int step = 1; from > 0; step *= 2) {
                    storeFields(x, k + step);
                    storeTwice(x, k - step);
                    a[0] = step;
                    from = Math.max(from - step, 0);
                    storeMany(a, from, k + step);
                    a[0] = -step;
                    storeTwice(x, k + step);
                    storeFields(x, k - step);
                }
                if (round == 0) {
                    txn.rollback();
                } else {
                    txn.commit();
                }
            }
            if (round == 0) {
                equal(Arrays.equals(a, before), true, "array, rollback", k);
                equal(x.state(), state, "many entries, rollback", k);
            }
        }
    }

    static void checkReferences(Data x, Data p, String v, int k) {
        equal(x.link == p, true, "reference", k);
        equal(String.valueOf(x.any), String.valueOf(v), "volatile string", k);
    }
    static void checkChain(Data[] a, int k) {
        for (int n = 0; n < a.length; n++) {
            equal(a[n].i, k, "new object", n);
            equal(a[n].any == a[n] && a[n].link == (n == 0 ? null : a[n - 1]), true, "chain", n);
        }
    }

    static void references(Data[] a, int k) {
        Data x = new @Persistent Data();
        Data old = new @Persistent Data();
        old.i = k;
        PersistentHeap.setRoot("references", x);
        // Where there has been a volatile object before, the collector knows the place.
        String first = k % 2 == 0 ? null : "first " + k;
        Txn.run(() -> { x.link = old; x.any = first; });
        for (int round = 0; round < 3; round++) {
            try (Txn txn = Txn.begin()) {
                storeNewObjects(a, k);
                Data p = a[k % a.length];
                storeReferences(x, p, "one " + k, round != 0);
                Data own = new @Persistent Data();
                storeReferences(own, p, "own " + k, round != 0);
                if (k % 5 == 0) System.gc();    // moves the string
                checkReferences(x, p, "one " + k, k);
                checkReferences(own, p, "own " + k, k);
                checkChain(a, k);
                try (Txn inner = Txn.begin()) {
                    storeNewObjects(a, k + 1);
                    storeReferences(x, a[1], "two " + k, round != 0);
                    storeReferences(x, a[2], "three " + k, round != 0);
                    if (k % 5 == 1) System.gc();
                    checkReferences(x, a[2], "three " + k, k);
                    inner.rollback();
                }
                checkReferences(x, p, "one " + k, k);
                checkChain(a, k);
                storeReferences(x, p, "four " + k, false);
                if (k % 5 == 2) System.gc();
                checkReferences(x, p, "four " + k, k);
                if (round == 2) {
                    txn.commit();
                    checkReferences(x, p, "four " + k, k);
                } else {
                    txn.rollback();
                    checkReferences(x, old, first, k);
                    equal(old.i, k, "old object", k);
                }
            }
        }
        checkChain(a, k);
    }

    static long inTxnOsr(Data x, int count) {   // compiled in the middle of its loop
        long sum = 0;
        for (int r = 0; r < count; r++) {
            x.j = r;
            x.b = (byte) r;
            sum += x.b;
        }
        return sum;
    }

    static void write() {
        Data x = persistentData();
        Data v = volatileData();
        PersistentHeap.setRoot("data", x);
        long[] longs = new @Persistent long[2000];
        PersistentHeap.setRoot("longs", longs);
        for (int k = 0; k < 400; k++) storeAll(v, k);       // nothing is known of P
        storeFields(x, 0);
        storeLoops(x, 0);
        for (int k = 0; k < LENGTH; k++) storeElements(x, k, k);
        v = copy(x);
        for (int k = 0; k < 120; k++) {
            rollbacksAndCommits(x, v, k);
            if (k % 4 == 0) {
                ownObjects(x, k);
                try (Txn txn = Txn.begin()) {
                    x.link = null;
                    txn.commit();
                }
            }
            if (k % 20 == 0) {
                manyEntries(longs, x, k);
                v = copy(x);
            }
        }
        Data[] chain = new @Persistent Data[10];
        PersistentHeap.setRoot("chain", chain);
        Txn.run(() -> storeNewObjects(chain, -1));
        for (int k = 0; k < 40; k++) references(chain, k);
        int[] y = new int[LENGTH];
        String before = Arrays.toString(x.ints);
        for (int k = 0; k < 20; k++) {
            try (Txn txn = Txn.begin()) {
                storeBoth(x.ints, y, k);
                storeBoth(y, x.ints, k);
                storeBoth(x.ints, x.ints, k);
                txn.rollback();
            }
            equal(Arrays.toString(x.ints), before, "both heaps", k);
        }
        // Volatile and persistent objects in turn.
        Data last = null;
        Data p = new @Persistent Data();
        PersistentHeap.setRoot("list", p);
        for (int k = 0; k < 20; k++) {
            Data[] all = { new Data(), new Data(), new Data() };
            all[0].link = all[1];
            all[1].link = all[2];
            all[2].link = p;
            String old = p.state();
            try (Txn txn = Txn.begin()) {
                storeList(all[0], k + 1);
                equal(p.i, -k - 2, "list", k);
                txn.rollback();
            }
            equal(p.state(), old, "list, rollback", k);
            for (Data d : all) equal(d.i, -k - 2, "list, volatile", k);
        }
        String old = x.state();
        long sum;
        try (Txn txn = Txn.begin()) {
            sum = inTxnOsr(x, 200_000);
            equal(x.j, 199_999L, "loop", 0);
            equal(x.b, (byte) 199_999, "loop", 1);
            txn.rollback();
        }
        equal(x.state(), old, "loop, rollback", 0);
        Txn.run(() -> inTxnOsr(x, 100_000));
        equal(inTxnOsr(new Data(), 200_000), sum, "loop, volatile", 0);
        PersistentHeap.setRoot("state", x.state() + Arrays.toString(longs));
    }

    static Data copy(Data x) {
        Data v = volatileData();
        v.j = x.j; v.d = x.d; v.i = x.i; v.f = x.f; v.s = x.s; v.c = x.c; v.b = x.b; v.z = x.z;
        v.bytes = x.bytes.clone(); v.shorts = x.shorts.clone(); v.chars = x.chars.clone(); v.ints = x.ints.clone();
        v.longs = x.longs.clone(); v.floats = x.floats.clone(); v.doubles = x.doubles.clone(); v.booleans = x.booleans.clone();
        return v;
    }

    static void read() {
        Data x = PersistentHeap.root("data", Data.class);
        equal(x.state() + Arrays.toString(PersistentHeap.root("longs", long[].class)),
              PersistentHeap.root("state", String.class), "reopened", 0);
        Data[] chain = PersistentHeap.root("chain", Data[].class);
        checkChain(chain, 39);
        checkReferences(PersistentHeap.root("references", Data.class), chain[9], "four 39", 39);
    }

    public static void main(String[] args) throws Exception {
        switch (args.length > 0 ? args[0] : "") {
            case "write" -> write();
            case "read" -> read();
            default -> {
                Heap heap = new Heap("inline", args);
                heap.run(InlineStoresTest.class, "write");
                heap.run(InlineStoresTest.class, "read");
                heap.delete();
            }
        }
    }
}
