/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Stores that C2 compiles: undone by a rollback, found by the next VM after a commit
 * @run main/othervm -XX:PersistentHeap=heap-c2b -XX:PersistentHeapSize=256m -XX:-TieredCompilation -Xbatch
 *                   -XX:CompileCommand=compileonly,C2Barriers::write* C2Barriers
 * @run main/othervm -XX:PersistentHeap=heap-c2b -XX:-TieredCompilation -Xbatch
 *                   -XX:CompileCommand=compileonly,C2Barriers::write* C2Barriers reopened
 */

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.Arrays;

public class C2Barriers {
    static final class Data {
        boolean z; byte b; short s; char c; int i; long j; float f; double d;
        String text; Data self; volatile int vi; volatile String vt; int cas; long add; Object ref;
        byte[] bytes = new @Persistent byte[100];
        short[] shorts = new @Persistent short[100];
        int[] ints = new @Persistent int[100];
        long[] longs = new @Persistent long[100];
        double[] doubles = new @Persistent double[100];
        boolean[] booleans = new @Persistent boolean[100];
        Object[] objects = new @Persistent Object[100];

        String state() {
            return z + " " + b + " " + s + " " + (int) c + " " + i + " " + j + " " + f + " " + d + " " + text + " "
                + (self == this) + " " + vi + " " + vt + " " + cas + " " + add + " " + ref + " " + Arrays.toString(bytes)
                + Arrays.toString(shorts) + Arrays.toString(ints) + Arrays.toString(longs) + Arrays.toString(doubles)
                + Arrays.toString(booleans) + Arrays.toString(objects);
        }
    }

    static final VarHandle CAS, ADD, REF;
    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            CAS = lookup.findVarHandle(Data.class, "cas", int.class);
            ADD = lookup.findVarHandle(Data.class, "add", long.class);
            REF = lookup.findVarHandle(Data.class, "ref", Object.class);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    static void writeFields(Data o, int k) {
        o.z = (k & 1) != 0; o.b = (byte) k; o.s = (short) (k * 3); o.c = (char) (k * 5);
        o.i = k * 7; o.j = k * 11L; o.f = k * 0.5f; o.d = k * 0.25;
    }
    static void writeReferences(Data o, String text) { o.text = text; o.self = o; }
    static void writeVolatile(Data o, int k, String text) { o.vi = k; o.vt = text; }
    static void writeAtomics(Data o, int k, Object ref) {
        CAS.compareAndSet(o, o.cas, k);
        ADD.getAndAdd(o, (long) k);
        REF.getAndSet(o, ref);
    }
    static void writeArrays(Data o, int k) {
        for (int n = 0; n < o.ints.length; n++) o.ints[n] = k;              // fill
        for (int n = 0; n < o.longs.length; n++) o.longs[n] = n * (long) k; // vectors
        for (int n = 0; n < o.doubles.length; n++) o.doubles[n] = k + n;
        for (int n = 0; n < o.shorts.length; n++) o.shorts[n] = (short) (k - n);
        byte[] b = o.bytes;                                                 // merged
        b[0] = (byte) k; b[1] = (byte) (k >> 8); b[2] = (byte) (k >> 16); b[3] = (byte) (k >> 24);
        for (int n = 0; n < o.booleans.length; n++) o.booleans[n] = ((k + n) & 3) == 0;
    }
    static void writeObjects(Object[] a, Object v, int n) { a[n] = v; }
    static void writeCopy(Data o, int[] from, Object[] objects) {
        System.arraycopy(from, 0, o.ints, 3, 50);
        System.arraycopy(o.longs, 0, o.longs, 10, 50);
        System.arraycopy(objects, 0, o.objects, 5, 3);
    }
    static int writeScalarReplaced(int k) { Data2 d = new Data2(); d.x = k; d.y = d.x + 1; return d.x + d.y; }
    static final class Data2 { int x, y; }

    static void writeAll(Data o, int k) {
        String text = "text " + k;
        writeFields(o, k);
        writeReferences(o, text);
        writeVolatile(o, k, text);
        writeAtomics(o, k, text);
        writeArrays(o, k);
        writeObjects(o.objects, text, k % 5);
        int[] from = new int[50];
        Arrays.fill(from, k);
        writeCopy(o, from, new Object[] { text, null, o.text });
        if (writeScalarReplaced(k) != 2 * k + 1) throw new AssertionError();
    }

    static void equal(String what, String expected, String found) {
        if (!expected.equals(found)) throw new AssertionError(what + "\nexpected " + expected + "\nfound    " + found);
    }

    public static void main(String[] args) {
        Data expected = new Data();
        if (args.length > 0) {
            Data data = PersistentHeap.root("data", Data.class);
            equal("reopened", PersistentHeap.root("state", String.class), data.state());
            return;
        }
        Data v = new Data();
        // The objects of the warm-up are volatile, so that nothing is known of the other side.
        for (int k = 0; k < 12000; k++) writeAll(v, k);
        Data p = new @Persistent Data();
        PersistentHeap.setRoot("data", p);
        for (int k = 1; k < 60; k++) {
            String before = p.state();
            try (Txn txn = Txn.begin()) {
                writeAll(p, k);
                txn.rollback();
            }
            equal("rollback " + k, before, p.state());
            if (k % 2 == 0) {
                int n = k;
                Txn.run(() -> writeAll(p, n));
            } else {
                writeAll(p, k);
            }
        }
        writeReferences(p, "outside");
        PersistentHeap.setRoot("state", p.state());
    }
}
