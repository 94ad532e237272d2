/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Every way to store into a persistent object, in every tier: undone by a rollback, there after a kill if
 *          committed. Prints the table of paths and tiers.
 * @requires vm.debug & os.arch == "amd64"
 * @library /test/lib
 * @modules java.base/jdk.internal.misc
 * @build jdk.test.whitebox.WhiteBox
 * @run driver jdk.test.lib.helpers.ClassFileInstaller jdk.test.whitebox.WhiteBox
 * @run main/othervm/timeout=1200 StorePaths
 */

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.RandomAccessFile;
import java.io.Serializable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.DoubleBuffer;
import java.nio.IntBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.*;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

import jdk.internal.misc.Unsafe;
import jdk.test.lib.process.OutputAnalyzer;
import jdk.test.lib.process.ProcessTools;
import jdk.test.whitebox.WhiteBox;

public class StorePaths {
    // ---- The tiers: JVM flags, and the level of compilation they have to reach ----
    record Tier(String name, int level, String paths, String... flags) {
        boolean covers(Path path) { return path.name.matches(paths); }
    }

    // Paths whose code differs with the vector instructions.
    static final String VECTORS = "(System.arraycopy|Arrays|clone|vector|Cipher|MessageDigest|Base64|String|charset|merged|Unsafe (copy|set)"
        + "|heap segments|ByteBuffer|BigInteger|putfield).*";

    static final Tier[] TIERS = {
        new Tier("interpreter", 0, ".*", "-Xint"),
        new Tier("C1", 1, ".*", "-XX:TieredStopAtLevel=1"),
        new Tier("C2", 4, ".*", "-XX:-TieredCompilation"),
        new Tier("C2-AVX0", 4, VECTORS, "-XX:-TieredCompilation", "-XX:UseAVX=0"),
        new Tier("C2-AVX2", 4, VECTORS, "-XX:-TieredCompilation", "-XX:UseAVX=2"),
        new Tier("C1-profiled", 3, ".*", "-XX:TieredStopAtLevel=3"),
    };

    // ---- What paths store to ----
    static class Data implements Cloneable {
        boolean fBoolean; byte fByte; short fShort; char fChar; int fInt; long fLong; float fFloat; double fDouble;
        Object ref;
        volatile boolean vBoolean; volatile byte vByte; volatile short vShort; volatile char vChar; volatile int vInt;
        volatile long vLong; volatile float vFloat; volatile double vDouble;
        volatile Object vref;
        byte[] bytes = new byte[10];
        int[] ints = new int[10];
        long[] longs = new long[10];
        Object[] objects = new Object[10];
        Object copy() {
            try {
                return clone();
            } catch (CloneNotSupportedException e) {
                throw new AssertionError(e);
            }
        }
    }
    record Point(int x, String name) {}
    static final class Point3 { int x, y; }
    static class Serial implements Serializable {
        int number;
        long[] more = {1, 2, 3};
        String text = "serial";
        Serial(int number) { this.number = number; }
    }
    static Object[] arrays() {
        return new Object[] {new boolean[20], new byte[20], new short[20], new char[20], new int[20], new long[20],
                             new float[20], new double[20], new Object[20]};
    }

    static final Unsafe U = Unsafe.getUnsafe();
    static final long OFF_HEAP = U.allocateMemory(256);
    static { U.setMemory(OFF_HEAP, 256, (byte) 9); }

    static final VarHandle SHORT_VIEW   = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle CHAR_VIEW    = MethodHandles.byteArrayViewVarHandle(char[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle INT_VIEW     = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle LONG_VIEW    = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle LONG_BE_VIEW = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    static final VarHandle FLOAT_VIEW   = MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle DOUBLE_VIEW  = MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.LITTLE_ENDIAN);
    static final AtomicIntegerFieldUpdater<Data> INT_UPDATER = AtomicIntegerFieldUpdater.newUpdater(Data.class, "vInt");
    static final AtomicLongFieldUpdater<Data> LONG_UPDATER = AtomicLongFieldUpdater.newUpdater(Data.class, "vLong");
    static final AtomicReferenceFieldUpdater<Data, Object> REF_UPDATER =
        AtomicReferenceFieldUpdater.newUpdater(Data.class, Object.class, "vref");
    static final MethodHandle ELEMENT_SETTER = MethodHandles.arrayElementSetter(int[].class);
    static final VarHandle BOOLEAN_FIELD = field("fBoolean", boolean.class), BOOLEAN_ARRAY = MethodHandles.arrayElementVarHandle(boolean[].class);
    static final MethodHandle BOOLEAN_SETTER = setter("fBoolean", boolean.class);
    static final Field BOOLEAN_REFLECT = reflect("fBoolean");
    static final long BOOLEAN_OFFSET = offset("fBoolean"), VBOOLEAN_OFFSET = offset("vBoolean");
    static final VarHandle BYTE_FIELD = field("fByte", byte.class), BYTE_ARRAY = MethodHandles.arrayElementVarHandle(byte[].class);
    static final MethodHandle BYTE_SETTER = setter("fByte", byte.class);
    static final Field BYTE_REFLECT = reflect("fByte");
    static final long BYTE_OFFSET = offset("fByte"), VBYTE_OFFSET = offset("vByte");
    static final VarHandle SHORT_FIELD = field("fShort", short.class), SHORT_ARRAY = MethodHandles.arrayElementVarHandle(short[].class);
    static final MethodHandle SHORT_SETTER = setter("fShort", short.class);
    static final Field SHORT_REFLECT = reflect("fShort");
    static final long SHORT_OFFSET = offset("fShort"), VSHORT_OFFSET = offset("vShort");
    static final VarHandle CHAR_FIELD = field("fChar", char.class), CHAR_ARRAY = MethodHandles.arrayElementVarHandle(char[].class);
    static final MethodHandle CHAR_SETTER = setter("fChar", char.class);
    static final Field CHAR_REFLECT = reflect("fChar");
    static final long CHAR_OFFSET = offset("fChar"), VCHAR_OFFSET = offset("vChar");
    static final VarHandle INT_FIELD = field("fInt", int.class), INT_ARRAY = MethodHandles.arrayElementVarHandle(int[].class);
    static final MethodHandle INT_SETTER = setter("fInt", int.class);
    static final Field INT_REFLECT = reflect("fInt");
    static final long INT_OFFSET = offset("fInt"), VINT_OFFSET = offset("vInt");
    static final VarHandle LONG_FIELD = field("fLong", long.class), LONG_ARRAY = MethodHandles.arrayElementVarHandle(long[].class);
    static final MethodHandle LONG_SETTER = setter("fLong", long.class);
    static final Field LONG_REFLECT = reflect("fLong");
    static final long LONG_OFFSET = offset("fLong"), VLONG_OFFSET = offset("vLong");
    static final VarHandle FLOAT_FIELD = field("fFloat", float.class), FLOAT_ARRAY = MethodHandles.arrayElementVarHandle(float[].class);
    static final MethodHandle FLOAT_SETTER = setter("fFloat", float.class);
    static final Field FLOAT_REFLECT = reflect("fFloat");
    static final long FLOAT_OFFSET = offset("fFloat"), VFLOAT_OFFSET = offset("vFloat");
    static final VarHandle DOUBLE_FIELD = field("fDouble", double.class), DOUBLE_ARRAY = MethodHandles.arrayElementVarHandle(double[].class);
    static final MethodHandle DOUBLE_SETTER = setter("fDouble", double.class);
    static final Field DOUBLE_REFLECT = reflect("fDouble");
    static final long DOUBLE_OFFSET = offset("fDouble"), VDOUBLE_OFFSET = offset("vDouble");
    static final VarHandle REF_FIELD = field("ref", Object.class), REF_ARRAY = MethodHandles.arrayElementVarHandle(Object[].class);
    static final MethodHandle REF_SETTER = setter("ref", Object.class);
    static final Field REF_REFLECT = reflect("ref");
    static final long REF_OFFSET = offset("ref"), VREF_OFFSET = offset("vref");

    static VarHandle field(String name, Class<?> type) {
        try {
            return MethodHandles.lookup().findVarHandle(Data.class, name, type);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
    static MethodHandle setter(String name, Class<?> type) {
        try {
            return MethodHandles.lookup().findSetter(Data.class, name, type);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
    static Field reflect(String name) {
        try {
            return Data.class.getDeclaredField(name);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
    static long offset(String name) { return U.objectFieldOffset(Data.class, name); }

    static void put(Object base, long at, int k) { U.putLong(base, at, k); }

    static byte[] pattern(int k) {
        byte[] b = new byte[100];
        for (int i = 0; i < b.length; i++) b[i] = (byte) (k * 31 + i * (1 + k % 3));
        return b;
    }
    static File file(int k) throws Exception {
        File f = new File("data-" + k % 3);
        if (!f.exists()) Files.write(f.toPath(), pattern(k % 3));
        return f;
    }
    static final byte[] SERIAL;
    static {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
                out.writeObject(new Serial(5));
            }
            SERIAL = bytes.toByteArray();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
    static void cipher(String name, byte[] text, byte[] encrypted, byte[] decrypted) throws Exception {
        SecretKeySpec key = new SecretKeySpec(new byte[name.startsWith("AES") ? 16 : 32], name.startsWith("AES") ? "AES" : "ChaCha20");
        Cipher e = Cipher.getInstance(name), d = Cipher.getInstance(name);
        if (name.contains("ECB")) {
            e.init(Cipher.ENCRYPT_MODE, key);
            d.init(Cipher.DECRYPT_MODE, key);
        } else {
            var iv = name.contains("GCM") ? new GCMParameterSpec(128, new byte[12])
                                          : new IvParameterSpec(new byte[name.startsWith("AES") ? 16 : 12]);
            e.init(Cipher.ENCRYPT_MODE, key, iv);
            d.init(Cipher.DECRYPT_MODE, key, iv);
        }
        int n = e.doFinal(text, 0, text.length, encrypted, 3);
        d.doFinal(encrypted, 3, n, decrypted, 5);
    }
    static void deep(Data o, int k, int depth) {
        o.ints[depth % 10] = k + depth;
        if (depth > 0) deep(o, k, depth - 1);
        o.fInt++;
    }
    static byte[] randomByte() {
        Random r = new Random(1);
        byte[] a = new byte[1500];
        for (int i = 0; i < a.length; i++) a[i] = (byte) r.nextInt();
        return a;
    }
    static short[] randomShort() {
        Random r = new Random(1);
        short[] a = new short[1500];
        for (int i = 0; i < a.length; i++) a[i] = (short) r.nextInt();
        return a;
    }
    static char[] randomChar() {
        Random r = new Random(1);
        char[] a = new char[1500];
        for (int i = 0; i < a.length; i++) a[i] = (char) r.nextInt();
        return a;
    }
    static int[] randomInt() {
        Random r = new Random(1);
        int[] a = new int[1500];
        for (int i = 0; i < a.length; i++) a[i] = (int) r.nextInt();
        return a;
    }
    static long[] randomLong() {
        Random r = new Random(1);
        long[] a = new long[1500];
        for (int i = 0; i < a.length; i++) a[i] = (long) r.nextInt();
        return a;
    }
    static float[] randomFloat() {
        Random r = new Random(1);
        float[] a = new float[1500];
        for (int i = 0; i < a.length; i++) a[i] = (float) r.nextInt();
        return a;
    }
    static double[] randomDouble() {
        Random r = new Random(1);
        double[] a = new double[1500];
        for (int i = 0; i < a.length; i++) a[i] = (double) r.nextInt();
        return a;
    }
    // Loaded in the middle of a transaction, when k is RARE: what was compiled before has to go.
    static final int RARE = 5, WARM = 20;
    static class Shape { long area(int k) { return k; } }
    static class Rare extends Shape {
        @Override long area(int k) { return k * 3L; }
        static short store(Data o, int k) { o.longs[3] = k; return (short) (k * 2); }
    }
    static Shape shape = new Shape();
    static long shape(int k) {
        if (k == RARE) shape = new Rare();
        return shape.area(k);
    }
    static int rare(Data o, int k) { return Rare.store(o, k); }

    // ---- The paths ----
    // make() runs in PersistentHeap.allocate, or not: then it makes a volatile twin.
    // The same calls of write() leave both in the same state.
    abstract static class Path {
        final String name;
        Path(String name) { this.name = name; }
        abstract Object make();
        abstract void write(Object x, int k) throws Throwable;
    }

    static final Path[] PATHS = {
        new Path("putfield") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                o.fBoolean = (k & 1) != 0;
                o.fByte = (byte) k;
                o.fShort = (short) (k * 3);
                o.fChar = (char) (k * 5);
                o.fInt = k * 7;
                o.fLong = k * 0x1_0000_0007L;
                o.fFloat = k * 0.5f;
                o.fDouble = k * 0.25;
                o.ref = (k & 1) == 0 ? o : o.bytes;
            }
        },
        new Path("putfield volatile") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                o.vBoolean = (k & 1) != 0;
                o.vByte = (byte) k;
                o.vShort = (short) (k * 3);
                o.vChar = (char) (k * 5);
                o.vInt = k * 7;
                o.vLong = k * 0x1_0000_0007L;
                o.vFloat = k * 0.5f;
                o.vDouble = k * 0.25;
                o.vref = (k & 1) == 0 ? o : o.bytes;
            }
        },
        new Path("compound assignment") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                o.fByte += k; o.fShort -= k; o.fChar++; o.fInt ^= k; o.fLong <<= 1; o.fLong += k; o.fFloat *= 2; o.fFloat += k; o.fDouble += k; o.fBoolean ^= true;
            }
        },
        new Path("array elements") {
            Object make() { return arrays(); }
            void write(Object x, int k) throws Throwable {
                Object[] a = (Object[]) x;
                ((boolean[]) a[0])[k % 20] = (k & 1) != 0;
                ((byte[]) a[1])[k % 20] = (byte) k;
                ((short[]) a[2])[k % 20] = (short) (k * 3);
                ((char[]) a[3])[k % 20] = (char) (k * 5);
                ((int[]) a[4])[k % 20] = k * 7;
                ((long[]) a[5])[k % 20] = k * 0x1_0000_0007L;
                ((float[]) a[6])[k % 20] = k * 0.5f;
                ((double[]) a[7])[k % 20] = k * 0.25;
                ((Object[]) a[8])[k % 20] = a[k % 9];
            }
        },
        new Path("VarHandle set fields") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                BOOLEAN_FIELD.set(o, (k & 1) != 0);
                BYTE_FIELD.set(o, (byte) k);
                SHORT_FIELD.set(o, (short) (k * 3));
                CHAR_FIELD.set(o, (char) (k * 5));
                INT_FIELD.set(o, k * 7);
                LONG_FIELD.set(o, k * 0x1_0000_0007L);
                FLOAT_FIELD.set(o, k * 0.5f);
                DOUBLE_FIELD.set(o, k * 0.25);
                REF_FIELD.set(o, (Object) o.bytes);
            }
        },
        new Path("VarHandle set elements") {
            Object make() { return arrays(); }
            void write(Object x, int k) throws Throwable {
                Object[] a = (Object[]) x;
                BOOLEAN_ARRAY.set((boolean[]) a[0], k % 20, (k & 1) != 0);
                BYTE_ARRAY.set((byte[]) a[1], k % 20, (byte) k);
                SHORT_ARRAY.set((short[]) a[2], k % 20, (short) (k * 3));
                CHAR_ARRAY.set((char[]) a[3], k % 20, (char) (k * 5));
                INT_ARRAY.set((int[]) a[4], k % 20, k * 7);
                LONG_ARRAY.set((long[]) a[5], k % 20, k * 0x1_0000_0007L);
                FLOAT_ARRAY.set((float[]) a[6], k % 20, k * 0.5f);
                DOUBLE_ARRAY.set((double[]) a[7], k % 20, k * 0.25);
                REF_ARRAY.set((Object[]) a[8], k % 20, a[1]);
            }
        },
        new Path("VarHandle setOpaque fields") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                BOOLEAN_FIELD.setOpaque(o, (k & 1) != 0);
                BYTE_FIELD.setOpaque(o, (byte) k);
                SHORT_FIELD.setOpaque(o, (short) (k * 3));
                CHAR_FIELD.setOpaque(o, (char) (k * 5));
                INT_FIELD.setOpaque(o, k * 7);
                LONG_FIELD.setOpaque(o, k * 0x1_0000_0007L);
                FLOAT_FIELD.setOpaque(o, k * 0.5f);
                DOUBLE_FIELD.setOpaque(o, k * 0.25);
                REF_FIELD.setOpaque(o, (Object) o.bytes);
            }
        },
        new Path("VarHandle setOpaque elements") {
            Object make() { return arrays(); }
            void write(Object x, int k) throws Throwable {
                Object[] a = (Object[]) x;
                BOOLEAN_ARRAY.setOpaque((boolean[]) a[0], k % 20, (k & 1) != 0);
                BYTE_ARRAY.setOpaque((byte[]) a[1], k % 20, (byte) k);
                SHORT_ARRAY.setOpaque((short[]) a[2], k % 20, (short) (k * 3));
                CHAR_ARRAY.setOpaque((char[]) a[3], k % 20, (char) (k * 5));
                INT_ARRAY.setOpaque((int[]) a[4], k % 20, k * 7);
                LONG_ARRAY.setOpaque((long[]) a[5], k % 20, k * 0x1_0000_0007L);
                FLOAT_ARRAY.setOpaque((float[]) a[6], k % 20, k * 0.5f);
                DOUBLE_ARRAY.setOpaque((double[]) a[7], k % 20, k * 0.25);
                REF_ARRAY.setOpaque((Object[]) a[8], k % 20, a[1]);
            }
        },
        new Path("VarHandle setRelease fields") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                BOOLEAN_FIELD.setRelease(o, (k & 1) != 0);
                BYTE_FIELD.setRelease(o, (byte) k);
                SHORT_FIELD.setRelease(o, (short) (k * 3));
                CHAR_FIELD.setRelease(o, (char) (k * 5));
                INT_FIELD.setRelease(o, k * 7);
                LONG_FIELD.setRelease(o, k * 0x1_0000_0007L);
                FLOAT_FIELD.setRelease(o, k * 0.5f);
                DOUBLE_FIELD.setRelease(o, k * 0.25);
                REF_FIELD.setRelease(o, (Object) o.bytes);
            }
        },
        new Path("VarHandle setRelease elements") {
            Object make() { return arrays(); }
            void write(Object x, int k) throws Throwable {
                Object[] a = (Object[]) x;
                BOOLEAN_ARRAY.setRelease((boolean[]) a[0], k % 20, (k & 1) != 0);
                BYTE_ARRAY.setRelease((byte[]) a[1], k % 20, (byte) k);
                SHORT_ARRAY.setRelease((short[]) a[2], k % 20, (short) (k * 3));
                CHAR_ARRAY.setRelease((char[]) a[3], k % 20, (char) (k * 5));
                INT_ARRAY.setRelease((int[]) a[4], k % 20, k * 7);
                LONG_ARRAY.setRelease((long[]) a[5], k % 20, k * 0x1_0000_0007L);
                FLOAT_ARRAY.setRelease((float[]) a[6], k % 20, k * 0.5f);
                DOUBLE_ARRAY.setRelease((double[]) a[7], k % 20, k * 0.25);
                REF_ARRAY.setRelease((Object[]) a[8], k % 20, a[1]);
            }
        },
        new Path("VarHandle setVolatile fields") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                BOOLEAN_FIELD.setVolatile(o, (k & 1) != 0);
                BYTE_FIELD.setVolatile(o, (byte) k);
                SHORT_FIELD.setVolatile(o, (short) (k * 3));
                CHAR_FIELD.setVolatile(o, (char) (k * 5));
                INT_FIELD.setVolatile(o, k * 7);
                LONG_FIELD.setVolatile(o, k * 0x1_0000_0007L);
                FLOAT_FIELD.setVolatile(o, k * 0.5f);
                DOUBLE_FIELD.setVolatile(o, k * 0.25);
                REF_FIELD.setVolatile(o, (Object) o.bytes);
            }
        },
        new Path("VarHandle setVolatile elements") {
            Object make() { return arrays(); }
            void write(Object x, int k) throws Throwable {
                Object[] a = (Object[]) x;
                BOOLEAN_ARRAY.setVolatile((boolean[]) a[0], k % 20, (k & 1) != 0);
                BYTE_ARRAY.setVolatile((byte[]) a[1], k % 20, (byte) k);
                SHORT_ARRAY.setVolatile((short[]) a[2], k % 20, (short) (k * 3));
                CHAR_ARRAY.setVolatile((char[]) a[3], k % 20, (char) (k * 5));
                INT_ARRAY.setVolatile((int[]) a[4], k % 20, k * 7);
                LONG_ARRAY.setVolatile((long[]) a[5], k % 20, k * 0x1_0000_0007L);
                FLOAT_ARRAY.setVolatile((float[]) a[6], k % 20, k * 0.5f);
                DOUBLE_ARRAY.setVolatile((double[]) a[7], k % 20, k * 0.25);
                REF_ARRAY.setVolatile((Object[]) a[8], k % 20, a[1]);
            }
        },
        new Path("VarHandle compareAndSet fields") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                BOOLEAN_FIELD.compareAndSet(o, o.fBoolean, (k & 1) != 0);
                BYTE_FIELD.compareAndSet(o, o.fByte, (byte) k);
                SHORT_FIELD.compareAndSet(o, o.fShort, (short) (k * 3));
                CHAR_FIELD.compareAndSet(o, o.fChar, (char) (k * 5));
                INT_FIELD.compareAndSet(o, o.fInt, k * 7);
                LONG_FIELD.compareAndSet(o, o.fLong, k * 0x1_0000_0007L);
                FLOAT_FIELD.compareAndSet(o, o.fFloat, k * 0.5f);
                DOUBLE_FIELD.compareAndSet(o, o.fDouble, k * 0.25);
                REF_FIELD.compareAndSet(o, o.ref, (Object) o.ints);
            }
        },
        new Path("VarHandle compareAndSet elements") {
            Object make() { return arrays(); }
            void write(Object x, int k) throws Throwable {
                Object[] a = (Object[]) x; int i = k % 20;
                BOOLEAN_ARRAY.compareAndSet((boolean[]) a[0], i, ((boolean[]) a[0])[i], (k & 1) != 0);
                BYTE_ARRAY.compareAndSet((byte[]) a[1], i, ((byte[]) a[1])[i], (byte) k);
                SHORT_ARRAY.compareAndSet((short[]) a[2], i, ((short[]) a[2])[i], (short) (k * 3));
                CHAR_ARRAY.compareAndSet((char[]) a[3], i, ((char[]) a[3])[i], (char) (k * 5));
                INT_ARRAY.compareAndSet((int[]) a[4], i, ((int[]) a[4])[i], k * 7);
                LONG_ARRAY.compareAndSet((long[]) a[5], i, ((long[]) a[5])[i], k * 0x1_0000_0007L);
                FLOAT_ARRAY.compareAndSet((float[]) a[6], i, ((float[]) a[6])[i], k * 0.5f);
                DOUBLE_ARRAY.compareAndSet((double[]) a[7], i, ((double[]) a[7])[i], k * 0.25);
                REF_ARRAY.compareAndSet((Object[]) a[8], i, ((Object[]) a[8])[i], a[2]);
            }
        },
        new Path("VarHandle weakCompareAndSet fields") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                while (!BOOLEAN_FIELD.weakCompareAndSet(o, o.fBoolean, (k & 1) != 0));
                while (!BYTE_FIELD.weakCompareAndSet(o, o.fByte, (byte) k));
                while (!SHORT_FIELD.weakCompareAndSet(o, o.fShort, (short) (k * 3)));
                while (!CHAR_FIELD.weakCompareAndSet(o, o.fChar, (char) (k * 5)));
                while (!INT_FIELD.weakCompareAndSet(o, o.fInt, k * 7));
                while (!LONG_FIELD.weakCompareAndSet(o, o.fLong, k * 0x1_0000_0007L));
                while (!FLOAT_FIELD.weakCompareAndSet(o, o.fFloat, k * 0.5f));
                while (!DOUBLE_FIELD.weakCompareAndSet(o, o.fDouble, k * 0.25));
                while (!REF_FIELD.weakCompareAndSet(o, o.ref, (Object) o.ints));
            }
        },
        new Path("VarHandle weakCompareAndSet elements") {
            Object make() { return arrays(); }
            void write(Object x, int k) throws Throwable {
                Object[] a = (Object[]) x; int i = k % 20;
                while (!BOOLEAN_ARRAY.weakCompareAndSet((boolean[]) a[0], i, ((boolean[]) a[0])[i], (k & 1) != 0));
                while (!BYTE_ARRAY.weakCompareAndSet((byte[]) a[1], i, ((byte[]) a[1])[i], (byte) k));
                while (!SHORT_ARRAY.weakCompareAndSet((short[]) a[2], i, ((short[]) a[2])[i], (short) (k * 3)));
                while (!CHAR_ARRAY.weakCompareAndSet((char[]) a[3], i, ((char[]) a[3])[i], (char) (k * 5)));
                while (!INT_ARRAY.weakCompareAndSet((int[]) a[4], i, ((int[]) a[4])[i], k * 7));
                while (!LONG_ARRAY.weakCompareAndSet((long[]) a[5], i, ((long[]) a[5])[i], k * 0x1_0000_0007L));
                while (!FLOAT_ARRAY.weakCompareAndSet((float[]) a[6], i, ((float[]) a[6])[i], k * 0.5f));
                while (!DOUBLE_ARRAY.weakCompareAndSet((double[]) a[7], i, ((double[]) a[7])[i], k * 0.25));
                while (!REF_ARRAY.weakCompareAndSet((Object[]) a[8], i, ((Object[]) a[8])[i], a[2]));
            }
        },
        new Path("VarHandle weakCompareAndSetPlain fields") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                while (!BOOLEAN_FIELD.weakCompareAndSetPlain(o, o.fBoolean, (k & 1) != 0));
                while (!BYTE_FIELD.weakCompareAndSetPlain(o, o.fByte, (byte) k));
                while (!SHORT_FIELD.weakCompareAndSetPlain(o, o.fShort, (short) (k * 3)));
                while (!CHAR_FIELD.weakCompareAndSetPlain(o, o.fChar, (char) (k * 5)));
                while (!INT_FIELD.weakCompareAndSetPlain(o, o.fInt, k * 7));
                while (!LONG_FIELD.weakCompareAndSetPlain(o, o.fLong, k * 0x1_0000_0007L));
                while (!FLOAT_FIELD.weakCompareAndSetPlain(o, o.fFloat, k * 0.5f));
                while (!DOUBLE_FIELD.weakCompareAndSetPlain(o, o.fDouble, k * 0.25));
                while (!REF_FIELD.weakCompareAndSetPlain(o, o.ref, (Object) o.ints));
            }
        },
        new Path("VarHandle weakCompareAndSetPlain elements") {
            Object make() { return arrays(); }
            void write(Object x, int k) throws Throwable {
                Object[] a = (Object[]) x; int i = k % 20;
                while (!BOOLEAN_ARRAY.weakCompareAndSetPlain((boolean[]) a[0], i, ((boolean[]) a[0])[i], (k & 1) != 0));
                while (!BYTE_ARRAY.weakCompareAndSetPlain((byte[]) a[1], i, ((byte[]) a[1])[i], (byte) k));
                while (!SHORT_ARRAY.weakCompareAndSetPlain((short[]) a[2], i, ((short[]) a[2])[i], (short) (k * 3)));
                while (!CHAR_ARRAY.weakCompareAndSetPlain((char[]) a[3], i, ((char[]) a[3])[i], (char) (k * 5)));
                while (!INT_ARRAY.weakCompareAndSetPlain((int[]) a[4], i, ((int[]) a[4])[i], k * 7));
                while (!LONG_ARRAY.weakCompareAndSetPlain((long[]) a[5], i, ((long[]) a[5])[i], k * 0x1_0000_0007L));
                while (!FLOAT_ARRAY.weakCompareAndSetPlain((float[]) a[6], i, ((float[]) a[6])[i], k * 0.5f));
                while (!DOUBLE_ARRAY.weakCompareAndSetPlain((double[]) a[7], i, ((double[]) a[7])[i], k * 0.25));
                while (!REF_ARRAY.weakCompareAndSetPlain((Object[]) a[8], i, ((Object[]) a[8])[i], a[2]));
            }
        },
        new Path("VarHandle weakCompareAndSetAcquire fields") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                while (!BOOLEAN_FIELD.weakCompareAndSetAcquire(o, o.fBoolean, (k & 1) != 0));
                while (!BYTE_FIELD.weakCompareAndSetAcquire(o, o.fByte, (byte) k));
                while (!SHORT_FIELD.weakCompareAndSetAcquire(o, o.fShort, (short) (k * 3)));
                while (!CHAR_FIELD.weakCompareAndSetAcquire(o, o.fChar, (char) (k * 5)));
                while (!INT_FIELD.weakCompareAndSetAcquire(o, o.fInt, k * 7));
                while (!LONG_FIELD.weakCompareAndSetAcquire(o, o.fLong, k * 0x1_0000_0007L));
                while (!FLOAT_FIELD.weakCompareAndSetAcquire(o, o.fFloat, k * 0.5f));
                while (!DOUBLE_FIELD.weakCompareAndSetAcquire(o, o.fDouble, k * 0.25));
                while (!REF_FIELD.weakCompareAndSetAcquire(o, o.ref, (Object) o.ints));
            }
        },
        new Path("VarHandle weakCompareAndSetAcquire elements") {
            Object make() { return arrays(); }
            void write(Object x, int k) throws Throwable {
                Object[] a = (Object[]) x; int i = k % 20;
                while (!BOOLEAN_ARRAY.weakCompareAndSetAcquire((boolean[]) a[0], i, ((boolean[]) a[0])[i], (k & 1) != 0));
                while (!BYTE_ARRAY.weakCompareAndSetAcquire((byte[]) a[1], i, ((byte[]) a[1])[i], (byte) k));
                while (!SHORT_ARRAY.weakCompareAndSetAcquire((short[]) a[2], i, ((short[]) a[2])[i], (short) (k * 3)));
                while (!CHAR_ARRAY.weakCompareAndSetAcquire((char[]) a[3], i, ((char[]) a[3])[i], (char) (k * 5)));
                while (!INT_ARRAY.weakCompareAndSetAcquire((int[]) a[4], i, ((int[]) a[4])[i], k * 7));
                while (!LONG_ARRAY.weakCompareAndSetAcquire((long[]) a[5], i, ((long[]) a[5])[i], k * 0x1_0000_0007L));
                while (!FLOAT_ARRAY.weakCompareAndSetAcquire((float[]) a[6], i, ((float[]) a[6])[i], k * 0.5f));
                while (!DOUBLE_ARRAY.weakCompareAndSetAcquire((double[]) a[7], i, ((double[]) a[7])[i], k * 0.25));
                while (!REF_ARRAY.weakCompareAndSetAcquire((Object[]) a[8], i, ((Object[]) a[8])[i], a[2]));
            }
        },
        new Path("VarHandle weakCompareAndSetRelease fields") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                while (!BOOLEAN_FIELD.weakCompareAndSetRelease(o, o.fBoolean, (k & 1) != 0));
                while (!BYTE_FIELD.weakCompareAndSetRelease(o, o.fByte, (byte) k));
                while (!SHORT_FIELD.weakCompareAndSetRelease(o, o.fShort, (short) (k * 3)));
                while (!CHAR_FIELD.weakCompareAndSetRelease(o, o.fChar, (char) (k * 5)));
                while (!INT_FIELD.weakCompareAndSetRelease(o, o.fInt, k * 7));
                while (!LONG_FIELD.weakCompareAndSetRelease(o, o.fLong, k * 0x1_0000_0007L));
                while (!FLOAT_FIELD.weakCompareAndSetRelease(o, o.fFloat, k * 0.5f));
                while (!DOUBLE_FIELD.weakCompareAndSetRelease(o, o.fDouble, k * 0.25));
                while (!REF_FIELD.weakCompareAndSetRelease(o, o.ref, (Object) o.ints));
            }
        },
        new Path("VarHandle weakCompareAndSetRelease elements") {
            Object make() { return arrays(); }
            void write(Object x, int k) throws Throwable {
                Object[] a = (Object[]) x; int i = k % 20;
                while (!BOOLEAN_ARRAY.weakCompareAndSetRelease((boolean[]) a[0], i, ((boolean[]) a[0])[i], (k & 1) != 0));
                while (!BYTE_ARRAY.weakCompareAndSetRelease((byte[]) a[1], i, ((byte[]) a[1])[i], (byte) k));
                while (!SHORT_ARRAY.weakCompareAndSetRelease((short[]) a[2], i, ((short[]) a[2])[i], (short) (k * 3)));
                while (!CHAR_ARRAY.weakCompareAndSetRelease((char[]) a[3], i, ((char[]) a[3])[i], (char) (k * 5)));
                while (!INT_ARRAY.weakCompareAndSetRelease((int[]) a[4], i, ((int[]) a[4])[i], k * 7));
                while (!LONG_ARRAY.weakCompareAndSetRelease((long[]) a[5], i, ((long[]) a[5])[i], k * 0x1_0000_0007L));
                while (!FLOAT_ARRAY.weakCompareAndSetRelease((float[]) a[6], i, ((float[]) a[6])[i], k * 0.5f));
                while (!DOUBLE_ARRAY.weakCompareAndSetRelease((double[]) a[7], i, ((double[]) a[7])[i], k * 0.25));
                while (!REF_ARRAY.weakCompareAndSetRelease((Object[]) a[8], i, ((Object[]) a[8])[i], a[2]));
            }
        },
        new Path("VarHandle compareAndExchange") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                boolean oldBoolean = (boolean) BOOLEAN_FIELD.compareAndExchange(o, o.fBoolean, (k & 1) != 0);
                byte oldByte = (byte) BYTE_FIELD.compareAndExchange(o, o.fByte, (byte) k);
                short oldShort = (short) SHORT_FIELD.compareAndExchange(o, o.fShort, (short) (k * 3));
                char oldChar = (char) CHAR_FIELD.compareAndExchange(o, o.fChar, (char) (k * 5));
                int oldInt = (int) INT_FIELD.compareAndExchange(o, o.fInt, k * 7);
                long oldLong = (long) LONG_FIELD.compareAndExchange(o, o.fLong, k * 0x1_0000_0007L);
                float oldFloat = (float) FLOAT_FIELD.compareAndExchange(o, o.fFloat, k * 0.5f);
                double oldDouble = (double) DOUBLE_FIELD.compareAndExchange(o, o.fDouble, k * 0.25);
                Object old = (Object) REF_FIELD.compareAndExchange(o, o.ref, (Object) o.ints);
            }
        },
        new Path("VarHandle compareAndExchangeAcquire") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                boolean oldBoolean = (boolean) BOOLEAN_FIELD.compareAndExchangeAcquire(o, o.fBoolean, (k & 1) != 0);
                byte oldByte = (byte) BYTE_FIELD.compareAndExchangeAcquire(o, o.fByte, (byte) k);
                short oldShort = (short) SHORT_FIELD.compareAndExchangeAcquire(o, o.fShort, (short) (k * 3));
                char oldChar = (char) CHAR_FIELD.compareAndExchangeAcquire(o, o.fChar, (char) (k * 5));
                int oldInt = (int) INT_FIELD.compareAndExchangeAcquire(o, o.fInt, k * 7);
                long oldLong = (long) LONG_FIELD.compareAndExchangeAcquire(o, o.fLong, k * 0x1_0000_0007L);
                float oldFloat = (float) FLOAT_FIELD.compareAndExchangeAcquire(o, o.fFloat, k * 0.5f);
                double oldDouble = (double) DOUBLE_FIELD.compareAndExchangeAcquire(o, o.fDouble, k * 0.25);
                Object old = (Object) REF_FIELD.compareAndExchangeAcquire(o, o.ref, (Object) o.ints);
            }
        },
        new Path("VarHandle compareAndExchangeRelease") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                boolean oldBoolean = (boolean) BOOLEAN_FIELD.compareAndExchangeRelease(o, o.fBoolean, (k & 1) != 0);
                byte oldByte = (byte) BYTE_FIELD.compareAndExchangeRelease(o, o.fByte, (byte) k);
                short oldShort = (short) SHORT_FIELD.compareAndExchangeRelease(o, o.fShort, (short) (k * 3));
                char oldChar = (char) CHAR_FIELD.compareAndExchangeRelease(o, o.fChar, (char) (k * 5));
                int oldInt = (int) INT_FIELD.compareAndExchangeRelease(o, o.fInt, k * 7);
                long oldLong = (long) LONG_FIELD.compareAndExchangeRelease(o, o.fLong, k * 0x1_0000_0007L);
                float oldFloat = (float) FLOAT_FIELD.compareAndExchangeRelease(o, o.fFloat, k * 0.5f);
                double oldDouble = (double) DOUBLE_FIELD.compareAndExchangeRelease(o, o.fDouble, k * 0.25);
                Object old = (Object) REF_FIELD.compareAndExchangeRelease(o, o.ref, (Object) o.ints);
            }
        },
        new Path("VarHandle getAndSet") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                boolean oldBoolean = (boolean) BOOLEAN_FIELD.getAndSet(o, (k & 1) != 0);
                byte oldByte = (byte) BYTE_FIELD.getAndSet(o, (byte) k);
                short oldShort = (short) SHORT_FIELD.getAndSet(o, (short) (k * 3));
                char oldChar = (char) CHAR_FIELD.getAndSet(o, (char) (k * 5));
                int oldInt = (int) INT_FIELD.getAndSet(o, k * 7);
                long oldLong = (long) LONG_FIELD.getAndSet(o, k * 0x1_0000_0007L);
                float oldFloat = (float) FLOAT_FIELD.getAndSet(o, k * 0.5f);
                double oldDouble = (double) DOUBLE_FIELD.getAndSet(o, k * 0.25);
                Object old = (Object) REF_FIELD.getAndSet(o, (Object) o.ints);
            }
        },
        new Path("VarHandle getAndSetAcquire") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                boolean oldBoolean = (boolean) BOOLEAN_FIELD.getAndSetAcquire(o, (k & 1) != 0);
                byte oldByte = (byte) BYTE_FIELD.getAndSetAcquire(o, (byte) k);
                short oldShort = (short) SHORT_FIELD.getAndSetAcquire(o, (short) (k * 3));
                char oldChar = (char) CHAR_FIELD.getAndSetAcquire(o, (char) (k * 5));
                int oldInt = (int) INT_FIELD.getAndSetAcquire(o, k * 7);
                long oldLong = (long) LONG_FIELD.getAndSetAcquire(o, k * 0x1_0000_0007L);
                float oldFloat = (float) FLOAT_FIELD.getAndSetAcquire(o, k * 0.5f);
                double oldDouble = (double) DOUBLE_FIELD.getAndSetAcquire(o, k * 0.25);
                Object old = (Object) REF_FIELD.getAndSetAcquire(o, (Object) o.ints);
            }
        },
        new Path("VarHandle getAndSetRelease") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                boolean oldBoolean = (boolean) BOOLEAN_FIELD.getAndSetRelease(o, (k & 1) != 0);
                byte oldByte = (byte) BYTE_FIELD.getAndSetRelease(o, (byte) k);
                short oldShort = (short) SHORT_FIELD.getAndSetRelease(o, (short) (k * 3));
                char oldChar = (char) CHAR_FIELD.getAndSetRelease(o, (char) (k * 5));
                int oldInt = (int) INT_FIELD.getAndSetRelease(o, k * 7);
                long oldLong = (long) LONG_FIELD.getAndSetRelease(o, k * 0x1_0000_0007L);
                float oldFloat = (float) FLOAT_FIELD.getAndSetRelease(o, k * 0.5f);
                double oldDouble = (double) DOUBLE_FIELD.getAndSetRelease(o, k * 0.25);
                Object old = (Object) REF_FIELD.getAndSetRelease(o, (Object) o.ints);
            }
        },
        new Path("VarHandle getAndAdd") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                byte oldByte = (byte) BYTE_FIELD.getAndAdd(o, (byte) k);
                short oldShort = (short) SHORT_FIELD.getAndAdd(o, (short) (k * 3));
                char oldChar = (char) CHAR_FIELD.getAndAdd(o, (char) (k * 5));
                int oldInt = (int) INT_FIELD.getAndAdd(o, k * 7);
                long oldLong = (long) LONG_FIELD.getAndAdd(o, k * 0x1_0000_0007L);
                float oldFloat = (float) FLOAT_FIELD.getAndAdd(o, k * 0.5f);
                double oldDouble = (double) DOUBLE_FIELD.getAndAdd(o, k * 0.25);
            }
        },
        new Path("VarHandle getAndAddAcquire") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                byte oldByte = (byte) BYTE_FIELD.getAndAddAcquire(o, (byte) k);
                short oldShort = (short) SHORT_FIELD.getAndAddAcquire(o, (short) (k * 3));
                char oldChar = (char) CHAR_FIELD.getAndAddAcquire(o, (char) (k * 5));
                int oldInt = (int) INT_FIELD.getAndAddAcquire(o, k * 7);
                long oldLong = (long) LONG_FIELD.getAndAddAcquire(o, k * 0x1_0000_0007L);
                float oldFloat = (float) FLOAT_FIELD.getAndAddAcquire(o, k * 0.5f);
                double oldDouble = (double) DOUBLE_FIELD.getAndAddAcquire(o, k * 0.25);
            }
        },
        new Path("VarHandle getAndAddRelease") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                byte oldByte = (byte) BYTE_FIELD.getAndAddRelease(o, (byte) k);
                short oldShort = (short) SHORT_FIELD.getAndAddRelease(o, (short) (k * 3));
                char oldChar = (char) CHAR_FIELD.getAndAddRelease(o, (char) (k * 5));
                int oldInt = (int) INT_FIELD.getAndAddRelease(o, k * 7);
                long oldLong = (long) LONG_FIELD.getAndAddRelease(o, k * 0x1_0000_0007L);
                float oldFloat = (float) FLOAT_FIELD.getAndAddRelease(o, k * 0.5f);
                double oldDouble = (double) DOUBLE_FIELD.getAndAddRelease(o, k * 0.25);
            }
        },
        new Path("VarHandle getAndBitwiseOr") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                boolean oldBoolean = (boolean) BOOLEAN_FIELD.getAndBitwiseOr(o, (k & 1) != 0);
                byte oldByte = (byte) BYTE_FIELD.getAndBitwiseOr(o, (byte) k);
                short oldShort = (short) SHORT_FIELD.getAndBitwiseOr(o, (short) (k * 3));
                char oldChar = (char) CHAR_FIELD.getAndBitwiseOr(o, (char) (k * 5));
                int oldInt = (int) INT_FIELD.getAndBitwiseOr(o, k * 7);
                long oldLong = (long) LONG_FIELD.getAndBitwiseOr(o, k * 0x1_0000_0007L);
                LONG_FIELD.setVolatile(o, (long) k);
            }
        },
        new Path("VarHandle getAndBitwiseAnd") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                boolean oldBoolean = (boolean) BOOLEAN_FIELD.getAndBitwiseAnd(o, (k & 1) != 0);
                byte oldByte = (byte) BYTE_FIELD.getAndBitwiseAnd(o, (byte) k);
                short oldShort = (short) SHORT_FIELD.getAndBitwiseAnd(o, (short) (k * 3));
                char oldChar = (char) CHAR_FIELD.getAndBitwiseAnd(o, (char) (k * 5));
                int oldInt = (int) INT_FIELD.getAndBitwiseAnd(o, k * 7);
                long oldLong = (long) LONG_FIELD.getAndBitwiseAnd(o, k * 0x1_0000_0007L);
                LONG_FIELD.setVolatile(o, (long) k);
            }
        },
        new Path("VarHandle getAndBitwiseXor") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                boolean oldBoolean = (boolean) BOOLEAN_FIELD.getAndBitwiseXor(o, (k & 1) != 0);
                byte oldByte = (byte) BYTE_FIELD.getAndBitwiseXor(o, (byte) k);
                short oldShort = (short) SHORT_FIELD.getAndBitwiseXor(o, (short) (k * 3));
                char oldChar = (char) CHAR_FIELD.getAndBitwiseXor(o, (char) (k * 5));
                int oldInt = (int) INT_FIELD.getAndBitwiseXor(o, k * 7);
                long oldLong = (long) LONG_FIELD.getAndBitwiseXor(o, k * 0x1_0000_0007L);
                LONG_FIELD.setVolatile(o, (long) k);
            }
        },
        new Path("byte array view") {
            Object make() { return new byte[100]; }
            void write(Object x, int k) throws Throwable {
                byte[] b = (byte[]) x;
                SHORT_VIEW.set(b, 3, (short) k); INT_VIEW.set(b, 9, k); LONG_VIEW.set(b, 17, k * 77L); LONG_BE_VIEW.set(b, 33, k * 99L); DOUBLE_VIEW.set(b, 50, k * 0.5); FLOAT_VIEW.set(b, 61, k * 0.5f); CHAR_VIEW.set(b, 71, (char) k);
            }
        },
        new Path("Unsafe put") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                U.putBoolean(o, BOOLEAN_OFFSET, (k & 1) != 0);
                U.putByte(o, BYTE_OFFSET, (byte) k);
                U.putShort(o, SHORT_OFFSET, (short) k);
                U.putChar(o, CHAR_OFFSET, (char) k);
                U.putInt(o, INT_OFFSET, k);
                U.putLong(o, LONG_OFFSET, k * 7L);
                U.putFloat(o, FLOAT_OFFSET, k * 0.5f);
                U.putDouble(o, DOUBLE_OFFSET, k * 0.25);
                U.putReference(o, REF_OFFSET, o.bytes);
            }
        },
        new Path("Unsafe putVolatile") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                U.putBooleanVolatile(o, BOOLEAN_OFFSET, (k & 1) != 0);
                U.putByteVolatile(o, BYTE_OFFSET, (byte) k);
                U.putShortVolatile(o, SHORT_OFFSET, (short) k);
                U.putCharVolatile(o, CHAR_OFFSET, (char) k);
                U.putIntVolatile(o, INT_OFFSET, k);
                U.putLongVolatile(o, LONG_OFFSET, k * 7L);
                U.putFloatVolatile(o, FLOAT_OFFSET, k * 0.5f);
                U.putDoubleVolatile(o, DOUBLE_OFFSET, k * 0.25);
                U.putReferenceVolatile(o, REF_OFFSET, o.bytes);
            }
        },
        new Path("Unsafe putRelease") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                U.putBooleanRelease(o, BOOLEAN_OFFSET, (k & 1) != 0);
                U.putByteRelease(o, BYTE_OFFSET, (byte) k);
                U.putShortRelease(o, SHORT_OFFSET, (short) k);
                U.putCharRelease(o, CHAR_OFFSET, (char) k);
                U.putIntRelease(o, INT_OFFSET, k);
                U.putLongRelease(o, LONG_OFFSET, k * 7L);
                U.putFloatRelease(o, FLOAT_OFFSET, k * 0.5f);
                U.putDoubleRelease(o, DOUBLE_OFFSET, k * 0.25);
                U.putReferenceRelease(o, REF_OFFSET, o.bytes);
            }
        },
        new Path("Unsafe putOpaque") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                U.putBooleanOpaque(o, BOOLEAN_OFFSET, (k & 1) != 0);
                U.putByteOpaque(o, BYTE_OFFSET, (byte) k);
                U.putShortOpaque(o, SHORT_OFFSET, (short) k);
                U.putCharOpaque(o, CHAR_OFFSET, (char) k);
                U.putIntOpaque(o, INT_OFFSET, k);
                U.putLongOpaque(o, LONG_OFFSET, k * 7L);
                U.putFloatOpaque(o, FLOAT_OFFSET, k * 0.5f);
                U.putDoubleOpaque(o, DOUBLE_OFFSET, k * 0.25);
                U.putReferenceOpaque(o, REF_OFFSET, o.bytes);
            }
        },
        new Path("Unsafe put, base unknown") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                put(o, LONG_OFFSET, k); put(null, OFF_HEAP, k);
            }
        },
        new Path("Unsafe putUnaligned") {
            Object make() { return new byte[64]; }
            void write(Object x, int k) throws Throwable {
                byte[] b = (byte[]) x;
                long at = Unsafe.ARRAY_BYTE_BASE_OFFSET;
                U.putShortUnaligned(b, at + 1, (short) k); U.putIntUnaligned(b, at + 5, k * 77); U.putLongUnaligned(b, at + 11, k * 99L, true); U.putCharUnaligned(b, at + 21, (char) k); U.putLongUnaligned(b, at + 24, k * 3L);
            }
        },
        new Path("Unsafe mismatched") {
            Object make() { return new long[20]; }
            void write(Object x, int k) throws Throwable {
                long[] l = (long[]) x;
                long at = Unsafe.ARRAY_LONG_BASE_OFFSET;
                U.putByte(l, at + 3, (byte) k); U.putShort(l, at + 10, (short) k); U.putInt(l, at + 20, k); U.putFloat(l, at + 28, k); l[1] += k;
            }
        },
        new Path("Unsafe compareAndSetInt and others") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                U.compareAndSetInt(o, INT_OFFSET, o.fInt, (int) k);
                U.getAndAddInt(o, INT_OFFSET, (int) k);
                U.getAndSetInt(o, VINT_OFFSET, (int) k);
                U.compareAndExchangeInt(o, VINT_OFFSET, (int) k, (int) (k + 1));
            }
        },
        new Path("Unsafe compareAndSetLong and others") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                U.compareAndSetLong(o, LONG_OFFSET, o.fLong, (long) k);
                U.getAndAddLong(o, LONG_OFFSET, (long) k);
                U.getAndSetLong(o, VLONG_OFFSET, (long) k);
                U.compareAndExchangeLong(o, VLONG_OFFSET, (long) k, (long) (k + 1));
            }
        },
        new Path("Unsafe compareAndSetReference and others") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                U.compareAndSetReference(o, REF_OFFSET, o.ref, (k & 1) == 0 ? o.longs : o.bytes);
                U.getAndSetReference(o, VREF_OFFSET, (k & 1) == 0 ? o.ints : o.bytes);
                U.compareAndExchangeReference(o, VREF_OFFSET, o.vref, o);
            }
        },
        new Path("Unsafe compareAndSetByte and others") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                U.compareAndSetByte(o, BYTE_OFFSET, o.fByte, (byte) k); U.compareAndSetShort(o, SHORT_OFFSET, o.fShort, (short) k); U.compareAndSetChar(o, CHAR_OFFSET, o.fChar, (char) k); U.compareAndSetBoolean(o, BOOLEAN_OFFSET, o.fBoolean, !o.fBoolean); U.getAndAddByte(o, BYTE_OFFSET, (byte) 3); U.getAndAddShort(o, SHORT_OFFSET, (short) 3);
            }
        },
        new Path("Unsafe copyMemory") {
            Object make() { return new byte[300]; }
            void write(Object x, int k) throws Throwable {
                byte[] b = (byte[]) x;
                long at = Unsafe.ARRAY_BYTE_BASE_OFFSET;
                U.copyMemory(pattern(k), at, b, at + 3, 61);
                U.copyMemory(pattern(k), at, b, at + 104, 64);
                U.copyMemory(b, at + 3, b, at + 7, 40);
                U.copyMemory(b, at + 110, b, at + 106, 40);
                U.copyMemory(null, OFF_HEAP, b, at + 200, 33);
            }
        },
        new Path("Unsafe copySwapMemory") {
            Object make() { return new int[20]; }
            void write(Object x, int k) throws Throwable {
                int[] b = (int[]) x;
                U.copySwapMemory(pattern(k), Unsafe.ARRAY_BYTE_BASE_OFFSET, b, Unsafe.ARRAY_INT_BASE_OFFSET + 4, 40, 4);
                U.copySwapMemory(b, Unsafe.ARRAY_INT_BASE_OFFSET + 4, b, Unsafe.ARRAY_INT_BASE_OFFSET + 8, 40, 4);
            }
        },
        new Path("Unsafe setMemory") {
            Object make() { return new byte[3000]; }
            void write(Object x, int k) throws Throwable {
                byte[] b = (byte[]) x;
                long at = Unsafe.ARRAY_BYTE_BASE_OFFSET;
                for (int n = 0, p = k % 7; n < 65; p += n + 1, n++) U.setMemory(b, at + p, n, (byte) (k + n));
            }
        },
        new Path("AtomicInteger") {
            Object make() { return new AtomicInteger(); }
            void write(Object x, int k) throws Throwable {
                AtomicInteger a = (AtomicInteger) x; a.set(k); a.incrementAndGet(); a.compareAndSet(k + 1, k + 2); a.getAndAdd(k); a.lazySet(a.get() + 1); a.updateAndGet(v -> v * 2);
            }
        },
        new Path("AtomicLong") {
            Object make() { return new AtomicLong(); }
            void write(Object x, int k) throws Throwable {
                AtomicLong a = (AtomicLong) x; a.set(k); a.incrementAndGet(); a.compareAndSet(k + 1, k + 2); a.getAndAdd(k); a.accumulateAndGet(5, (p, q) -> p * q);
            }
        },
        new Path("AtomicBoolean") {
            Object make() { return new AtomicBoolean(); }
            void write(Object x, int k) throws Throwable {
                AtomicBoolean a = (AtomicBoolean) x; a.set((k & 1) == 0); a.getAndSet((k & 1) != 0);
            }
        },
        new Path("AtomicReference") {
            Object make() { return new Object[] {new AtomicReference<Object>(), new int[1], new byte[1]}; }
            void write(Object x, int k) throws Throwable {
                Object[] h = (Object[]) x; @SuppressWarnings("unchecked") AtomicReference<Object> a = (AtomicReference<Object>) h[0]; a.set(h[1]); a.compareAndSet(h[1], h[2]); if ((k & 1) == 0) a.getAndSet(h[1]);
            }
        },
        new Path("AtomicIntegerArray") {
            Object make() { return new AtomicIntegerArray(10); }
            void write(Object x, int k) throws Throwable {
                AtomicIntegerArray a = (AtomicIntegerArray) x; a.set(1, k); a.incrementAndGet(2); a.compareAndSet(3, a.get(3), k); a.getAndSet(4, k); a.lazySet(5, k);
            }
        },
        new Path("AtomicLongArray") {
            Object make() { return new AtomicLongArray(10); }
            void write(Object x, int k) throws Throwable {
                AtomicLongArray a = (AtomicLongArray) x; a.set(1, k); a.incrementAndGet(2); a.compareAndSet(3, a.get(3), k); a.getAndSet(4, k);
            }
        },
        new Path("AtomicReferenceArray") {
            Object make() { return new AtomicReferenceArray<Object>(10); }
            void write(Object x, int k) throws Throwable {
                @SuppressWarnings("unchecked") AtomicReferenceArray<Object> a = (AtomicReferenceArray<Object>) x; a.set(1, a); a.compareAndSet(2, a.get(2), (k & 1) == 0 ? a : null); a.getAndSet(3, a);
            }
        },
        new Path("field updaters") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                INT_UPDATER.set(o, k); INT_UPDATER.incrementAndGet(o); INT_UPDATER.compareAndSet(o, k + 1, k + 5); LONG_UPDATER.addAndGet(o, k); REF_UPDATER.compareAndSet(o, o.vref, o.ints); REF_UPDATER.getAndSet(o, (k & 1) == 0 ? o.bytes : o.ints);
            }
        },
        new Path("LongAdder") {
            Object make() { return new LongAdder(); }
            void write(Object x, int k) throws Throwable {
                LongAdder a = (LongAdder) x; a.add(k); a.increment();
            }
        },
        new Path("System.arraycopy boolean") {
            Object make() { return new boolean[200]; }
            void write(Object x, int k) throws Throwable {
                boolean[] d = (boolean[]) x, s = new boolean[100];
                for (int i = 0; i < 100; i++, k++) s[i] = (k & 1) != 0;
                for (int n = 0, p = k % 5; n < 71; n++, p += 2) System.arraycopy(s, n % 3, d, p % 129, n);
                System.arraycopy(d, 3, d, 10, 60); System.arraycopy(d, 90, d, 81, 60);
            }
        },
        new Path("System.arraycopy byte") {
            Object make() { return new byte[200]; }
            void write(Object x, int k) throws Throwable {
                byte[] d = (byte[]) x, s = new byte[100];
                for (int i = 0; i < 100; i++, k++) s[i] = (byte) k;
                for (int n = 0, p = k % 5; n < 71; n++, p += 2) System.arraycopy(s, n % 3, d, p % 129, n);
                System.arraycopy(d, 3, d, 10, 60); System.arraycopy(d, 90, d, 81, 60);
            }
        },
        new Path("System.arraycopy short") {
            Object make() { return new short[200]; }
            void write(Object x, int k) throws Throwable {
                short[] d = (short[]) x, s = new short[100];
                for (int i = 0; i < 100; i++, k++) s[i] = (short) (k * 3);
                for (int n = 0, p = k % 5; n < 71; n++, p += 2) System.arraycopy(s, n % 3, d, p % 129, n);
                System.arraycopy(d, 3, d, 10, 60); System.arraycopy(d, 90, d, 81, 60);
            }
        },
        new Path("System.arraycopy char") {
            Object make() { return new char[200]; }
            void write(Object x, int k) throws Throwable {
                char[] d = (char[]) x, s = new char[100];
                for (int i = 0; i < 100; i++, k++) s[i] = (char) (k * 5);
                for (int n = 0, p = k % 5; n < 71; n++, p += 2) System.arraycopy(s, n % 3, d, p % 129, n);
                System.arraycopy(d, 3, d, 10, 60); System.arraycopy(d, 90, d, 81, 60);
            }
        },
        new Path("System.arraycopy int") {
            Object make() { return new int[200]; }
            void write(Object x, int k) throws Throwable {
                int[] d = (int[]) x, s = new int[100];
                for (int i = 0; i < 100; i++, k++) s[i] = k * 7;
                for (int n = 0, p = k % 5; n < 71; n++, p += 2) System.arraycopy(s, n % 3, d, p % 129, n);
                System.arraycopy(d, 3, d, 10, 60); System.arraycopy(d, 90, d, 81, 60);
            }
        },
        new Path("System.arraycopy long") {
            Object make() { return new long[200]; }
            void write(Object x, int k) throws Throwable {
                long[] d = (long[]) x, s = new long[100];
                for (int i = 0; i < 100; i++, k++) s[i] = k * 0x1_0000_0007L;
                for (int n = 0, p = k % 5; n < 71; n++, p += 2) System.arraycopy(s, n % 3, d, p % 129, n);
                System.arraycopy(d, 3, d, 10, 60); System.arraycopy(d, 90, d, 81, 60);
            }
        },
        new Path("System.arraycopy float") {
            Object make() { return new float[200]; }
            void write(Object x, int k) throws Throwable {
                float[] d = (float[]) x, s = new float[100];
                for (int i = 0; i < 100; i++, k++) s[i] = k * 0.5f;
                for (int n = 0, p = k % 5; n < 71; n++, p += 2) System.arraycopy(s, n % 3, d, p % 129, n);
                System.arraycopy(d, 3, d, 10, 60); System.arraycopy(d, 90, d, 81, 60);
            }
        },
        new Path("System.arraycopy double") {
            Object make() { return new double[200]; }
            void write(Object x, int k) throws Throwable {
                double[] d = (double[]) x, s = new double[100];
                for (int i = 0; i < 100; i++, k++) s[i] = k * 0.25;
                for (int n = 0, p = k % 5; n < 71; n++, p += 2) System.arraycopy(s, n % 3, d, p % 129, n);
                System.arraycopy(d, 3, d, 10, 60); System.arraycopy(d, 90, d, 81, 60);
            }
        },
        new Path("System.arraycopy Object") {
            Object make() { return new Object[100]; }
            void write(Object x, int k) throws Throwable {
                Object[] d = (Object[]) x, s = new Object[50];
                for (int i = 0; i < 50; i++) s[i] = ((i + k) & 1) == 0 ? null : x;
                for (int n = 0; n < 40; n += 3) System.arraycopy(s, n % 3, d, n, n);
                System.arraycopy(d, 3, d, 10, 60); System.arraycopy(d, 50, d, 41, 40);
            }
        },
        new Path("System.arraycopy checked") {
            Object make() { return new Object[] {new int[20][], new int[1], new int[2]}; }
            void write(Object x, int k) throws Throwable {
                Object[] h = (Object[]) x; Object[] d = (Object[]) h[0], s = new Object[10];
                for (int i = 0; i < 10; i++) s[i] = i == 7 && (k & 1) == 0 ? "no" : h[1 + (i & 1)];
                try { System.arraycopy(s, 0, d, k % 5, 10); } catch (ArrayStoreException e) { }
            }
        },
        new Path("Arrays.fill boolean") {
            Object make() { return new boolean[150]; }
            void write(Object x, int k) throws Throwable {
                boolean[] d = (boolean[]) x; boolean v = (k & 1) != 0;
                Arrays.fill(d, k % 50, 100 + k % 50, v); for (int i = 0; i < 40; i++) d[i] = v;
            }
        },
        new Path("Arrays.fill byte") {
            Object make() { return new byte[150]; }
            void write(Object x, int k) throws Throwable {
                byte[] d = (byte[]) x; byte v = (byte) k;
                Arrays.fill(d, k % 50, 100 + k % 50, v); for (int i = 0; i < 40; i++) d[i] = v;
            }
        },
        new Path("Arrays.fill short") {
            Object make() { return new short[150]; }
            void write(Object x, int k) throws Throwable {
                short[] d = (short[]) x; short v = (short) (k * 3);
                Arrays.fill(d, k % 50, 100 + k % 50, v); for (int i = 0; i < 40; i++) d[i] = v;
            }
        },
        new Path("Arrays.fill char") {
            Object make() { return new char[150]; }
            void write(Object x, int k) throws Throwable {
                char[] d = (char[]) x; char v = (char) (k * 5);
                Arrays.fill(d, k % 50, 100 + k % 50, v); for (int i = 0; i < 40; i++) d[i] = v;
            }
        },
        new Path("Arrays.fill int") {
            Object make() { return new int[150]; }
            void write(Object x, int k) throws Throwable {
                int[] d = (int[]) x; int v = k * 7;
                Arrays.fill(d, k % 50, 100 + k % 50, v); for (int i = 0; i < 40; i++) d[i] = v;
            }
        },
        new Path("Arrays.fill long") {
            Object make() { return new long[150]; }
            void write(Object x, int k) throws Throwable {
                long[] d = (long[]) x; long v = k * 0x1_0000_0007L;
                Arrays.fill(d, k % 50, 100 + k % 50, v); for (int i = 0; i < 40; i++) d[i] = v;
            }
        },
        new Path("Arrays.fill float") {
            Object make() { return new float[150]; }
            void write(Object x, int k) throws Throwable {
                float[] d = (float[]) x; float v = k * 0.5f;
                Arrays.fill(d, k % 50, 100 + k % 50, v); for (int i = 0; i < 40; i++) d[i] = v;
            }
        },
        new Path("Arrays.fill double") {
            Object make() { return new double[150]; }
            void write(Object x, int k) throws Throwable {
                double[] d = (double[]) x; double v = k * 0.25;
                Arrays.fill(d, k % 50, 100 + k % 50, v); for (int i = 0; i < 40; i++) d[i] = v;
            }
        },
        new Path("Arrays.fill Object") {
            Object make() { return new Object[150]; }
            void write(Object x, int k) throws Throwable {
                Object[] d = (Object[]) x; Arrays.fill(d, k % 50, 100 + k % 50, (k & 1) == 0 ? x : null); for (int i = 0; i < 40; i++) d[i] = (k & 1) == 0 ? null : x;
            }
        },
        new Path("clone and copyOf") {
            Object make() { return new Object[20]; }
            void write(Object x, int k) throws Throwable {
                Object[] d = (Object[]) x;
                PersistentHeap.allocate(() -> {
                    int[] i = {k, 2, 3}; Data o = new Data(); o.fInt = k;
                    d[0] = i.clone(); d[1] = o.copy(); d[2] = Arrays.copyOf(i, 10); d[3] = Arrays.copyOfRange(new Object[] {d[0], null, d[2]}, 1, 8); d[4] = new int[][] {i, i}.clone(); d[5] = new long[3][4]; ((long[][]) d[5])[1][2] = k; d[6] = ("s" + k).toCharArray(); d[7] = ("t" + k).getBytes(StandardCharsets.UTF_8); d[8] = List.of(k, k + 1).toArray(); return null;
                });
            }
        },
        new Path("Arrays.sort byte") {
            Object make() { return randomByte(); }
            void write(Object x, int k) throws Throwable {
                byte[] d = (byte[]) x; for (int i = 0; i < d.length; i += 3) d[i] = (byte) (k * 31 + i * 7919 % 1000); Arrays.sort(d, 0, 40); Arrays.sort(d);
            }
        },
        new Path("Arrays.sort short") {
            Object make() { return randomShort(); }
            void write(Object x, int k) throws Throwable {
                short[] d = (short[]) x; for (int i = 0; i < d.length; i += 3) d[i] = (short) (k * 31 + i * 7919 % 1000); Arrays.sort(d, 0, 40); Arrays.sort(d);
            }
        },
        new Path("Arrays.sort char") {
            Object make() { return randomChar(); }
            void write(Object x, int k) throws Throwable {
                char[] d = (char[]) x; for (int i = 0; i < d.length; i += 3) d[i] = (char) (k * 31 + i * 7919 % 1000); Arrays.sort(d, 0, 40); Arrays.sort(d);
            }
        },
        new Path("Arrays.sort int") {
            Object make() { return randomInt(); }
            void write(Object x, int k) throws Throwable {
                int[] d = (int[]) x; for (int i = 0; i < d.length; i += 3) d[i] = (int) (k * 31 + i * 7919 % 1000); Arrays.sort(d, 0, 40); Arrays.sort(d);
            }
        },
        new Path("Arrays.sort long") {
            Object make() { return randomLong(); }
            void write(Object x, int k) throws Throwable {
                long[] d = (long[]) x; for (int i = 0; i < d.length; i += 3) d[i] = (long) (k * 31 + i * 7919 % 1000); Arrays.sort(d, 0, 40); Arrays.sort(d);
            }
        },
        new Path("Arrays.sort float") {
            Object make() { return randomFloat(); }
            void write(Object x, int k) throws Throwable {
                float[] d = (float[]) x; for (int i = 0; i < d.length; i += 3) d[i] = (float) (k * 31 + i * 7919 % 1000); Arrays.sort(d, 0, 40); Arrays.sort(d);
            }
        },
        new Path("Arrays.sort double") {
            Object make() { return randomDouble(); }
            void write(Object x, int k) throws Throwable {
                double[] d = (double[]) x; for (int i = 0; i < d.length; i += 3) d[i] = (double) (k * 31 + i * 7919 % 1000); Arrays.sort(d, 0, 40); Arrays.sort(d);
            }
        },
        new Path("Arrays.sort Object") {
            Object make() { return new Object[] {new Integer[60]}; }
            void write(Object x, int k) throws Throwable {
                Integer[] d = (Integer[]) ((Object[]) x)[0]; for (int i = 0; i < 60; i++) d[i] = (i * 37 + k) % 100; Arrays.sort(d);
            }
        },
        new Path("Arrays.setAll") {
            Object make() { return new int[100]; }
            void write(Object x, int k) throws Throwable {
                int[] d = (int[]) x; Arrays.setAll(d, i -> i * k);
            }
        },
        new Path("vector loop byte") {
            Object make() { return new byte[600]; }
            void write(Object x, int k) throws Throwable {
                byte[] a = (byte[]) x, b = new byte[600]; for (int i = 0; i < 600; i++) b[i] = (byte) i;
                for (int i = 0; i < a.length; i++) a[i] = (byte) (b[i] + k);
                for (int i = 1; i < 300; i++) a[i] += b[i - 1];
            }
        },
        new Path("vector loop short") {
            Object make() { return new short[600]; }
            void write(Object x, int k) throws Throwable {
                short[] a = (short[]) x, b = new short[600]; for (int i = 0; i < 600; i++) b[i] = (short) i;
                for (int i = 0; i < a.length; i++) a[i] = (short) (b[i] * k);
                for (int i = 1; i < 300; i++) a[i] += b[i - 1];
            }
        },
        new Path("vector loop char") {
            Object make() { return new char[600]; }
            void write(Object x, int k) throws Throwable {
                char[] a = (char[]) x, b = new char[600]; for (int i = 0; i < 600; i++) b[i] = (char) i;
                for (int i = 0; i < a.length; i++) a[i] = (char) (b[i] + k);
                for (int i = 1; i < 300; i++) a[i] += b[i - 1];
            }
        },
        new Path("vector loop int") {
            Object make() { return new int[600]; }
            void write(Object x, int k) throws Throwable {
                int[] a = (int[]) x, b = new int[600]; for (int i = 0; i < 600; i++) b[i] = (int) i;
                for (int i = 0; i < a.length; i++) a[i] = b[i] * k + i;
                for (int i = 1; i < 300; i++) a[i] += b[i - 1];
            }
        },
        new Path("vector loop long") {
            Object make() { return new long[600]; }
            void write(Object x, int k) throws Throwable {
                long[] a = (long[]) x, b = new long[600]; for (int i = 0; i < 600; i++) b[i] = (long) i;
                for (int i = 0; i < a.length; i++) a[i] = b[i] + k;
                for (int i = 1; i < 300; i++) a[i] += b[i - 1];
            }
        },
        new Path("vector loop float") {
            Object make() { return new float[600]; }
            void write(Object x, int k) throws Throwable {
                float[] a = (float[]) x, b = new float[600]; for (int i = 0; i < 600; i++) b[i] = (float) i;
                for (int i = 0; i < a.length; i++) a[i] = b[i] * k;
                for (int i = 1; i < 300; i++) a[i] += b[i - 1];
            }
        },
        new Path("vector loop double") {
            Object make() { return new double[600]; }
            void write(Object x, int k) throws Throwable {
                double[] a = (double[]) x, b = new double[600]; for (int i = 0; i < 600; i++) b[i] = (double) i;
                for (int i = 0; i < a.length; i++) a[i] = b[i] * k;
                for (int i = 1; i < 300; i++) a[i] += b[i - 1];
            }
        },
        new Path("merged stores") {
            Object make() { return new byte[64]; }
            void write(Object x, int k) throws Throwable {
                byte[] b = (byte[]) x; long v = k * 0x0101_0307_1113_1719L;
                b[3] = (byte) v; b[4] = (byte) (v >> 8); b[5] = (byte) (v >> 16); b[6] = (byte) (v >> 24);
                b[16] = (byte) v; b[17] = (byte) (v >> 8); b[18] = (byte) (v >> 16); b[19] = (byte) (v >> 24); b[20] = (byte) (v >> 32); b[21] = (byte) (v >> 40); b[22] = (byte) (v >> 48); b[23] = (byte) (v >> 56);
                b[35] = (byte) (v >> 24); b[36] = (byte) (v >> 16); b[37] = (byte) (v >> 8); b[38] = (byte) v;
                b[40] = 1; b[41] = 2; b[42] = (byte) (3 + k % 2); b[43] = 4; b[44] = 0; b[45] = 0; b[46] = 0; b[47] = 0;
            }
        },
        new Path("reflection") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                BOOLEAN_REFLECT.setBoolean(o, (k & 1) != 0);
                BYTE_REFLECT.setByte(o, (byte) k);
                SHORT_REFLECT.setShort(o, (short) (k * 3));
                CHAR_REFLECT.setChar(o, (char) (k * 5));
                INT_REFLECT.setInt(o, k * 7);
                LONG_REFLECT.setLong(o, k * 0x1_0000_0007L);
                FLOAT_REFLECT.setFloat(o, k * 0.5f);
                DOUBLE_REFLECT.setDouble(o, k * 0.25);
                REF_REFLECT.set(o, o.bytes);
                Array.setByte(o.bytes, 3, (byte) k);
                Array.setInt(o.ints, 3, k * 7);
                Array.setLong(o.longs, 3, k * 0x1_0000_0007L);
                Array.set(o.objects, 3, o.ints); Array.set(o.ints, 4, k);
            }
        },
        new Path("method handle setters") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                BOOLEAN_SETTER.invokeExact(o, (k & 1) != 0);
                BYTE_SETTER.invokeExact(o, (byte) k);
                SHORT_SETTER.invokeExact(o, (short) (k * 3));
                CHAR_SETTER.invokeExact(o, (char) (k * 5));
                INT_SETTER.invokeExact(o, k * 7);
                LONG_SETTER.invokeExact(o, k * 0x1_0000_0007L);
                FLOAT_SETTER.invokeExact(o, k * 0.5f);
                DOUBLE_SETTER.invokeExact(o, k * 0.25);
                REF_SETTER.invokeExact(o, (Object) o.bytes); ELEMENT_SETTER.invokeExact(o.ints, 5, k);
            }
        },
        new Path("records, inner classes, deserialisation") {
            Object make() { return new Object[10]; }
            void write(Object x, int k) throws Throwable {
                Object[] d = (Object[]) x;
                PersistentHeap.allocate(() -> { d[0] = new Point(k, "p" + k); d[1] = new Serial(k); d[2] = new ObjectInputStream(new ByteArrayInputStream(SERIAL)).readObject(); ((Serial) d[2]).number = k; d[3] = Point.class.getDeclaredConstructor(int.class, String.class).newInstance(k, "q"); return null; });
            }
        },
        new Path("ByteBuffer.wrap") {
            Object make() { return new byte[400]; }
            void write(Object x, int k) throws Throwable {
                ByteBuffer b = ByteBuffer.wrap((byte[]) x);
                b.put((byte) k).putShort((short) k).putInt(k).putLong(k * 3L).putFloat(k).putDouble(k).putChar((char) k); b.order(ByteOrder.LITTLE_ENDIAN).putInt(40, k).putLong(51, k); b.put(100, pattern(k), 0, 50); b.position(200).put(pattern(k)); b.asIntBuffer().put(1, k); b.position(320); b.asLongBuffer().put(new long[] {k, 2}); b.position(350).put(ByteBuffer.allocateDirect(20).put(3, (byte) k));
            }
        },
        new Path("IntBuffer.wrap and others") {
            Object make() { return new Object[] {new int[20], new char[20], new double[20]}; }
            void write(Object x, int k) throws Throwable {
                Object[] a = (Object[]) x; IntBuffer.wrap((int[]) a[0]).put(k).put(new int[] {k, k + 1, 3}); CharBuffer.wrap((char[]) a[1]).put("text" + (char) (k + 60)); DoubleBuffer.wrap((double[]) a[2]).put(3, k).put(new double[] {k, 1});
            }
        },
        new Path("heap segments") {
            Object make() { return new byte[800]; }
            void write(Object x, int k) throws Throwable {
                MemorySegment s = MemorySegment.ofArray((byte[]) x);
                s.set(ValueLayout.JAVA_INT_UNALIGNED, 3, k); s.set(ValueLayout.JAVA_LONG_UNALIGNED, 9, k * 5L); s.asSlice(30, 7).fill((byte) k); s.asSlice(50, 300).fill((byte) (k + 1)); s.asSlice(400, 60).copyFrom(MemorySegment.ofArray(pattern(k)).asSlice(0, 60)); s.setString(500, "string" + k); MemorySegment.copy(s, 400, s, 405, 40); MemorySegment.copy(pattern(k), 0, s, ValueLayout.JAVA_BYTE, 600, 50); MemorySegment.copy(MemorySegment.ofArray(new int[] {k, 2, 3}), ValueLayout.JAVA_INT, 0, s, ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN), 700, 3);
            }
        },
        new Path("String.getBytes, getChars") {
            Object make() { return new Object[] {new byte[300], new char[300]}; }
            void write(Object x, int k) throws Throwable {
                Object[] a = (Object[]) x; String s = "latin text " + k + " abcdefghijklmnopqrstuvwxyz".repeat(3), u = "\u20ac" + s;
                s.getBytes(0, 50, (byte[]) a[0], k % 10); u.getBytes(1, 60, (byte[]) a[0], 100); s.getChars(0, 50, (char[]) a[1], k % 10); u.getChars(0, 60, (char[]) a[1], 100);
            }
        },
        new Path("StringBuilder") {
            Object make() { return new StringBuilder(500); }
            void write(Object x, int k) throws Throwable {
                StringBuilder b = (StringBuilder) x; PersistentHeap.allocate(() -> { b.append("latin ").append(k).append('c').append(1.5f).append(true).append(k * 1L); b.insert(2, "ins").setCharAt(1, (char) ('A' + k % 20)); b.deleteCharAt(0).reverse(); if (b.length() > 300) b.setLength(0); if ((k & 1) != 0) b.append("\u20ac\u20ad").append(new char[] {'x', 'y'}); return null; });
            }
        },
        new Path("charset encoders and decoders") {
            Object make() { return new Object[] {new byte[400], new char[400]}; }
            void write(Object x, int k) throws Throwable {
                Object[] a = (Object[]) x; String s = "ascii text with number " + k + " and a tail that is long enough".repeat(2);
                ByteBuffer b = ByteBuffer.wrap((byte[]) a[0]); StandardCharsets.US_ASCII.newEncoder().encode(CharBuffer.wrap(s.toCharArray()), b, true); StandardCharsets.ISO_8859_1.newEncoder().encode(CharBuffer.wrap((s + "\u00e9").toCharArray()), b, true); StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap((s + "\u20ac").toCharArray()), b, true);
                CharBuffer c = CharBuffer.wrap((char[]) a[1]); StandardCharsets.US_ASCII.newDecoder().decode(ByteBuffer.wrap(s.getBytes(StandardCharsets.US_ASCII)), c, true); StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap((s + "\u20ac").getBytes(StandardCharsets.UTF_8)), c, true); StandardCharsets.ISO_8859_1.newDecoder().decode(ByteBuffer.wrap(s.getBytes(StandardCharsets.ISO_8859_1)), c, true);
            }
        },
        new Path("Base64") {
            Object make() { return new Object[] {new byte[400], new byte[400]}; }
            void write(Object x, int k) throws Throwable {
                Object[] a = (Object[]) x; byte[] e = Base64.getEncoder().encode(pattern(k)); Base64.getEncoder().encode(pattern(k), (byte[]) a[0]); Base64.getDecoder().decode(e, (byte[]) a[1]); Base64.getUrlEncoder().withoutPadding().encode(pattern(k + 1), (byte[]) a[0]);
            }
        },
        new Path("MessageDigest MD5") {
            Object make() { return new byte[100]; }
            void write(Object x, int k) throws Throwable {
                byte[] d = (byte[]) x; MessageDigest m = MessageDigest.getInstance("MD5"); m.update(pattern(k)); for (int i = 0; i < 5; i++) m.update(pattern(k + i)); m.digest(d, k % 20, m.getDigestLength());
            }
        },
        new Path("MessageDigest SHA-1") {
            Object make() { return new byte[100]; }
            void write(Object x, int k) throws Throwable {
                byte[] d = (byte[]) x; MessageDigest m = MessageDigest.getInstance("SHA-1"); m.update(pattern(k)); for (int i = 0; i < 5; i++) m.update(pattern(k + i)); m.digest(d, k % 20, m.getDigestLength());
            }
        },
        new Path("MessageDigest SHA-256") {
            Object make() { return new byte[100]; }
            void write(Object x, int k) throws Throwable {
                byte[] d = (byte[]) x; MessageDigest m = MessageDigest.getInstance("SHA-256"); m.update(pattern(k)); for (int i = 0; i < 5; i++) m.update(pattern(k + i)); m.digest(d, k % 20, m.getDigestLength());
            }
        },
        new Path("MessageDigest SHA-512") {
            Object make() { return new byte[100]; }
            void write(Object x, int k) throws Throwable {
                byte[] d = (byte[]) x; MessageDigest m = MessageDigest.getInstance("SHA-512"); m.update(pattern(k)); for (int i = 0; i < 5; i++) m.update(pattern(k + i)); m.digest(d, k % 20, m.getDigestLength());
            }
        },
        new Path("MessageDigest SHA3-256") {
            Object make() { return new byte[100]; }
            void write(Object x, int k) throws Throwable {
                byte[] d = (byte[]) x; MessageDigest m = MessageDigest.getInstance("SHA3-256"); m.update(pattern(k)); for (int i = 0; i < 5; i++) m.update(pattern(k + i)); m.digest(d, k % 20, m.getDigestLength());
            }
        },
        new Path("Cipher AES/ECB/PKCS5Padding") {
            Object make() { return new Object[] {new byte[300], new byte[300]}; }
            void write(Object x, int k) throws Throwable {
                cipher("AES/ECB/PKCS5Padding", pattern(k), (byte[]) ((Object[]) x)[0], (byte[]) ((Object[]) x)[1]);
            }
        },
        new Path("Cipher AES/CBC/PKCS5Padding") {
            Object make() { return new Object[] {new byte[300], new byte[300]}; }
            void write(Object x, int k) throws Throwable {
                cipher("AES/CBC/PKCS5Padding", pattern(k), (byte[]) ((Object[]) x)[0], (byte[]) ((Object[]) x)[1]);
            }
        },
        new Path("Cipher AES/CTR/NoPadding") {
            Object make() { return new Object[] {new byte[300], new byte[300]}; }
            void write(Object x, int k) throws Throwable {
                cipher("AES/CTR/NoPadding", pattern(k), (byte[]) ((Object[]) x)[0], (byte[]) ((Object[]) x)[1]);
            }
        },
        new Path("Cipher AES/GCM/NoPadding") {
            Object make() { return new Object[] {new byte[300], new byte[300]}; }
            void write(Object x, int k) throws Throwable {
                cipher("AES/GCM/NoPadding", pattern(k), (byte[]) ((Object[]) x)[0], (byte[]) ((Object[]) x)[1]);
            }
        },
        new Path("Cipher ChaCha20-Poly1305") {
            Object make() { return new Object[] {new byte[300], new byte[300]}; }
            void write(Object x, int k) throws Throwable {
                cipher("ChaCha20-Poly1305", pattern(k), (byte[]) ((Object[]) x)[0], (byte[]) ((Object[]) x)[1]);
            }
        },
        new Path("BigInteger") {
            Object make() { return new Object[4]; }
            void write(Object x, int k) throws Throwable {
                Object[] d = (Object[]) x;
                if (PersistentHeap.contains(d)) PersistentHeap.allocate(() -> { compute(d, k); return null; }); else compute(d, k);
            }
            // Volatile numbers get the loops compiled with their intrinsics. Each intrinsic that meets a persistent
            // array is a deoptimisation: there a shorter exponent will do.
            void compute(Object[] d, int k) {
                BigInteger b = BigInteger.valueOf(k + 3).pow(150), m = b.shiftRight(17).setBit(0), e = k < 110 ? BigInteger.valueOf(k + 3).pow(20) : m;
                d[0] = b.multiply(m); d[1] = b.multiply(b).shiftLeft(k); d[2] = b.modPow(e, m.add(BigInteger.TWO)); d[3] = b.divide(m.shiftRight(200));
            }
        },
        new Path("Deflater, Inflater, CRC") {
            Object make() { return new Object[] {new byte[400], new byte[400]}; }
            void write(Object x, int k) throws Throwable {
                Object[] a = (Object[]) x; Deflater d = new Deflater(); d.setInput(pattern(k)); d.finish(); int n = d.deflate((byte[]) a[0]); d.end(); Inflater i = new Inflater(); i.setInput((byte[]) a[0], 0, n); i.inflate((byte[]) a[1], k % 7, 300); i.end();
            }
        },
        new Path("file reads") {
            Object make() { return new byte[300]; }
            void write(Object x, int k) throws Throwable {
                byte[] b = (byte[]) x; try (FileInputStream in = new FileInputStream(file(k))) { in.read(b, 3, 100); } try (RandomAccessFile in = new RandomAccessFile(file(k), "r")) { in.readFully(b, 110, 60); } try (FileChannel c = FileChannel.open(file(k).toPath())) { c.read(ByteBuffer.wrap(b, 200, 50)); }
            }
        },
        new Path("adjacent and overlapping") {
            Object make() { return new byte[256]; }
            void write(Object x, int k) throws Throwable {
                byte[] b = (byte[]) x; long at = Unsafe.ARRAY_BYTE_BASE_OFFSET;
                b[62] = (byte) k; b[63] = (byte) (k + 1); b[64] = (byte) (k + 2);
                U.copyMemory(pattern(k), at, b, at + 48 - 16, 32); U.copyMemory(pattern(k + 1), at, b, at + 48, 32);
                U.putLong(b, at + 96, k); U.putInt(b, at + 100, k + 5); U.putByte(b, at + 101, (byte) 77); U.putLong(b, at + 96 + 4, k * 9L); b[128] = 1; U.putLong(b, at + 128, k * 3L); b[135] = 4;
            }
        },
        new Path("savepoints") {
            Object make() { return new byte[64]; }
            void write(Object x, int k) throws Throwable {
                byte[] b = (byte[]) x; long at = Unsafe.ARRAY_BYTE_BASE_OFFSET;
                b[1] = (byte) k;
                try (Txn t = Txn.begin()) { if (PersistentHeap.contains(b)) { b[1] = (byte) (k + 1); U.putInt(b, at, 0x7f7f7f7f); b[0] = 3; } t.rollback(); }
                b[2] = (byte) k;
                try (Txn t = Txn.begin()) { U.putInt(b, at + 8, k); t.commit(); }
            }
        },
        new Path("callee at depth 1") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                deep((Data) x, k, 1);
            }
        },
        new Path("callee at depth 10") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                deep((Data) x, k, 10);
            }
        },
        new Path("callee at depth 200") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                deep((Data) x, k, 200);
            }
        },
        new Path("OSR") {
            Object make() { return new int[50]; }
            void write(Object x, int k) throws Throwable {
                int[] a = (int[]) x; int s = 0; for (int i = 0; i < 30_000; i++) { a[(i + k) % 50] = i + k; s += a[i % 50]; } a[0] = s;
            }
        },
        new Path("deoptimisation") {
            Object make() { return new Data(); }
            void write(Object x, int k) throws Throwable {
                Data o = (Data) x;
                o.fInt = k; o.fLong = shape(k); o.ref = k == RARE ? o : o.ints; o.fByte = (byte) k; if (k == RARE) o.fShort = (short) rare(o, k); o.fChar = (char) k;
            }
        },
        new Path("scalar-replaced, materialised") {
            Object make() { return new Object[2]; }
            void write(Object x, int k) throws Throwable {
                Object[] d = (Object[]) x; Point3 p = new @Persistent Point3(); p.x = k; p.y = p.x + 1; int[] t = new @Persistent int[4]; t[2] = k; if (k >= 0 && k < WARM) { d[0] = p; d[1] = t; } else { p.x += t[2]; }
            }
        },
    };

    // ---- The state of an object, in words; the same for twins ----
    static String state(Object o) { return state(o, new IdentityHashMap<>()); }

    static String state(Object o, Map<Object, Integer> seen) {
        if (o == null) return "null";
        if (o instanceof String || o instanceof Number && !(o instanceof AtomicReference) || o instanceof Boolean
                || o instanceof Character || o instanceof CharSequence) {
            return o.toString();
        }
        Integer id = seen.putIfAbsent(o, seen.size());
        if (id != null) return "#" + id;
        if (o.getClass().isArray()) {
            StringBuilder b = new StringBuilder("[");
            for (int i = 0; i < Array.getLength(o); i++) b.append(state(Array.get(o, i), seen)).append(' ');
            return b.append(']').toString();
        }
        if (o instanceof AtomicReference<?> a) return "ref " + state(a.get(), seen);
        if (o instanceof AtomicReferenceArray<?> a) {
            StringBuilder b = new StringBuilder("refs ");
            for (int i = 0; i < a.length(); i++) b.append(state(a.get(i), seen)).append(' ');
            return b.toString();
        }
        if (o.getClass().getName().startsWith("java.")) return o.toString();
        StringBuilder b = new StringBuilder(o.getClass().getSimpleName()).append('{');
        try {
            for (Field f : o.getClass().getDeclaredFields()) {
                if (Modifier.isStatic(f.getModifiers())) continue;
                f.setAccessible(true);
                b.append(f.getName()).append('=').append(state(f.get(o), seen)).append(' ');
            }
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
        return b.append('}').toString();
    }

    // ---- One tier ----
    static class Writer {
        static final WhiteBox WB = WhiteBox.getWhiteBox();

        static void compile(Path path, int level) throws Exception {
            Method m = path.getClass().getDeclaredMethod("write", Object.class, int.class);
            if (level == 0) {
                if (WB.isMethodCompiled(m)) throw new AssertionError("compiled");
                return;
            }
            for (int n = 0; n < 6000 && WB.getMethodCompilationLevel(m) != level; n++) {
                if (!WB.isMethodQueuedForCompilation(m)) WB.enqueueMethodForCompilation(m, level);
                Thread.sleep(10);
            }
            if (WB.getMethodCompilationLevel(m) != level) {
                throw new AssertionError("compiled at level " + WB.getMethodCompilationLevel(m));
            }
        }

        static void same(String what, String found, String wanted) {
            if (!found.equals(wanted)) throw new AssertionError(what + ": " + found + " instead of " + wanted);
        }

        static void rollback(Path path, Object o, int k) throws Throwable {
            String before = state(o);
            boolean stored = false;
            for (int i = k; i < k + 2; i++) {           // some store other values for odd numbers only
                try (Txn txn = Txn.begin()) {
                    path.write(o, i);
                    stored |= !state(o).equals(before);
                    txn.rollback();
                }
                same("after rollback", state(o), before);
            }
            if (!stored) throw new AssertionError("nothing stored");
        }

        static void run(Path path, int level, Map<String, String> expected) throws Throwable {
            Object warm = path.make();
            for (int i = 0; i < (level == 0 ? 2 : 150); i++) path.write(warm, 100 + i % 50);
            compile(path, level);
            try (Txn txn = Txn.begin()) {
                PersistentHeap.setRoot(path.name, PersistentHeap.allocate(path::make));
                txn.commit();
            }
            Object o = PersistentHeap.root(path.name, Object.class);
            if (!PersistentHeap.contains(o)) throw new AssertionError("made a volatile object");
            Object twin = path.make();
            rollback(path, o, 3);
            path.write(twin, 5);
            try (Txn txn = Txn.begin()) {
                path.write(o, 5);
                txn.commit();
            }
            same("after commit", state(o), state(twin));
            path.write(twin, 7);
            path.write(o, 7);
            same("after a store outside a transaction", state(o), state(twin));
            // And with code that has met persistent objects.
            for (int i = 0; i < 10; i++) {
                int k = 100 + i;
                path.write(twin, k);
                try (Txn txn = Txn.begin()) {
                    path.write(o, k);
                    txn.commit();
                }
            }
            compile(path, level);
            rollback(path, o, 8);
            path.write(twin, 11);
            try (Txn txn = Txn.begin()) {
                path.write(o, 11);
                txn.commit();
            }
            same("after more commits", state(o), state(twin));
            Txn.run(() -> PersistentHeap.allocate(() -> expected.put(path.name, state(twin))));
        }

        public static void main(String[] args) throws Throwable {
            int level = Integer.parseInt(args[0]);
            try (Txn txn = Txn.begin()) {
                PersistentHeap.setRoot("expected", PersistentHeap.allocate(() -> new HashMap<String, String>()));
                txn.commit();
            }
            @SuppressWarnings("unchecked")
            Map<String, String> expected = PersistentHeap.root("expected", Map.class);
            for (Path path : PATHS) {
                if (!path.name.matches(args[1]) || !path.name.contains(args[2])) continue;
                try {
                    run(path, level, expected);
                    System.out.println("RESULT " + path.name + " = ok");
                } catch (Throwable e) {
                    System.out.println("RESULT " + path.name + " = " + String.valueOf(e).replace('\n', ' '));
                    e.printStackTrace(System.out);
                }
            }
            PersistentHeap.force();
            System.out.println("READY");
            Thread.sleep(3_600_000);        // until killed
        }
    }

    static class Reader {
        public static void main(String[] args) {
            Map<?, ?> expected = PersistentHeap.root("expected", Map.class);
            for (Path path : PATHS) {
                String wanted = (String) expected.get(path.name);
                if (wanted == null) continue;
                String found = state(PersistentHeap.root(path.name, Object.class));
                System.out.println("RESULT " + path.name + " = " + (found.equals(wanted) ? "ok" : "reopened " + found + " instead of " + wanted));
            }
        }
    }

    // ---- All tiers ----
    static ProcessBuilder builder(String heap, String main, List<String> flags, String... args) {
        List<String> command = new ArrayList<>(List.of("-Xmx256m", "-XX:PersistentHeap=" + heap, "-XX:PersistentHeapSize=256m",
            "-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapAudit", "-XX:PersistentHeapAuditInterval=400",
            "-Xbootclasspath/a:.", "-XX:+WhiteBoxAPI", "-XX:-CreateCoredumpOnCrash",
            "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED"));
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
        command.addAll(List.of(args));
        return ProcessTools.createLimitedTestJavaProcessBuilder(command);
    }

    static Map<String, String> results(String output) {
        Map<String, String> map = new LinkedHashMap<>();
        output.lines().filter(l -> l.startsWith("RESULT ")).forEach(l -> {
            int at = l.indexOf(" = ");
            map.put(l.substring(7, at), l.substring(at + 3));
        });
        return map;
    }

    // Runs one tier; its column of the table.
    static Map<String, String> column(Tier tier, String only) throws Exception {
        long start = System.nanoTime();
        StringBuilder say = new StringBuilder();
        String heap = "heap-" + tier.name;
        File log = new File("writer-" + tier.name + ".txt");
        Process writer = builder(heap, "StorePaths$Writer", List.of(tier.flags), "" + tier.level, tier.paths, only)
            .redirectErrorStream(true).redirectOutput(log).start();
        String output;
        while (true) {
            output = Files.readString(log.toPath(), StandardCharsets.ISO_8859_1);
            if (output.contains("READY") || !writer.isAlive()) break;
            writer.waitFor(200, TimeUnit.MILLISECONDS);
        }
        if (!output.contains("READY")) say.append(output);
        writer.destroyForcibly().waitFor();
        Map<String, String> written = results(output);
        OutputAnalyzer reader = new OutputAnalyzer(builder(heap, "StorePaths$Reader", List.of("-XX:TieredStopAtLevel=1")).start());
        Map<String, String> read = results(reader.getOutput());
        if (reader.getExitValue() != 0) say.append(reader.getOutput());
        Map<String, String> column = new HashMap<>();
        for (Path path : PATHS) {
            if (!path.name.contains(only)) continue;
            if (!tier.covers(path)) {
                column.put(path.name, "as C2");
                continue;
            }
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

    // Property paths: only those with the text in their name; tier: only that one.
    public static void main(String[] args) throws Exception {
        String only = System.getProperty("paths", ""), onlyTier = System.getProperty("tier", "");
        ExecutorService pool = Executors.newFixedThreadPool(2);
        Map<Tier, Future<Map<String, String>>> columns = new LinkedHashMap<>();
        for (Tier tier : TIERS) {
            if (onlyTier.isEmpty() || tier.name.equals(onlyTier)) columns.put(tier, pool.submit(() -> column(tier, only)));
        }
        pool.shutdown();
        Map<String, Map<Tier, String>> table = new TreeMap<>();
        for (Tier tier : columns.keySet()) {
            columns.get(tier).get().forEach((path, cell) -> table.computeIfAbsent(path, p -> new HashMap<>()).put(tier, cell));
        }
        int bad = 0;
        System.out.printf("%-45s", "");
        for (Tier tier : columns.keySet()) System.out.printf("%-12s", tier.name);
        System.out.println();
        for (String path : table.keySet()) {
            System.out.printf("%-45s", path);
            for (Tier tier : columns.keySet()) {
                String cell = table.get(path).getOrDefault(tier, "BAD");
                if (cell.equals("BAD")) bad++;
                System.out.printf("%-12s", cell);
            }
            System.out.println();
        }
        if (table.size() < 100 && only.isEmpty()) throw new AssertionError("only " + table.size() + " paths");
        if (bad != 0) throw new AssertionError(bad + " cells are bad");
    }
}
