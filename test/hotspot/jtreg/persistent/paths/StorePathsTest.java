/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Store paths that StorePaths leaves out: compilation and deoptimisation in the middle of a transaction, state of
 *          digests and atomics, copies of every element size; and its own paths in methods compiled before their first call.
 * @requires vm.debug & os.arch == "amd64"
 * @library /test/lib ..
 * @modules java.base/jdk.internal.misc
 *          java.base/sun.security.provider:open
 * @build jdk.test.whitebox.WhiteBox StorePaths
 * @run driver jdk.test.lib.helpers.ClassFileInstaller jdk.test.whitebox.WhiteBox
 * @run main/othervm/timeout=1200 StorePathsTest
 */

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.*;
import java.util.function.BooleanSupplier;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

import jdk.internal.misc.Unsafe;
import jdk.test.lib.process.OutputAnalyzer;
import jdk.test.lib.process.ProcessTools;
import jdk.test.whitebox.WhiteBox;

public class StorePathsTest {
    // level: what the methods have to be compiled at. Methods compiled at their first call have no profile.
    record Tier(String name, int level, boolean first, String... flags) {}

    static final String QUICK = "-XX:CompileThresholdScaling=0.1";
    static final Tier[] TIERS = {
        new Tier("interpreter", 0, false, "-Xint"),
        new Tier("C1", 1, false, "-XX:TieredStopAtLevel=1", "-Xbatch", QUICK),
        new Tier("C2", 4, false, "-XX:-TieredCompilation", "-Xbatch", QUICK),
        new Tier("C2-AVX0", 4, false, "-XX:-TieredCompilation", "-Xbatch", QUICK, "-XX:UseAVX=0"),
        new Tier("C2-AVX2", 4, false, "-XX:-TieredCompilation", "-Xbatch", QUICK, "-XX:UseAVX=2"),
        new Tier("Xcomp-C1", 1, true, "-Xcomp", "-XX:TieredStopAtLevel=1"),
        new Tier("Xcomp-C2", 4, true, "-Xcomp", "-XX:-TieredCompilation"),
    };

    static final Unsafe U = Unsafe.getUnsafe();
    static final VarHandle SEGMENT_INT = ValueLayout.JAVA_INT.varHandle(), SEGMENT_LONG = ValueLayout.JAVA_LONG.varHandle();
    static final VarHandle BUFFER_INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle BUFFER_LONG_BE = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    // Sometimes off-heap: the compiler does not know the base.
    static void unknown(Object base, long at, int k) {
        U.putByte(base, at, (byte) k);
        U.putShort(base, at + 2, (short) k);
        U.putInt(base, at + 4, k);
        U.putLong(base, at + 8, k * 3L);
        U.putDouble(base, at + 16, k);
        U.putFloat(base, at + 24, k);
        U.compareAndSetInt(base, at + 32, U.getInt(base, at + 32), k);
        U.getAndAddLong(base, at + 40, k);
        U.getAndSetInt(base, at + 48, k);
        U.putLongUnaligned(base, at + 57, k);
        U.putIntVolatile(base, at + 68, k);
        U.setMemory(base, at + 75, 11, (byte) k);
        U.copyMemory(base, at, base, at + 90, 33);
    }

    // ---- Code of which every call has a copy of its own ----
    public static class FreshBase {
        public int area(int k) { return k; }
    }
    public static class FreshSub extends FreshBase {
        @Override public int area(int k) { return k; }
    }
    public static class FreshCode {
        // Says how often it was compiled when it looked.
        public static int loop(int[] a, long[] l, Object[] o, BooleanSupplier compiled, int k) {
            int s = 0, found = 0;
            for (int i = 0; i < 60_000; i++) {
                a[(i + k) % a.length] = i ^ k;
                if (i % 16 == 0) {
                    l[i % l.length] += i + k;
                    o[i % o.length] = i % 3 == 0 ? a : l;
                }
                if (i % 512 == 0 && compiled.getAsBoolean()) found++;
                s += a[i % a.length];
            }
            a[0] = s;
            return found;
        }
        public static void loadsClass(int[] a, FreshBase[] base, Runnable loader, int k) {
            a[0] = k;
            a[1] = base[0].area(k);
            loader.run();
            a[2] = k + 2;
            a[3] = base[0].area(k) * 3;
        }
        // Two of the arguments are what they never were before.
        public static void traps(int[] a, int[] maybe, Object o, int index, int divisor, boolean rare, int k) {
            a[0] = k;
            try {
                a[1] = maybe[0] + k;
            } catch (NullPointerException e) {
                a[1] = k * 2;
            }
            a[2] = k + 2;
            try {
                a[index] = k + 3;
            } catch (ArrayIndexOutOfBoundsException e) {
                a[3] = k + 4;
            }
            a[4] = k + 5;
            a[5] = o instanceof String ? k : -k;
            try {
                a[6] = k / divisor;
            } catch (ArithmeticException e) {
                a[6] = k + 6;
            }
            a[7] = k + 7;
            if (rare) a[8] = k + 8;
            a[9] = k + 9;
        }
        public static void scalars(Object[] d, int[] a, boolean rare, int k) {
            AtomicInteger b = new @Persistent AtomicInteger(k);
            int[] t = new @Persistent int[4];
            AtomicInteger v = new AtomicInteger(k + 1);
            t[1] = k;
            a[0] = b.incrementAndGet() + t[1] + v.get();
            if (rare) {
                d[0] = b;
                d[1] = t;
                a[1] = v.incrementAndGet();
            }
            t[2] = k * 2;
            b.set(k * 5);
            a[2] = b.get() + t[2] + v.get();
        }
    }
    static class FreshLoader extends ClassLoader {
        FreshLoader() { super(StorePathsTest.class.getClassLoader()); }
        @Override protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.contains("$Fresh")) return super.loadClass(name, resolve);
            Class<?> c = findLoadedClass(name);
            if (c != null) return c;
            try (InputStream in = getParent().getResourceAsStream(name + ".class")) {
                byte[] b = in.readAllBytes();
                return defineClass(name, b, 0, b.length);
            } catch (java.io.IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
        Class<?> fresh(String name) throws ClassNotFoundException { return loadClass("StorePathsTest$" + name); }
    }
    static Method method(Class<?> c, String name) {
        return Arrays.stream(c.getMethods()).filter(m -> m.getName().equals(name)).findFirst().orElseThrow();
    }

    // ---- The paths: see StorePaths.Path ----
    abstract static class Path extends StorePaths.Path {
        Path(String name) { super(name); }
        String state(Object o) { return StorePaths.state(o); }
    }
    // The state of a digest is in the digest itself.
    static class Digest extends Path {
        static final MethodHandle UPDATE, DIGEST, CLONE;
        static {
            try {
                Class<?> c = Class.forName("sun.security.provider.DigestBase");
                Method update = c.getDeclaredMethod("engineUpdate", byte[].class, int.class, int.class);
                Method digest = c.getDeclaredMethod("engineDigest"), clone = c.getDeclaredMethod("clone");
                for (Method m : List.of(update, digest, clone)) m.setAccessible(true);
                MethodHandles.Lookup lookup = MethodHandles.lookup();
                UPDATE = lookup.unreflect(update).asType(MethodType.methodType(void.class, Object.class, byte[].class, int.class, int.class));
                DIGEST = lookup.unreflect(digest).asType(MethodType.methodType(byte[].class, Object.class));
                CLONE = lookup.unreflect(clone).asType(MethodType.methodType(Object.class, Object.class));
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
        }
        Digest(String name) { super("digest object " + name); }
        Object make() {
            try {
                var c = Class.forName("sun.security.provider." + name.substring(14)).getDeclaredConstructor();
                c.setAccessible(true);
                return c.newInstance();
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
        }
        void write(Object x, int k) throws Throwable {
            PersistentHeap.allocate(() -> {
                for (int i = 0; i < 10; i++) UPDATE.invokeExact(x, StorePaths.pattern(k + i), i, 90);
                return null;
            });
        }
        @Override String state(Object o) {
            try {
                return HexFormat.of().formatHex((byte[]) DIGEST.invokeExact((Object) CLONE.invokeExact(o)));
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }
    }
    static void swap(int k, ByteOrder order, Object[] a) {
        ByteBuffer from = ByteBuffer.allocateDirect(200).order(order);
        for (int i = 0; i < 200; i++) from.put(i, (byte) (k * 13 + i));
        from.asShortBuffer().get((short[]) a[2], 1, 15);
        from.asCharBuffer().get((char[]) a[3], 2, 15);
        from.asIntBuffer().get((int[]) a[4], 3, 15);
        from.asLongBuffer().get((long[]) a[5], 0, 15);
        from.asFloatBuffer().get((float[]) a[6], 1, 15);
        from.asDoubleBuffer().get((double[]) a[7], 2, 15);
        from.get((byte[]) a[1], 0, 18);
    }
    static Object[] arrays300() {
        return new Object[] {new byte[300], new short[300], new int[300], new long[300], new float[300], new double[300], new boolean[300],
                             new char[300]};
    }
    enum Color { RED, GREEN { @Override int more() { return 2; } }; int more() { return 1; } }

    static final Path[] PATHS = {
        new Path("VarHandle getAndBitwise Acquire fields") {
            Object make() { return new StorePaths.Data(); }
            void write(Object x, int k) {
                StorePaths.Data o = (StorePaths.Data) x;
                StorePaths.BOOLEAN_FIELD.getAndBitwiseOrAcquire(o, ((k + 1) & 1) != 0);
                StorePaths.BOOLEAN_FIELD.getAndBitwiseXorAcquire(o, ((k + 4) & 1) != 0);
                StorePaths.BOOLEAN_FIELD.getAndBitwiseAndAcquire(o, (k & 3) != 0);
                StorePaths.BYTE_FIELD.getAndBitwiseOrAcquire(o, (byte) (k + 1));
                StorePaths.BYTE_FIELD.getAndBitwiseXorAcquire(o, (byte) (k + 4));
                StorePaths.BYTE_FIELD.getAndBitwiseAndAcquire(o, (byte) ~(k & 5));
                StorePaths.SHORT_FIELD.getAndBitwiseOrAcquire(o, (short) (k + 1));
                StorePaths.SHORT_FIELD.getAndBitwiseXorAcquire(o, (short) (k + 4));
                StorePaths.SHORT_FIELD.getAndBitwiseAndAcquire(o, (short) ~(k & 5));
                StorePaths.CHAR_FIELD.getAndBitwiseOrAcquire(o, (char) (k + 1));
                StorePaths.CHAR_FIELD.getAndBitwiseXorAcquire(o, (char) (k + 4));
                StorePaths.CHAR_FIELD.getAndBitwiseAndAcquire(o, (char) ~(k & 5));
                StorePaths.INT_FIELD.getAndBitwiseOrAcquire(o, (int) (k + 1));
                StorePaths.INT_FIELD.getAndBitwiseXorAcquire(o, (int) (k + 4));
                StorePaths.INT_FIELD.getAndBitwiseAndAcquire(o, (int) ~(k & 5));
                StorePaths.LONG_FIELD.getAndBitwiseOrAcquire(o, (long) (k + 1));
                StorePaths.LONG_FIELD.getAndBitwiseXorAcquire(o, (long) (k + 4));
                StorePaths.LONG_FIELD.getAndBitwiseAndAcquire(o, (long) ~(k & 5));
            }
        },
        new Path("VarHandle getAndBitwise Acquire arrays") {
            Object make() { return StorePaths.arrays(); }
            void write(Object x, int k) {
                Object[] a = (Object[]) x;
                StorePaths.BOOLEAN_ARRAY.getAndBitwiseOrAcquire((boolean[]) a[0], (k + 0) % 20, ((k + 1) & 1) != 0);
                StorePaths.BOOLEAN_ARRAY.getAndBitwiseXorAcquire((boolean[]) a[0], (k + 1) % 20, ((k + 4) & 1) != 0);
                StorePaths.BOOLEAN_ARRAY.getAndBitwiseAndAcquire((boolean[]) a[0], (k + 2) % 20, (k & 3) != 0);
                StorePaths.BYTE_ARRAY.getAndBitwiseOrAcquire((byte[]) a[1], (k + 0) % 20, (byte) (k + 1));
                StorePaths.BYTE_ARRAY.getAndBitwiseXorAcquire((byte[]) a[1], (k + 1) % 20, (byte) (k + 4));
                StorePaths.BYTE_ARRAY.getAndBitwiseAndAcquire((byte[]) a[1], (k + 2) % 20, (byte) ~(k & 5));
                StorePaths.SHORT_ARRAY.getAndBitwiseOrAcquire((short[]) a[2], (k + 0) % 20, (short) (k + 1));
                StorePaths.SHORT_ARRAY.getAndBitwiseXorAcquire((short[]) a[2], (k + 1) % 20, (short) (k + 4));
                StorePaths.SHORT_ARRAY.getAndBitwiseAndAcquire((short[]) a[2], (k + 2) % 20, (short) ~(k & 5));
                StorePaths.CHAR_ARRAY.getAndBitwiseOrAcquire((char[]) a[3], (k + 0) % 20, (char) (k + 1));
                StorePaths.CHAR_ARRAY.getAndBitwiseXorAcquire((char[]) a[3], (k + 1) % 20, (char) (k + 4));
                StorePaths.CHAR_ARRAY.getAndBitwiseAndAcquire((char[]) a[3], (k + 2) % 20, (char) ~(k & 5));
                StorePaths.INT_ARRAY.getAndBitwiseOrAcquire((int[]) a[4], (k + 0) % 20, (int) (k + 1));
                StorePaths.INT_ARRAY.getAndBitwiseXorAcquire((int[]) a[4], (k + 1) % 20, (int) (k + 4));
                StorePaths.INT_ARRAY.getAndBitwiseAndAcquire((int[]) a[4], (k + 2) % 20, (int) ~(k & 5));
                StorePaths.LONG_ARRAY.getAndBitwiseOrAcquire((long[]) a[5], (k + 0) % 20, (long) (k + 1));
                StorePaths.LONG_ARRAY.getAndBitwiseXorAcquire((long[]) a[5], (k + 1) % 20, (long) (k + 4));
                StorePaths.LONG_ARRAY.getAndBitwiseAndAcquire((long[]) a[5], (k + 2) % 20, (long) ~(k & 5));
            }
        },
        new Path("VarHandle getAndBitwise Release fields") {
            Object make() { return new StorePaths.Data(); }
            void write(Object x, int k) {
                StorePaths.Data o = (StorePaths.Data) x;
                StorePaths.BOOLEAN_FIELD.getAndBitwiseOrRelease(o, ((k + 1) & 1) != 0);
                StorePaths.BOOLEAN_FIELD.getAndBitwiseXorRelease(o, ((k + 4) & 1) != 0);
                StorePaths.BOOLEAN_FIELD.getAndBitwiseAndRelease(o, (k & 3) != 0);
                StorePaths.BYTE_FIELD.getAndBitwiseOrRelease(o, (byte) (k + 1));
                StorePaths.BYTE_FIELD.getAndBitwiseXorRelease(o, (byte) (k + 4));
                StorePaths.BYTE_FIELD.getAndBitwiseAndRelease(o, (byte) ~(k & 5));
                StorePaths.SHORT_FIELD.getAndBitwiseOrRelease(o, (short) (k + 1));
                StorePaths.SHORT_FIELD.getAndBitwiseXorRelease(o, (short) (k + 4));
                StorePaths.SHORT_FIELD.getAndBitwiseAndRelease(o, (short) ~(k & 5));
                StorePaths.CHAR_FIELD.getAndBitwiseOrRelease(o, (char) (k + 1));
                StorePaths.CHAR_FIELD.getAndBitwiseXorRelease(o, (char) (k + 4));
                StorePaths.CHAR_FIELD.getAndBitwiseAndRelease(o, (char) ~(k & 5));
                StorePaths.INT_FIELD.getAndBitwiseOrRelease(o, (int) (k + 1));
                StorePaths.INT_FIELD.getAndBitwiseXorRelease(o, (int) (k + 4));
                StorePaths.INT_FIELD.getAndBitwiseAndRelease(o, (int) ~(k & 5));
                StorePaths.LONG_FIELD.getAndBitwiseOrRelease(o, (long) (k + 1));
                StorePaths.LONG_FIELD.getAndBitwiseXorRelease(o, (long) (k + 4));
                StorePaths.LONG_FIELD.getAndBitwiseAndRelease(o, (long) ~(k & 5));
            }
        },
        new Path("VarHandle getAndBitwise Release arrays") {
            Object make() { return StorePaths.arrays(); }
            void write(Object x, int k) {
                Object[] a = (Object[]) x;
                StorePaths.BOOLEAN_ARRAY.getAndBitwiseOrRelease((boolean[]) a[0], (k + 0) % 20, ((k + 1) & 1) != 0);
                StorePaths.BOOLEAN_ARRAY.getAndBitwiseXorRelease((boolean[]) a[0], (k + 1) % 20, ((k + 4) & 1) != 0);
                StorePaths.BOOLEAN_ARRAY.getAndBitwiseAndRelease((boolean[]) a[0], (k + 2) % 20, (k & 3) != 0);
                StorePaths.BYTE_ARRAY.getAndBitwiseOrRelease((byte[]) a[1], (k + 0) % 20, (byte) (k + 1));
                StorePaths.BYTE_ARRAY.getAndBitwiseXorRelease((byte[]) a[1], (k + 1) % 20, (byte) (k + 4));
                StorePaths.BYTE_ARRAY.getAndBitwiseAndRelease((byte[]) a[1], (k + 2) % 20, (byte) ~(k & 5));
                StorePaths.SHORT_ARRAY.getAndBitwiseOrRelease((short[]) a[2], (k + 0) % 20, (short) (k + 1));
                StorePaths.SHORT_ARRAY.getAndBitwiseXorRelease((short[]) a[2], (k + 1) % 20, (short) (k + 4));
                StorePaths.SHORT_ARRAY.getAndBitwiseAndRelease((short[]) a[2], (k + 2) % 20, (short) ~(k & 5));
                StorePaths.CHAR_ARRAY.getAndBitwiseOrRelease((char[]) a[3], (k + 0) % 20, (char) (k + 1));
                StorePaths.CHAR_ARRAY.getAndBitwiseXorRelease((char[]) a[3], (k + 1) % 20, (char) (k + 4));
                StorePaths.CHAR_ARRAY.getAndBitwiseAndRelease((char[]) a[3], (k + 2) % 20, (char) ~(k & 5));
                StorePaths.INT_ARRAY.getAndBitwiseOrRelease((int[]) a[4], (k + 0) % 20, (int) (k + 1));
                StorePaths.INT_ARRAY.getAndBitwiseXorRelease((int[]) a[4], (k + 1) % 20, (int) (k + 4));
                StorePaths.INT_ARRAY.getAndBitwiseAndRelease((int[]) a[4], (k + 2) % 20, (int) ~(k & 5));
                StorePaths.LONG_ARRAY.getAndBitwiseOrRelease((long[]) a[5], (k + 0) % 20, (long) (k + 1));
                StorePaths.LONG_ARRAY.getAndBitwiseXorRelease((long[]) a[5], (k + 1) % 20, (long) (k + 4));
                StorePaths.LONG_ARRAY.getAndBitwiseAndRelease((long[]) a[5], (k + 2) % 20, (long) ~(k & 5));
            }
        },
        new Path("Unsafe copyMemory, copySwapMemory, setMemory short") {
            Object make() { return new short[100]; }
            void write(Object x, int k) {
                short[] d = (short[]) x, from = new short[40];
                long at = Unsafe.ARRAY_SHORT_BASE_OFFSET;
                for (int i = 0; i < 40; i++) from[i] = (short) (k * 7 + i);
                for (int n = 0; n < 20; n++) U.copyMemory(from, at + n % 3 * 2, d, at + (n + k) % 9 * 2, n * 2);
                U.copyMemory(d, at + 3 * 2, d, at + 5 * 2, 17 * 2); U.copyMemory(d, at + 30 * 2, d, at + 28 * 2, 17 * 2);
                U.copyMemory(d, at + 3, d, at + 131, 50);
                U.copySwapMemory(from, at, d, at + 60 * 2, 20 * 2, 2); U.copySwapMemory(d, at + 60 * 2, d, at + 63 * 2, 20 * 2, 2);
                U.setMemory(d, at + 80 * 2, 7 * 2, (byte) k); U.setMemory(d, at + 90 * 2, 8, (byte) 0); U.setMemory(d, at + 90 * 2 + 1, 3, (byte) (k + 1));
            }
        },
        new Path("Unsafe copyMemory, copySwapMemory, setMemory char") {
            Object make() { return new char[100]; }
            void write(Object x, int k) {
                char[] d = (char[]) x, from = new char[40];
                long at = Unsafe.ARRAY_CHAR_BASE_OFFSET;
                for (int i = 0; i < 40; i++) from[i] = (char) (k * 7 + i);
                for (int n = 0; n < 20; n++) U.copyMemory(from, at + n % 3 * 2, d, at + (n + k) % 9 * 2, n * 2);
                U.copyMemory(d, at + 3 * 2, d, at + 5 * 2, 17 * 2); U.copyMemory(d, at + 30 * 2, d, at + 28 * 2, 17 * 2);
                U.copyMemory(d, at + 3, d, at + 131, 50);
                U.copySwapMemory(from, at, d, at + 60 * 2, 20 * 2, 2); U.copySwapMemory(d, at + 60 * 2, d, at + 63 * 2, 20 * 2, 2);
                U.setMemory(d, at + 80 * 2, 7 * 2, (byte) k); U.setMemory(d, at + 90 * 2, 8, (byte) 0); U.setMemory(d, at + 90 * 2 + 1, 3, (byte) (k + 1));
            }
        },
        new Path("Unsafe copyMemory, copySwapMemory, setMemory int") {
            Object make() { return new int[100]; }
            void write(Object x, int k) {
                int[] d = (int[]) x, from = new int[40];
                long at = Unsafe.ARRAY_INT_BASE_OFFSET;
                for (int i = 0; i < 40; i++) from[i] = (int) (k * 7 + i);
                for (int n = 0; n < 20; n++) U.copyMemory(from, at + n % 3 * 4, d, at + (n + k) % 9 * 4, n * 4);
                U.copyMemory(d, at + 3 * 4, d, at + 5 * 4, 17 * 4); U.copyMemory(d, at + 30 * 4, d, at + 28 * 4, 17 * 4);
                U.copyMemory(d, at + 3, d, at + 131, 50);
                U.copySwapMemory(from, at, d, at + 60 * 4, 20 * 4, 4); U.copySwapMemory(d, at + 60 * 4, d, at + 63 * 4, 20 * 4, 4);
                U.setMemory(d, at + 80 * 4, 7 * 4, (byte) k); U.setMemory(d, at + 90 * 4, 8, (byte) 0); U.setMemory(d, at + 90 * 4 + 1, 3, (byte) (k + 1));
            }
        },
        new Path("Unsafe copyMemory, copySwapMemory, setMemory long") {
            Object make() { return new long[100]; }
            void write(Object x, int k) {
                long[] d = (long[]) x, from = new long[40];
                long at = Unsafe.ARRAY_LONG_BASE_OFFSET;
                for (int i = 0; i < 40; i++) from[i] = (long) (k * 7 + i);
                for (int n = 0; n < 20; n++) U.copyMemory(from, at + n % 3 * 8, d, at + (n + k) % 9 * 8, n * 8);
                U.copyMemory(d, at + 3 * 8, d, at + 5 * 8, 17 * 8); U.copyMemory(d, at + 30 * 8, d, at + 28 * 8, 17 * 8);
                U.copyMemory(d, at + 3, d, at + 131, 50);
                U.copySwapMemory(from, at, d, at + 60 * 8, 20 * 8, 8); U.copySwapMemory(d, at + 60 * 8, d, at + 63 * 8, 20 * 8, 8);
                U.setMemory(d, at + 80 * 8, 7 * 8, (byte) k); U.setMemory(d, at + 90 * 8, 8, (byte) 0); U.setMemory(d, at + 90 * 8 + 1, 3, (byte) (k + 1));
            }
        },
        new Path("Unsafe copyMemory, copySwapMemory, setMemory float") {
            Object make() { return new float[100]; }
            void write(Object x, int k) {
                float[] d = (float[]) x, from = new float[40];
                long at = Unsafe.ARRAY_FLOAT_BASE_OFFSET;
                for (int i = 0; i < 40; i++) from[i] = (float) (k * 7 + i);
                for (int n = 0; n < 20; n++) U.copyMemory(from, at + n % 3 * 4, d, at + (n + k) % 9 * 4, n * 4);
                U.copyMemory(d, at + 3 * 4, d, at + 5 * 4, 17 * 4); U.copyMemory(d, at + 30 * 4, d, at + 28 * 4, 17 * 4);
                U.copyMemory(d, at + 3, d, at + 131, 50);
                U.copySwapMemory(from, at, d, at + 60 * 4, 20 * 4, 4); U.copySwapMemory(d, at + 60 * 4, d, at + 63 * 4, 20 * 4, 4);
                U.setMemory(d, at + 80 * 4, 7 * 4, (byte) k); U.setMemory(d, at + 90 * 4, 8, (byte) 0); U.setMemory(d, at + 90 * 4 + 1, 3, (byte) (k + 1));
            }
        },
        new Path("Unsafe copyMemory, copySwapMemory, setMemory double") {
            Object make() { return new double[100]; }
            void write(Object x, int k) {
                double[] d = (double[]) x, from = new double[40];
                long at = Unsafe.ARRAY_DOUBLE_BASE_OFFSET;
                for (int i = 0; i < 40; i++) from[i] = (double) (k * 7 + i);
                for (int n = 0; n < 20; n++) U.copyMemory(from, at + n % 3 * 8, d, at + (n + k) % 9 * 8, n * 8);
                U.copyMemory(d, at + 3 * 8, d, at + 5 * 8, 17 * 8); U.copyMemory(d, at + 30 * 8, d, at + 28 * 8, 17 * 8);
                U.copyMemory(d, at + 3, d, at + 131, 50);
                U.copySwapMemory(from, at, d, at + 60 * 8, 20 * 8, 8); U.copySwapMemory(d, at + 60 * 8, d, at + 63 * 8, 20 * 8, 8);
                U.setMemory(d, at + 80 * 8, 7 * 8, (byte) k); U.setMemory(d, at + 90 * 8, 8, (byte) 0); U.setMemory(d, at + 90 * 8 + 1, 3, (byte) (k + 1));
            }
        },
        new Path("VarHandle atomics that fail") {
            Object make() { return new StorePaths.Data(); }
            void write(Object x, int k) {
                StorePaths.Data o = (StorePaths.Data) x;
                o.fInt = k;
                if (StorePaths.INT_FIELD.compareAndSet(o, k + 1, 5)) o.fInt = -1;
                if ((int) StorePaths.INT_FIELD.compareAndExchange(o, k + 1, 5) != k) o.fInt = -2;
                if (StorePaths.REF_FIELD.compareAndSet(o, (Object) o.bytes, (Object) o.ints)) o.fInt = -3;
                if (StorePaths.BYTE_FIELD.weakCompareAndSet(o, (byte) (o.fByte + 1), (byte) 5)) o.fInt = -4;
                if (StorePaths.LONG_ARRAY.compareAndSet(o.longs, 3, 77777L, 5L)) o.fInt = -5;
            }
        },
        new Path("atomic classes, weak and fenced modes") {
            Object make() {
                return new Object[] {new AtomicInteger(), new AtomicLong(), new AtomicIntegerArray(9), new AtomicLongArray(9), new byte[1]};
            }
            void write(Object x, int k) {
                Object[] h = (Object[]) x;
                AtomicInteger i = (AtomicInteger) h[0];
                AtomicLong l = (AtomicLong) h[1];
                AtomicIntegerArray ia = (AtomicIntegerArray) h[2];
                AtomicLongArray la = (AtomicLongArray) h[3];
                i.setPlain(k); i.setOpaque(i.getPlain() + 1); i.setRelease(i.get() + 1);
                i.compareAndExchange(i.get(), k * 3); i.compareAndExchangeAcquire(i.get(), k * 5); i.compareAndExchangeRelease(k * 5, k * 7);
                while (!i.weakCompareAndSetPlain(i.get(), k * 8)) { }
                while (!i.weakCompareAndSetVolatile(i.get(), k * 9)) { }
                while (!l.weakCompareAndSetAcquire(l.get(), l.get() + k)) { }
                while (!l.weakCompareAndSetRelease(l.get(), l.get() + k)) { }
                l.compareAndExchange(l.get(), l.get() * 3 + k);
                for (int n = 0; n < 9; n++) {
                    ia.setPlain(n, k); ia.setRelease(n, k + n); ia.accumulateAndGet(n, k, Math::max); ia.getAndUpdate(n, v -> v * 3);
                    while (!la.weakCompareAndSetVolatile(n, la.get(n), k)) { }
                    la.getAndAccumulate(n, n, Long::sum);
                }
            }
        },
        new Path("stamped, markable, accumulators") {
            Object make() {
                return new Object[] {new AtomicStampedReference<int[]>(null, 0), new AtomicMarkableReference<int[]>(null, false),
                                     new LongAccumulator(new Max(), 0), new DoubleAdder(), new int[] {7}};
            }
            @SuppressWarnings("unchecked")
            void write(Object x, int k) throws Throwable {
                Object[] h = (Object[]) x;
                AtomicStampedReference<Object> s = (AtomicStampedReference<Object>) h[0];
                AtomicMarkableReference<Object> m = (AtomicMarkableReference<Object>) h[1];
                PersistentHeap.allocate(() -> {
                    s.set(h[4], k);
                    s.compareAndSet(h[4], h[4], k, k + 1);
                    m.set(h[4], (k & 1) == 0);
                    m.attemptMark(h[4], (k & 2) == 0);
                    return null;
                });
                ((LongAccumulator) h[2]).accumulate(k);
                ((DoubleAdder) h[3]).add(k);
                ((int[]) h[4])[0] = k;
            }
            @Override String state(Object o) {
                Object[] h = (Object[]) o;
                AtomicStampedReference<?> s = (AtomicStampedReference<?>) h[0];
                AtomicMarkableReference<?> m = (AtomicMarkableReference<?>) h[1];
                return StorePaths.state(s.getReference()) + s.getStamp() + StorePaths.state(m.getReference()) + m.isMarked() + h[2] + h[3];
            }
        },
        new Path("Unsafe, base unknown, all kinds") {
            Object make() { return new byte[140]; }
            void write(Object x, int k) {
                unknown(x, Unsafe.ARRAY_BYTE_BASE_OFFSET, k);
                unknown(null, StorePaths.OFF_HEAP, k);
            }
        },
        new Path("segment VarHandles") {
            Object make() { return new long[40]; }
            void write(Object x, int k) {
                MemorySegment s = MemorySegment.ofArray((long[]) x);
                SEGMENT_INT.set(s, 0L, k); SEGMENT_INT.setVolatile(s, 4L, k + 1); SEGMENT_INT.setRelease(s, 12L, k + 2);
                SEGMENT_INT.compareAndSet(s, 16L, (int) SEGMENT_INT.get(s, 16L), k); SEGMENT_INT.getAndAdd(s, 20L, k);
                SEGMENT_INT.getAndSet(s, 24L, k); SEGMENT_INT.getAndBitwiseOr(s, 28L, k); SEGMENT_INT.compareAndExchange(s, 28L, 0, k);
                SEGMENT_LONG.compareAndSet(s, 40L, (long) SEGMENT_LONG.get(s, 40L), (long) k); SEGMENT_LONG.getAndAdd(s, 48L, (long) k);
                SEGMENT_LONG.getAndBitwiseXor(s, 56L, (long) k); SEGMENT_LONG.setOpaque(s, 64L, (long) k);
                s.setAtIndex(ValueLayout.JAVA_DOUBLE, 10, k); s.set(ValueLayout.JAVA_BYTE, 91, (byte) k);
                s.set(ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN), 93, (short) k);
                s.asSlice(100, 13).fill((byte) k);
                MemorySegment.copy(MemorySegment.ofArray(new long[] {k, 2, 3}), ValueLayout.JAVA_LONG, 0, s,
                    ValueLayout.JAVA_LONG.withOrder(ByteOrder.BIG_ENDIAN), 120, 3);
                MemorySegment.ofAddress(StorePaths.OFF_HEAP).reinterpret(128).set(ValueLayout.JAVA_INT, 100, k);
            }
        },
        new Path("byte buffer VarHandles") {
            Object make() { return new byte[100]; }
            void write(Object x, int k) {
                ByteBuffer b = ByteBuffer.wrap((byte[]) x, 10, 80);
                BUFFER_INT.set(b, 11, k); BUFFER_LONG_BE.set(b, 21, k * 7L);
                ByteBuffer s = b.slice(); s.putInt(50, k).order(ByteOrder.LITTLE_ENDIAN).putLong(57, k * 3L);
                b.position(30).compact();
            }
        },
        new Path("direct buffers into arrays") {
            Object make() { return StorePaths.arrays(); }
            void write(Object x, int k) {
                Object[] a = (Object[]) x;
                swap(k, ByteOrder.LITTLE_ENDIAN, a);
                swap(k + 1, ByteOrder.BIG_ENDIAN, a);
            }
        },
        // Longer ranges are shared with other threads, whose stores are not of this transaction.
        new Path("parallelPrefix") {
            Object make() { return new Object[] {new int[16], new long[16], new double[16]}; }
            void write(Object x, int k) {
                Object[] a = (Object[]) x;
                ((int[]) a[0])[k % 7] += k;
                Arrays.parallelPrefix((int[]) a[0], 0, 10, Integer::sum);
                Arrays.setAll((long[]) a[1], i -> i + k);
                Arrays.parallelPrefix((long[]) a[1], Long::sum);
                Arrays.setAll((double[]) a[2], i -> i + k);
                Arrays.parallelPrefix((double[]) a[2], Double::sum);
            }
        },
        new Path("strings made in allocate") {
            Object make() { return new Object[20]; }
            void write(Object x, int k) throws Throwable {
                Object[] d = (Object[]) x;
                byte[] latin = StorePaths.pattern(k), utf8 = ("\u20ac \u00e9 " + k).repeat(20).getBytes(StandardCharsets.UTF_8);
                char[] chars = ("chars " + k).repeat(10).toCharArray(), wide = ("\u20ac" + k).repeat(10).toCharArray();
                PersistentHeap.allocate(() -> {
                    String s = "text " + k;
                    d[0] = s; d[1] = new String(latin, StandardCharsets.ISO_8859_1); d[2] = new String(utf8, StandardCharsets.UTF_8);
                    d[3] = new String(chars); d[4] = new String(wide, 1, 12); d[5] = s.repeat(9); d[6] = s.toUpperCase();
                    d[7] = s.replace('t', '\u20ac'); d[8] = ((String) d[7]).replace('\u20ac', 'u'); d[9] = s.concat((String) d[7]);
                    d[10] = s.substring(2); d[11] = ((String) d[7]).substring(1, 3); d[12] = String.join("-", s, s);
                    d[13] = new String(new int[] {k + 65, 0x1f600}, 0, 2); d[14] = Long.toString(k, 7); d[15] = Integer.toHexString(k);
                    d[16] = new StringBuilder().append("\u20ac").append(k).deleteCharAt(0).toString(); d[17] = s.toCharArray();
                    d[18] = ((String) d[7]).getBytes(StandardCharsets.UTF_16); d[19] = s.getBytes(StandardCharsets.UTF_8);
                    return null;
                });
            }
        },
        new Path("StringBuffer") {
            Object make() { return new StringBuffer(600); }
            void write(Object x, int k) throws Throwable {
                StringBuffer b = (StringBuffer) x;
                PersistentHeap.allocate(() -> {
                    if (b.length() > 300) b.setLength(0);
                    b.append(k).append("text").append(1.5).insert(1, '\u20ac').replace(0, 1, "xy").setCharAt(0, (char) ('a' + k % 26));
                    b.appendCodePoint(0x1f600).append(b, 0, 5);
                    return null;
                });
            }
        },
        new Path("clones and copies of all kinds in allocate") {
            Object make() { return new Object[24]; }
            void write(Object x, int k) throws Throwable {
                Object[] d = (Object[]) x, from = StorePaths.arrays();
                ((boolean[]) from[0])[1] = (k & 1) != 0; ((byte[]) from[1])[1] = (byte) k; ((short[]) from[2])[1] = (short) k;
                ((char[]) from[3])[1] = (char) k; ((int[]) from[4])[1] = k; ((long[]) from[5])[1] = k; ((float[]) from[6])[1] = k;
                ((double[]) from[7])[1] = k;
                PersistentHeap.allocate(() -> {
                    d[0] = ((boolean[]) from[0]).clone(); d[1] = ((byte[]) from[1]).clone(); d[2] = ((short[]) from[2]).clone();
                    d[3] = ((char[]) from[3]).clone(); d[4] = ((int[]) from[4]).clone(); d[5] = ((long[]) from[5]).clone();
                    d[6] = ((float[]) from[6]).clone(); d[7] = ((double[]) from[7]).clone();
                    d[8] = Arrays.copyOf((boolean[]) from[0], 25); d[9] = Arrays.copyOfRange((byte[]) from[1], 1, 9);
                    d[10] = Arrays.copyOf((short[]) from[2], 9); d[11] = Arrays.copyOfRange((char[]) from[3], 1, 40);
                    d[12] = Arrays.copyOf((long[]) from[5], 9); d[13] = Arrays.copyOfRange((float[]) from[6], 1, 9);
                    d[14] = Arrays.copyOf((double[]) from[7], 33); d[15] = Arrays.copyOf(new Object[] {d[1], d[1]}, 3, byte[][].class);
                    int[] i = (int[]) d[4]; i[5] = k; d[16] = i.clone(); i[6] = k + 1;      // of a persistent one
                    return null;
                });
            }
        },
        new Path("constructors: records, enums, boxes") {
            Object make() { return new Object[8]; }
            void write(Object x, int k) throws Throwable {
                Object[] d = (Object[]) x;
                PersistentHeap.allocate(() -> {
                    d[0] = (k & 1) == 0 ? Color.RED : Color.GREEN;
                    d[1] = Integer.valueOf(k + 1000); d[2] = Long.valueOf(k + 1000L); d[3] = Double.valueOf(k);
                    d[4] = new StorePaths.Point(k, "n"); d[5] = new int[] {((Color) d[0]).more(), k}; d[6] = List.of(k, "x" + k);
                    return null;
                });
            }
            @Override String state(Object o) {
                Object[] d = ((Object[]) o).clone();
                d[0] = d[0] == null ? null : ((Color) d[0]).name() + (d[0] == Color.RED || d[0] == Color.GREEN);
                d[6] = String.valueOf(d[6]);
                return StorePaths.state(d);
            }
        },
        new Digest("MD5"), new Digest("SHA"), new Digest("SHA2$SHA256"), new Digest("SHA5$SHA512"), new Digest("SHA3$SHA256"),
        new Path("random, gzip") {
            Object make() { return new Object[] {new Random(5), new byte[300], new byte[300]}; }
            void write(Object x, int k) throws Throwable {
                Object[] a = (Object[]) x;
                ((Random) a[0]).nextBytes((byte[]) a[1]);
                ((Random) a[0]).nextLong();
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
                    zip.write((byte[]) a[1], 0, 100);
                    zip.write(k);
                }
                try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(out.toByteArray()))) {
                    in.readNBytes((byte[]) a[2], 11, 101);
                }
            }
            @Override String state(Object o) {
                Object[] a = (Object[]) o;
                // the next number is a function of the seed
                return StorePaths.state(a[1]) + StorePaths.state(a[2]);
            }
        },
        new Path("collections") {
            Object make() {
                return new Object[] {new ConcurrentHashMap<Integer, Object>(), new ArrayDeque<Object>(), new BitSet(100), new ArrayList<Object>(),
                                     new TreeMap<Integer, Object>()};
            }
            @SuppressWarnings("unchecked")
            void write(Object x, int k) throws Throwable {
                Object[] a = (Object[]) x;
                PersistentHeap.allocate(() -> {
                    ConcurrentHashMap<Integer, Object> m = (ConcurrentHashMap<Integer, Object>) a[0];
                    ArrayDeque<Object> q = (ArrayDeque<Object>) a[1];
                    for (int i = 0; i < 10; i++) m.put((k * 17 + i * 5) % 100, "v" + k);
                    m.remove(k % 100);
                    m.merge(3, "w", (p, r) -> "merged " + k);
                    q.addFirst(k);
                    if (q.size() > 10) q.removeLast();
                    ((BitSet) a[2]).flip(k % 90, k % 90 + 9);
                    List<Object> l = (List<Object>) a[3];
                    l.add(0, k);
                    if (l.size() > 20) l.subList(5, 15).clear();
                    ((TreeMap<Integer, Object>) a[4]).put(k % 30, k);
                    return null;
                });
            }
        },
        new Path("vector loops: converting, backwards, conditional") {
            Object make() { return arrays300(); }
            void write(Object x, int k) {
                Object[] a = (Object[]) x;
                byte[] b = (byte[]) a[0]; short[] s = (short[]) a[1]; int[] n = (int[]) a[2]; long[] l = (long[]) a[3];
                float[] f = (float[]) a[4]; double[] d = (double[]) a[5]; boolean[] z = (boolean[]) a[6]; char[] c = (char[]) a[7];
                for (int i = 0; i < 300; i++) n[i] = i * k;
                for (int i = 0; i < 300; i++) s[i] = (short) n[i];
                for (int i = 0; i < 300; i++) b[i] = (byte) s[i];
                for (int i = 299; i >= 0; i--) l[i] = n[i];
                for (int i = 0; i < 300; i++) f[i] = n[i];
                for (int i = 0; i < 300; i++) d[i] = f[i];
                for (int i = 0; i < 300; i++) z[i] = (n[i] & 4) == 0;
                for (int i = 0; i < 300; i++) if (n[i] > k * 50) c[i] = (char) i;
                for (int i = 0; i < 299; i++) n[i] = n[i + 1] + 1;
                for (int i = 0; i < 300; i += 2) { l[i] = k; l[i + 1] = k + 1; }
                for (int i = 0; i < 100; i++) { b[i] ^= 3; s[i] += b[i]; d[i] *= 2; }
            }
        },
        new Path("fill loops") {
            Object make() { return arrays300(); }
            void write(Object x, int k) {
                Object[] a = (Object[]) x;
                byte[] b = (byte[]) a[0]; short[] s = (short[]) a[1]; int[] n = (int[]) a[2]; long[] l = (long[]) a[3];
                float[] f = (float[]) a[4]; double[] d = (double[]) a[5]; boolean[] z = (boolean[]) a[6]; char[] c = (char[]) a[7];
                int to = 200 + k % 90;
                for (int i = k % 10; i < to; i++) b[i] = (byte) k;
                for (int i = k % 10; i < to; i++) s[i] = (short) k;
                for (int i = k % 10; i < to; i++) n[i] = k;
                for (int i = k % 10; i < to; i++) l[i] = k;
                for (int i = k % 10; i < to; i++) f[i] = k;
                for (int i = k % 10; i < to; i++) d[i] = k;
                for (int i = k % 10; i < to; i++) z[i] = (k & 1) != 0;
                for (int i = k % 10; i < to; i++) c[i] = (char) k;
            }
        },
        new Path("merged stores of shorts, chars, ints") {
            Object make() { return new Object[] {new short[20], new char[20], new int[20]}; }
            void write(Object x, int k) {
                Object[] a = (Object[]) x;
                short[] s = (short[]) a[0]; char[] c = (char[]) a[1]; int[] n = (int[]) a[2];
                long v = k * 0x0101_0307_1113_1719L;
                s[1] = (short) v; s[2] = (short) (v >> 16); s[3] = (short) (v >> 32); s[4] = (short) (v >> 48); s[8] = 1; s[9] = 2; s[10] = 3; s[11] = 4;
                c[1] = (char) v; c[2] = (char) (v >> 16); c[3] = (char) (v >> 32); c[4] = (char) (v >> 48); c[8] = 't'; c[9] = 'e';
                n[1] = (int) v; n[2] = (int) (v >> 32); n[4] = 1; n[5] = 2; n[6] = k; n[7] = k;
            }
        },
        new Path("savepoints over parts of one line") {
            Object make() { return new byte[256]; }
            void write(Object x, int k) {
                byte[] b = (byte[]) x;
                long at = Unsafe.ARRAY_BYTE_BASE_OFFSET;
                b[62 - 16] = (byte) k;
                try (Txn t = Txn.begin()) {
                    if (PersistentHeap.contains(b)) {
                        b[63 - 16] = (byte) k; b[62 - 16] = (byte) (k + 9);
                        U.setMemory(b, at + 48 - 16, 32, (byte) 0x5a);
                        U.putInt(b, at + 46, k + 7); U.putLong(b, at + 43, -1L);
                        try (Txn u = Txn.begin()) {
                            U.putLong(b, at + 44, 5L);
                            System.arraycopy(b, 0, b, 30, 60);
                            u.rollback();
                        }
                        b[48] = 99;
                    }
                    t.rollback();
                }
                b[63 - 16] = (byte) (k + 1);
                try (Txn t = Txn.begin()) {
                    U.putInt(b, at + 45, U.getInt(b, at + 45) + 0x01020304);
                    U.setMemory(b, at + 96, 32, (byte) k);
                    t.commit();
                }
                U.putInt(b, at + 94, k);
            }
        },
        new Path("allocate, scalar-replaced, materialised") {
            Object make() { return new Object[4]; }
            void write(Object x, int k) throws Throwable {
                Object[] d = (Object[]) x;
                PersistentHeap.allocate(() -> {
                    StorePaths.Point3 p = new StorePaths.Point3(), q = new StorePaths.Point3();
                    int[] t = new int[3];
                    p.x = k; q.y = p.x + 1; t[2] = q.y;
                    if (k < StorePaths.WARM) { d[0] = p; d[1] = t; }
                    p.y = q.y; t[1] = p.y;
                    if (k % 7 == 0) d[2] = q;
                    d[3] = new int[] {p.x + q.y + t[2]};
                    return null;
                });
            }
        },
        new Path("OSR in the middle of a transaction") {
            Object make() { return new Object[] {new int[50], new long[40], new Object[30]}; }
            void write(Object x, int k) throws Throwable {
                Object[] a = (Object[]) x;
                if (!PersistentHeap.contains(x)) {
                    FreshCode.loop((int[]) a[0], (long[]) a[1], (Object[]) a[2], () -> false, k);
                    return;
                }
                Method m = method(new FreshLoader().fresh("FreshCode"), "loop");
                BooleanSupplier compiled = () -> Writer.WB.isMethodCompiled(m, true);
                int found = (int) m.invoke(null, a[0], a[1], a[2], compiled, k);
                if (Writer.level > 0 && !Writer.first && found == 0) throw new AssertionError("no OSR compilation");
            }
        },
        new Path("deoptimisation by class loading, in the middle") {
            Object make() { return new int[10]; }
            void write(Object x, int k) throws Throwable {
                if (!PersistentHeap.contains(x)) {
                    FreshCode.loadsClass((int[]) x, new FreshBase[] {new FreshBase()}, () -> { }, k);
                    return;
                }
                FreshLoader loader = new FreshLoader();
                Class<?> base = loader.fresh("FreshBase");
                Object[] holder = (Object[]) java.lang.reflect.Array.newInstance(base, 1);
                holder[0] = base.getConstructor().newInstance();
                Method m = method(loader.fresh("FreshCode"), "loadsClass");
                Runnable[] nothing = {() -> { }, new Runnable() { public void run() { } }, new Runnable() { public void run() { } }};
                for (int i = 0; i < 40; i++) m.invoke(null, new int[10], holder, nothing[i % 3], i);
                Writer.compile(m);
                m.invoke(null, x, holder, (Runnable) () -> {
                    try {
                        holder[0] = loader.fresh("FreshSub").getConstructor().newInstance();
                    } catch (ReflectiveOperationException e) {
                        throw new AssertionError(e);
                    }
                }, k);
                if (Writer.level > 0 && Writer.WB.isMethodCompiled(m)) throw new AssertionError("no deoptimisation");
            }
        },
        new Path("deoptimisation by traps, in the middle") {
            Object make() { return new int[10]; }
            void write(Object x, int k) throws Throwable {
                if (!PersistentHeap.contains(x)) {
                    FreshCode.traps((int[]) x, k % 5 == 0 ? null : new int[] {5}, k % 5 == 1 ? (Object) k : "s", k % 5 == 2 ? 11 : 3,
                        k % 5 == 3 ? 0 : 3, k % 5 == 4, k);
                    return;
                }
                Method m = method(new FreshLoader().fresh("FreshCode"), "traps");
                for (int i = 0; i < 600; i++) m.invoke(null, new int[10], new int[] {5}, "s", 3, 3, false, i);
                Writer.compile(m);
                int traps = Writer.WB.getDeoptCount();
                m.invoke(null, x, k % 5 == 0 ? null : new int[] {5}, k % 5 == 1 ? (Object) k : "s", k % 5 == 2 ? 11 : 3,
                    k % 5 == 3 ? 0 : 3, k % 5 == 4, k);
                if (Writer.level == 4 && !Writer.first && Writer.WB.getDeoptCount() == traps) throw new AssertionError("no trap for " + k);
            }
        },
        new Path("scalar-replaced, materialised by a trap") {
            Object make() { return new Object[] {null, null, new int[5]}; }
            void write(Object x, int k) throws Throwable {
                Object[] a = (Object[]) x;
                if (!PersistentHeap.contains(x)) {
                    FreshCode.scalars(a, (int[]) a[2], k % 2 == 0, k);
                    return;
                }
                Method m = method(new FreshLoader().fresh("FreshCode"), "scalars");
                for (int i = 0; i < 40; i++) m.invoke(null, new Object[3], new int[5], false, i);
                Writer.compile(m);
                m.invoke(null, a, a[2], k % 2 == 0, k);
            }
        },
    };
    static final class Max implements java.util.function.LongBinaryOperator {
        public long applyAsLong(long a, long b) { return Math.max(a, b); }
    }

    static String state(StorePaths.Path path, Object o) { return path instanceof Path p ? p.state(o) : StorePaths.state(o); }

    static List<StorePaths.Path> paths(boolean first) {
        List<StorePaths.Path> list = new ArrayList<>(List.of(PATHS));
        if (first) list.addAll(List.of(StorePaths.PATHS));
        return list;
    }

    // ---- One tier ----
    static class Writer {
        static final WhiteBox WB = WhiteBox.getWhiteBox();
        static int level;
        static boolean first;

        static void compile(Method m) throws Exception {
            if (level == 0) {
                if (WB.isMethodCompiled(m)) throw new AssertionError("compiled");
                return;
            }
            for (int n = 0; n < 6000 && WB.getMethodCompilationLevel(m) != level; n++) {
                if (!WB.isMethodQueuedForCompilation(m)) WB.enqueueMethodForCompilation(m, level);
                if (WB.getMethodCompilationLevel(m) != level) Thread.sleep(5);
            }
            if (WB.getMethodCompilationLevel(m) != level) throw new AssertionError("compiled at level " + WB.getMethodCompilationLevel(m));
        }
        static void compile(StorePaths.Path path) throws Exception {
            Class<?> c = path.getClass();
            compile((c == Digest.class ? Digest.class : c).getDeclaredMethod("write", Object.class, int.class));
        }

        static void same(String what, String found, String wanted) {
            if (!found.equals(wanted)) throw new AssertionError(what + ": " + found + " instead of " + wanted);
        }

        static void rollback(StorePaths.Path path, Object o, int k) throws Throwable {
            String before = state(path, o);
            boolean stored = false;
            for (int i = k; i < k + 5; i++) {
                try (Txn txn = Txn.begin()) {
                    path.write(o, i);
                    stored |= !state(path, o).equals(before);
                    txn.rollback();
                }
                same("after rollback of " + i, state(path, o), before);
            }
            if (!stored) throw new AssertionError("nothing stored");
        }
        static void commit(StorePaths.Path path, Object o, Object twin, int k) throws Throwable {
            path.write(twin, k);
            try (Txn txn = Txn.begin()) {
                path.write(o, k);
                txn.commit();
            }
            same("after commit of " + k, state(path, o), state(path, twin));
        }

        static void run(StorePaths.Path path, Map<String, String> expected) throws Throwable {
            Object warm = path.make();
            for (int i = 0; i < (level == 0 || first ? 2 : 150); i++) path.write(warm, 100 + i % 50);
            compile(path);
            try (Txn txn = Txn.begin()) {
                PersistentHeap.setRoot(path.name, PersistentHeap.allocate(path::make));
                txn.commit();
            }
            Object o = PersistentHeap.root(path.name, Object.class), twin = path.make();
            if (!PersistentHeap.contains(o)) throw new AssertionError("made a volatile object");
            rollback(path, o, 3);
            commit(path, o, twin, 5);
            path.write(twin, 7);
            path.write(o, 7);
            same("after a store outside a transaction", state(path, o), state(path, twin));
            // And with code that has met persistent objects.
            for (int k = 100; k < 106; k++) commit(path, o, twin, k);
            compile(path);
            rollback(path, o, 8);
            commit(path, o, twin, 12);
            path.write(twin, 14);
            path.write(o, 14);
            Txn.run(() -> PersistentHeap.allocate(() -> expected.put(path.name, state(path, twin))));
        }

        public static void main(String[] args) throws Throwable {
            level = Integer.parseInt(args[0]);
            first = Boolean.parseBoolean(args[1]);
            try (Txn txn = Txn.begin()) {
                PersistentHeap.setRoot("expected", PersistentHeap.allocate(() -> new HashMap<String, String>()));
                txn.commit();
            }
            @SuppressWarnings("unchecked")
            Map<String, String> expected = PersistentHeap.root("expected", Map.class);
            for (StorePaths.Path path : paths(first)) {
                if (!path.name.contains(args[2])) continue;
                long start = System.nanoTime();
                try {
                    run(path, expected);
                    System.out.println("RESULT " + path.name + " = ok");
                } catch (Throwable e) {
                    System.out.println("RESULT " + path.name + " = " + String.valueOf(e).replace('\n', ' '));
                    e.printStackTrace(System.out);
                }
                System.out.println("TIME " + (System.nanoTime() - start) / 1_000_000 + " ms " + path.name);
            }
            PersistentHeap.force();
            System.out.println("READY");
            Thread.sleep(3_600_000);        // until killed
        }
    }

    static class Reader {
        public static void main(String[] args) {
            Map<?, ?> expected = PersistentHeap.root("expected", Map.class);
            for (StorePaths.Path path : paths(true)) {
                String wanted = (String) expected.get(path.name);
                if (wanted == null) continue;
                String found;
                try {
                    found = state(path, PersistentHeap.root(path.name, Object.class));
                } catch (Throwable e) {
                    found = e.toString();
                }
                System.out.println("RESULT " + path.name + " = " + (found.equals(wanted) ? "ok" : "reopened " + found + " instead of " + wanted));
            }
        }
    }

    // ---- All tiers ----
    static ProcessBuilder builder(String heap, String main, List<String> flags, String... args) {
        List<String> command = new ArrayList<>(List.of("-Xmx256m", "-XX:PersistentHeap=" + heap, "-XX:PersistentHeapSize=256m",
            "-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapAudit", "-XX:PersistentHeapAuditInterval=400",
            "-Xbootclasspath/a:.", "-XX:+WhiteBoxAPI", "-XX:-CreateCoredumpOnCrash",
            "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED", "--add-opens=java.base/sun.security.provider=ALL-UNNAMED"));
        command.addAll(flags);
        String more = System.getProperty("flags", "");          // for all tiers
        if (!more.isEmpty()) command.addAll(List.of(more.split(" ")));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
        command.addAll(List.of(args));
        return ProcessTools.createLimitedTestJavaProcessBuilder(command);
    }

    static Map<String, String> column(Tier tier, String only) throws Exception {
        long start = System.nanoTime();
        StringBuilder say = new StringBuilder();
        String heap = "heap-more-" + tier.name;
        File log = new File("writer-more-" + tier.name + ".txt");
        Process writer = builder(heap, "StorePathsTest$Writer", List.of(tier.flags), "" + tier.level, "" + tier.first, only)
            .redirectErrorStream(true).redirectOutput(log).start();
        String output;
        while (true) {
            boolean alive = writer.isAlive();
            output = Files.readString(log.toPath(), StandardCharsets.ISO_8859_1);
            if (output.contains("READY") || !alive) break;
            writer.waitFor(200, TimeUnit.MILLISECONDS);
        }
        if (!output.contains("READY")) say.append(output);
        writer.destroyForcibly().waitFor();
        Map<String, String> written = StorePaths.results(output);
        OutputAnalyzer reader = new OutputAnalyzer(builder(heap, "StorePathsTest$Reader", List.of("-XX:TieredStopAtLevel=1")).start());
        Map<String, String> read = StorePaths.results(reader.getOutput());
        Map<String, String> column = new LinkedHashMap<>();
        if (reader.getExitValue() != 0) {
            say.append(reader.getOutput());
            column.put("the second VM", "BAD");
        }
        for (StorePaths.Path path : paths(tier.first)) {
            if (!path.name.contains(only)) continue;
            String cell = written.getOrDefault(path.name, "not run");
            if (cell.equals("ok")) cell = read.getOrDefault(path.name, "not read");
            if (!cell.equals("ok")) {
                say.append(tier.name + ": " + path.name + ": " + cell + "\n");
                output.lines().dropWhile(l -> !l.startsWith("RESULT " + path.name + " = ")).skip(1).limit(8)
                    .takeWhile(l -> !l.startsWith("RESULT")).forEach(l -> say.append(l).append('\n'));
            }
            column.put(path.name, cell.equals("ok") ? "ok" : "BAD");
        }
        say.append(tier.name + ": " + (System.nanoTime() - start) / 1_000_000_000 + " s");
        System.out.println(say);
        return column;
    }

    // Properties: paths: only those with the text in their name; tier: only that one; jobs: how many at a time; flags: for the VMs.
    public static void main(String[] args) throws Exception {
        String only = System.getProperty("paths", ""), onlyTier = System.getProperty("tier", "");
        ExecutorService pool = Executors.newFixedThreadPool(Integer.getInteger("jobs", 2));
        Map<Tier, Future<Map<String, String>>> columns = new LinkedHashMap<>();
        for (Tier tier : TIERS) {
            if (onlyTier.isEmpty() || tier.name.equals(onlyTier)) columns.put(tier, pool.submit(() -> column(tier, only)));
        }
        pool.shutdown();
        Map<String, Map<Tier, String>> table = new LinkedHashMap<>();
        for (Tier tier : columns.keySet()) {
            columns.get(tier).get().forEach((path, cell) -> table.computeIfAbsent(path, p -> new HashMap<>()).put(tier, cell));
        }
        int bad = 0;
        System.out.printf("%-52s", "");
        for (Tier tier : columns.keySet()) System.out.printf("%-12s", tier.name);
        System.out.println();
        var own = Arrays.stream(PATHS).map(p -> p.name).toList();
        for (String path : table.keySet()) {
            System.out.printf("%-52s", path);
            for (Tier tier : columns.keySet()) {
                boolean elsewhere = !own.contains(path) && !tier.first && !path.startsWith("the ");
                String cell = table.get(path).getOrDefault(tier, elsewhere ? "StorePaths" : path.startsWith("the ") ? "ok" : "BAD");
                if (cell.equals("BAD")) bad++;
                System.out.printf("%-12s", cell);
            }
            System.out.println();
        }
        if (table.isEmpty() || columns.isEmpty()) throw new AssertionError("nothing ran");
        if (bad != 0) throw new AssertionError(bad + " cells are bad");
    }
}
