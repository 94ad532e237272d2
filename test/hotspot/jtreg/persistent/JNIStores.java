/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary What JNI functions and the VM itself store into persistent objects is undone by a rollback, and found
 *          by the next VM after a commit; critical arrays are copies
 * @run main/othervm/native --enable-native-access=ALL-UNNAMED -XX:PersistentHeap=heap-jni -XX:PersistentHeapSize=64m
 *      -Xmx128m -XX:+UnlockDiagnosticVMOptions -XX:+VerifyAfterGC -XX:+PersistentHeapAudit JNIStores
 * @run main/othervm/native --enable-native-access=ALL-UNNAMED -XX:PersistentHeap=heap-jni JNIStores reopened
 * @run main/othervm/native --enable-native-access=ALL-UNNAMED -XX:PersistentHeap=heap-jni-int -XX:PersistentHeapSize=64m
 *      -Xmx128m -XX:+UnlockDiagnosticVMOptions -XX:+PersistentHeapAudit
 *      -Xint JNIStores
 * @run main/othervm/native --enable-native-access=ALL-UNNAMED -XX:PersistentHeap=heap-jni-int
 *      -Xint JNIStores reopened
 * @run main/othervm/native --enable-native-access=ALL-UNNAMED -XX:PersistentHeap=heap-jni-c1 -XX:PersistentHeapSize=64m
 *      -Xmx128m -XX:+UnlockDiagnosticVMOptions -XX:+PersistentHeapAudit
 *      -XX:TieredStopAtLevel=1 -Xcomp -XX:CompileCommand=compileonly,JNIStores::* JNIStores
 * @run main/othervm/native --enable-native-access=ALL-UNNAMED -XX:PersistentHeap=heap-jni-c1
 *      -XX:TieredStopAtLevel=1 -Xcomp -XX:CompileCommand=compileonly,JNIStores::* JNIStores reopened
 * @run main/othervm/native --enable-native-access=ALL-UNNAMED -XX:PersistentHeap=heap-jni-c2 -XX:PersistentHeapSize=64m
 *      -Xmx128m -XX:+UnlockDiagnosticVMOptions -XX:+PersistentHeapAudit
 *      -XX:-TieredCompilation -Xcomp -XX:CompileCommand=compileonly,JNIStores::* JNIStores
 * @run main/othervm/native --enable-native-access=ALL-UNNAMED -XX:PersistentHeap=heap-jni-c2
 *      -XX:-TieredCompilation -Xcomp -XX:CompileCommand=compileonly,JNIStores::* JNIStores reopened
 * @run main/othervm/native --enable-native-access=ALL-UNNAMED -XX:PersistentHeap=heap-jni-check -XX:PersistentHeapSize=64m
 *      -Xcheck:jni -XX:+UnlockDiagnosticVMOptions -XX:+PersistentHeapAudit JNIStores checked
 */

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.persistent.VolatileReferenceException;
import java.nio.ByteOrder;
import java.util.Arrays;

public class JNIStores {
    static {
        System.loadLibrary("JNIStores");
    }

    static native void setFields(Object o, int k, Object ref);
    static native void setElement(Object[] a, int i, Object value);
    static native void setRegions(byte[] b, short[] s, char[] c, int[] i, long[] j, float[] f, double[] d, boolean[] z, int k);
    static native void elements(byte[] b, short[] s, char[] c, int[] i, long[] j, float[] f, double[] d, int k, int mode);
    static native boolean critical(Object array, int bytes, int k, int mode);
    static native int stringCritical(String s);

    static final int COMMIT = 1, ABORT = 2;

    static final class Data {
        boolean z; byte b; short s; char c; int i; long j; float f; double d;
        Object ref;
        byte[] bytes = new @Persistent byte[10];
        short[] shorts = new @Persistent short[10];
        char[] chars = new @Persistent char[10];
        int[] ints = new @Persistent int[10];
        long[] longs = new @Persistent long[10];
        float[] floats = new @Persistent float[10];
        double[] doubles = new @Persistent double[10];
        boolean[] booleans = new @Persistent boolean[10];
        Object[] objects = new @Persistent Object[10];
        byte[] empty = new @Persistent byte[0];
        Object other;
        StackTraceElement[] trace;
        String expected;

        String state() {
            return z + " " + b + " " + s + " " + (int) c + " " + i + " " + j + " " + f + " " + d + " " + (ref == this)
                + Arrays.toString(bytes) + Arrays.toString(shorts) + Arrays.hashCode(chars) + Arrays.toString(ints)
                + Arrays.toString(longs) + Arrays.toString(floats) + Arrays.toString(doubles) + Arrays.toString(booleans)
                + (objects[3] == this) + (objects[4] == bytes);
        }
    }

    static void check(boolean ok, String what) {
        if (!ok) throw new AssertionError(what);
    }

    interface Store { void run(Data o, int k) throws Throwable; }

    // Undone by a rollback; the values of a commit, and of a store outside, stay.
    static void test(String name, Data o, int k, Store store) throws Throwable {
        String before = o.state();
        try (Txn txn = Txn.begin()) {
            store.run(o, k);
            check(!o.state().equals(before), name + " stores nothing");
            txn.rollback();
        }
        check(o.state().equals(before), name + " after rollback: " + o.state() + " instead of " + before);
        try (Txn txn = Txn.begin()) {
            store.run(o, k);
            txn.commit();
        }
        check(!o.state().equals(before), name + " lost by commit");
        String committed = o.state();
        store.run(o, k + 1);
        check(!o.state().equals(committed), name + " stores nothing outside a transaction");
        System.out.println(name + ": undone by rollback, kept by commit, stored outside");
    }

    static void regions(Data o, int k) {
        setRegions(o.bytes, o.shorts, o.chars, o.ints, o.longs, o.floats, o.doubles, o.booleans, k);
    }

    static void elements(Data o, int k, int mode) {
        elements(o.bytes, o.shorts, o.chars, o.ints, o.longs, o.floats, o.doubles, k, mode);
    }

    static void criticals(Data o, int k, int mode) {
        check(critical(o.bytes, 10, k, mode), "no copy of a persistent array");
        critical(o.shorts, 20, k, mode);
        critical(o.ints, 40, k, mode);
        critical(o.longs, 80, k, mode);
        critical(o.doubles, 80, k, mode);
        critical(o.empty, 0, k, mode);
    }

    static void swap(Data o, int k) {
        // Unsafe.copySwapMemory
        int[] from = new int[10];
        Arrays.setAll(from, n -> k + n);
        MemorySegment.copy(MemorySegment.ofArray(from), ValueLayout.JAVA_INT, 0,
                           MemorySegment.ofArray(o.ints), ValueLayout.JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN), 0, 10);
    }

    static void foreign(Data o) throws Throwable {
        Linker linker = Linker.nativeLinker();
        MethodHandle fill = linker.downcallHandle(SymbolLookup.loaderLookup().findOrThrow("plain_fill"),
            FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.JAVA_INT), Linker.Option.critical(true));
        byte[] plain = new byte[10];
        fill.invokeExact(MemorySegment.ofArray(plain), 10);
        check(plain[9] == 42, "a volatile array is not filled");
        String before = o.state();
        try {
            fill.invokeExact(MemorySegment.ofArray(o.bytes), 10);
            check(false, "a persistent array was passed to a critical function");
        } catch (IllegalArgumentException e) {
            check(e.getMessage().contains("persistent byte[]"), e.getMessage());
        }
        check(o.state().equals(before), "the refused call stored something");
    }

    // The VM fills in stack trace elements that Java code has allocated.
    static void vmStores(Data o) throws Throwable {
        StackTraceElement[] trace = PersistentHeap.allocate(() -> new Exception("x").getStackTrace());
        String text = Arrays.toString(trace);
        for (int n = 0; n < 3; n++) {
            System.gc();
            byte[][] garbage = new byte[100][];
            for (int i = 0; i < 100; i++) garbage[i] = new byte[100_000];
        }
        check(Arrays.toString(trace).equals(text), "stack trace damaged by a collection");
    }

    public static void main(String[] args) throws Throwable {
        Data o = PersistentHeap.root("data", Data.class, () -> new @Persistent Data());
        if (args.length == 0 || args[0].equals("checked")) {
            try (Txn txn = Txn.begin()) { o.ref = o.ints; o.other = o.shorts; txn.commit(); }
            test("SetField", o, 3, (d, k) -> setFields(d, k, (k & 1) == 0 ? d.ints : d));
            test("SetObjectArrayElement", o, 3, (d, k) -> { setElement(d.objects, 3, d.objects[3] == d ? null : d); setElement(d.objects, 4, d.bytes); });
            test("SetArrayRegion", o, 10, (d, k) -> regions(d, k));
            test("ReleaseArrayElements", o, 20, (d, k) -> elements(d, k, 0));
            test("ReleaseArrayElements JNI_COMMIT", o, 30, (d, k) -> elements(d, k, COMMIT));
            test("ReleasePrimitiveArrayCritical", o, 40, (d, k) -> criticals(d, k, 0));
            if (args.length == 0) {     // -Xcheck:jni ends a critical section at JNI_COMMIT
                test("ReleasePrimitiveArrayCritical JNI_COMMIT", o, 50, (d, k) -> criticals(d, k, COMMIT));
                check(o.bytes[0] == 51, "stored after JNI_COMMIT");
            }
            test("copySwapMemory", o, 60, JNIStores::swap);
            String before = o.state();
            elements(o, 70, ABORT);
            criticals(o, 70, ABORT);
            check(o.state().equals(before), "JNI_ABORT stored");
            check(!critical(new byte[10], 10, 1, 0), "a volatile array is copied");

            // A volatile object cannot be committed; one of JNI's stores outside throws.
            try {
                setElement(o.objects, 5, new Object());
                check(false, "no VolatileReferenceException");
            } catch (VolatileReferenceException e) {
                check(o.objects[5] == null, "the refused store stands");
            }
            try {
                setFields(o, 3, new Object());
                check(false, "no VolatileReferenceException");
            } catch (VolatileReferenceException e) {
                check(!(o.ref != null && o.ref.getClass() == Object.class), "the refused store stands");
            }
            // A string of V becomes persistent.
            setElement(o.objects, 6, "stored by JNI \u20ac" + o.bytes.length);
            check(PersistentHeap.contains(o.objects[6]), "the string was not copied");
            String stored = (String) o.objects[6];
            check(stringCritical(stored) == stored.chars().sum(), "GetStringCritical of a persistent string");
            String plain = "volatile \u20ac" + o.bytes.length;
            int sum = stringCritical(plain);
            check(sum == plain.chars().sum() || sum == -1 - plain.chars().sum(), "GetStringCritical of a volatile string");
            foreign(o);
            vmStores(o);
            Txn.run(() -> o.expected = o.state());
        } else {
            check(o.state().equals(o.expected), "reopened: " + o.state() + " instead of " + o.expected);
            check(o.objects[6].equals("stored by JNI \u20ac10"), "the string is " + o.objects[6]);
        }
    }
}
