/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary What compiled code allocates in PersistentHeap.allocate with ordinary bytecodes and intrinsics is persistent, and what the
 *          same code stores to it after it was committed is logged; its references to volatile objects follow these. Compiled code that
 *          has met persistent objects stays
 * @build Heap
 * @run main AllocateCompiledTest
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

public class AllocateCompiledTest {
    static final class Box implements Cloneable {
        long v;
        Object link;

        Box copy() {
            try {
                return (Box) clone();
            } catch (CloneNotSupportedException e) {
                throw new AssertionError(e);
            }
        }
    }

    static final int COUNT = 8;
    static final int ROUNDS = 120;
    static Object[] root;

    /** Not inlined: compiled code knows nothing of the commit. */
    static void publish(int n, Object o) {
        Txn.run(() -> root[n] = o);
    }

    // ---- Compiled: names begin with "make". What they allocate looks volatile to the compiler. ----

    static void makeInstance() {
        Box b = new Box();
        publish(0, b);
        b.v = 42;
        b.link = TimeUnit.DAYS;
    }

    static void makeLongs(int n) {
        long[] a = new long[n];
        publish(1, a);
        a[2] = 42;
    }

    static void makeReferences(int n) {
        Object[] a = new Object[n];
        publish(2, a);
        a[1] = TimeUnit.DAYS;
        a[2] = String.class;
    }

    static void makeMulti(int n) {
        int[][] a = new int[n][3];
        publish(3, a);
        a[1][1] = 42;
    }

    static void makeClone(Class<?>[] from) {
        Class<?>[] a = from.clone();
        publish(4, a);
        a[1] = long.class;
    }

    static void makeCopy(Object[] from) {
        Object[] a = Arrays.copyOf(from, 4);
        publish(5, a);
        a[3] = String.class;
    }

    static void makeInstanceClone(Box from) {
        Box b = from.copy();
        publish(6, b);
        b.v = 43;
    }

    static void makeReflected(Class<?> type) {
        Object[] a = (Object[]) Array.newInstance(type, 3);
        publish(7, a);
        a[0] = TimeUnit.DAYS;
    }

    /** An intrinsic that writes to a persistent array. */
    static void makeCopyInto(Object[] from) {
        Object[] a = (Object[]) root[5];
        a[0] = null;
        a[1] = null;
        System.arraycopy(from, 0, a, 0, 2);
    }

    /** Outside PersistentHeap.allocate the same code makes volatile objects. */
    static Object[] makeEither(int n) {
        Object[] a = new Object[n];
        a[0] = new Box();
        return a;
    }

    /** In both once: who comes second finds it noted in the profile, and its own code without. */
    static long[] inlined(int n) {
        return new long[n];
    }

    static long[] makeFirst(int n) {
        return inlined(n);
    }

    static long[] makeSecond(int n) {
        return inlined(n);
    }

    static String makeConcatenated(int n) {
        return new StringBuilder().append("a").append(n).append("b").toString();
    }

    static void fill(long[] to, long[] from) {
        System.arraycopy(from, 0, to, 0, from.length);
    }

    static long[] either;

    /** What the intrinsic finds out about the array does not hold for the call beside it. */
    static long makeFilled(long[] from, int times) {
        long sum = 0;
        for (int i = 0; i < times; i++) {
            long[] to = either;
            fill(to, from);
            for (int j = 0; j < from.length && j < to.length; j++) sum += to[j];
        }
        return sum;
    }

    // ----

    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            root = PersistentHeap.root("root", Object[].class, () -> new @Persistent Object[COUNT]);
            if (args[0].equals("work")) {
                work();
                Runtime.getRuntime().halt(0);
            }
            check();
            return;
        }
        String[] audit = {"-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapAudit"};
        String[] only = {"-XX:CompileCommand=quiet", "-XX:CompileCommand=compileonly,AllocateCompiledTest::make*",
                         "-XX:CompileCommand=dontinline,AllocateCompiledTest::publish"};
        for (List<String> tier : List.of(List.of("-Xint"), List.of("-XX:TieredStopAtLevel=1", "-Xcomp"), List.of("-XX:-TieredCompilation", "-Xcomp"),
                                         List.of("-XX:-TieredCompilation", "-Xbatch", "-XX:CompileThreshold=4", "-XX:-DoEscapeAnalysis"))) {
            Heap heap = new Heap("compiled");
            heap.with(audit).with(only).with(tier.toArray(String[]::new)).run(AllocateCompiledTest.class, "work");
            heap.with(audit).run(AllocateCompiledTest.class, "check").shouldContain(", 0 differences");
        }
        Heap heap = new Heap("settled");
        Heap.Result result = heap.with(audit).with(only).with("-XX:+TraceDeoptimization", "-XX:+PrintCompilation",
                    "-XX:-TieredCompilation", "-Xbatch", "-XX:CompileThreshold=4").run(AllocateCompiledTest.class, "work");
        String[] output = result.output().split("SETTLED");
        Heap.check(output.length == 2, "did not say SETTLED");
        int adapted = 0;
        for (Method m : AllocateCompiledTest.class.getDeclaredMethods()) {
            if (!m.getName().startsWith("make")) continue;
            List<String> code = output[0].lines().filter(line -> line.contains("AllocateCompiledTest::" + m.getName() + " ")).toList();
            Heap.check(!code.isEmpty() && !code.getLast().contains("made not entrant"), m.getName() + " is not compiled: " + code);
            adapted += code.size() > 1 ? 1 : 0;
        }
        Heap.check(adapted >= 8, "code of " + adapted + " methods was left at first");
        List<String> left = output[1].lines().filter(line -> line.contains("AllocateCompiledTest.make") || line.contains("made not entrant")).toList();
        Heap.check(left.isEmpty(), "code is left again and again: " + left);
    }

    static void work() throws Exception {
        Class<?>[] classes = {String.class, int.class};
        Object[] objects = {TimeUnit.DAYS, String.class};
        Box box = new Box();
        box.v = 7;
        box.link = TimeUnit.HOURS;
        long[] numbers = {5, 6, 7};
        long[] inV = new long[3];
        makeFirst(1);
        makeSecond(1);
        for (int i = 0; i < ROUNDS; i++) {
            if (i == ROUNDS / 2) System.out.println("SETTLED");
            PersistentHeap.allocate(() -> {
                makeInstance();
                makeLongs(10);
                makeReferences(3);
                makeMulti(4);
                makeClone(classes);
                makeCopy(objects);
                makeInstanceClone(box);
                makeReflected(Object.class);
                makeCopyInto(objects);
                Object[] either = makeEither(2);
                Heap.check(PersistentHeap.contains(either) && PersistentHeap.contains(either[0]), "volatile in allocate");
                Heap.check(PersistentHeap.contains(makeFirst(2)) && PersistentHeap.contains(makeSecond(2)), "volatile in allocate");
                Heap.check(makeConcatenated(7).equals("a7b"), "concatenated");
                return null;
            });
            for (long[] to : new long[][] {inV, (long[]) root[1]}) {
                AllocateCompiledTest.either = to;
                to[0] = 0;
                Heap.check(makeFilled(numbers, 3) == 3 * (5 + 6 + 7) && to[0] == 5, "filled");
            }
            ((long[]) root[1])[2] = 42;
            Object[] either = makeEither(2);
            Heap.check(!PersistentHeap.contains(either) && !PersistentHeap.contains(either[0]), "persistent outside allocate");
            for (int n = 0; n < COUNT; n++) {
                Heap.check(PersistentHeap.contains(root[n]), "object " + n + " is volatile");
            }
            check();
            if (i % 20 == 0) System.gc();       // moves what they refer to
            check();
        }
    }

    static void check() {
        Box b = (Box) root[0];
        Heap.check(b.v == 42 && b.link == TimeUnit.DAYS, "instance: " + b.v + " " + b.link);
        Heap.check(((long[]) root[1])[2] == 42, "long[]");
        Heap.equal(root[2], new Object[] {null, TimeUnit.DAYS, String.class});
        Heap.check(((int[][]) root[3])[1][1] == 42, "int[][]");
        Heap.equal(root[4], new Object[] {String.class, long.class});
        Heap.equal(root[5], new Object[] {TimeUnit.DAYS, String.class, null, String.class});
        b = (Box) root[6];
        Heap.check(b.v == 43 && b.link == TimeUnit.HOURS, "clone of an instance: " + b.v + " " + b.link);
        Heap.equal(root[7], new Object[] {TimeUnit.DAYS, null, null});
    }
}
