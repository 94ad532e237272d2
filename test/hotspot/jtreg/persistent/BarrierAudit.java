/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary With any one of the store barriers left out, the audit fails and names what was lost
 * @requires vm.debug
 * @library /test/lib
 * @build JNIStores
 * @run main/othervm/native/timeout=600 BarrierAudit
 */

import java.io.File;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import jdk.test.lib.process.OutputAnalyzer;
import jdk.test.lib.process.ProcessTools;

public class BarrierAudit {
    static final String[] INT = {"-Xint"};
    static final String[] C1  = {"-XX:TieredStopAtLevel=1", "-Xbatch", "-XX:CompileCommand=compileonly,BarrierAudit$Program::hot*"};
    static final String[] C2  = {"-XX:-TieredCompilation", "-Xbatch", "-XX:CompileCommand=compileonly,BarrierAudit$Program::hot*"};

    // A barrier, the program that stores by it alone, what the audit has to name.
    enum Case {
        interpreter(INT, "RootDirectory"),
        c1(C1, "field count"),
        c2_store(C2, "field count"),
        c2_guard(C2, "[I at"),
        unsafe_put(INT, "field count"),
        unsafe_atomic(INT, "field count"),
        unsafe_memory(INT, "[B at"),
        array_copy(INT, "[I at"),
        array_set(INT, "offset 400012"),
        field_put(INT, "field i"),
        reference(INT, "offset 400012"),
        array_region(INT, "[I at"),
        array_critical(INT, "[B at");

        final String[] flags;
        final String named;
        Case(String[] flags, String named) {
            this.flags = flags;
            this.named = named;
        }
    }

    public static class Program {
        static final class Data {
            int count;
            int[] ints = new @Persistent int[100_000];              // the audit compares large arrays piece by piece
            byte[] bytes = new @Persistent byte[100];
            Object[] objects = new @Persistent Object[100_000];
        }

        static final VarHandle COUNT;
        static {
            try {
                COUNT = MethodHandles.lookup().findVarHandle(Data.class, "count", int.class);
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
        }

        static void hotField(Data d, int v)            { d.count = v; }
        static void hotCopy(int[] from, int[] to)      { System.arraycopy(from, 0, to, 0, from.length); }

        public static void main(String[] args) throws Throwable {
            Data o = PersistentHeap.root("o", Data.class, () -> new @Persistent Data());
            int[] from = new int[100];
            Arrays.fill(from, 7);
            switch (Case.valueOf(args[0])) {
                case interpreter -> o.count = 1;
                case c1, c2_store -> {
                    Data v = new Data();
                    for (int i = 0; i < 50_000; i++) hotField(v, i);
                    hotField(o, 1);
                }
                case c2_guard -> {
                    int[] to = new int[100];
                    for (int i = 0; i < 50_000; i++) hotCopy(from, to);
                    hotCopy(from, o.ints);
                }
                case unsafe_put     -> COUNT.setVolatile(o, 1);
                case unsafe_atomic  -> COUNT.compareAndSet(o, 0, 1);
                case unsafe_memory  -> MemorySegment.ofArray(o.bytes).fill((byte) 1);
                case array_copy     -> System.arraycopy(from, 0, o.ints, 0, 100);
                case array_set      -> Array.setInt(o.ints, 99_999, 1);
                case field_put      -> {
                    JNIStores.Data d = PersistentHeap.root("d", JNIStores.Data.class, () -> new JNIStores.@Persistent Data());
                    JNIStores.setFields(d, 3, null);
                }
                case reference      -> JNIStores.setElement(o.objects, 99_999, o.ints);
                case array_region   -> JNIStores.setRegions(new byte[10], new short[10], new char[10], o.ints, new long[10],
                                                            new float[10], new double[10], new boolean[10], 3);
                case array_critical -> JNIStores.critical(o.bytes, 10, 1, 0);
            }
        }
    }

    static OutputAnalyzer run(Case c, boolean skip) throws Exception {
        List<String> command = new ArrayList<>(List.of("-Xmx64m", "-XX:PersistentHeap=heap-" + c + "-" + skip,
            "-XX:PersistentHeapSize=32m", "-XX:PersistentHeapLogSize=8m", "-XX:+UnlockDiagnosticVMOptions",
            "-XX:+PersistentHeapAudit", "-XX:-CreateCoredumpOnCrash", "-Djava.library.path=" + System.getProperty("java.library.path")));
        command.addAll(List.of(c.flags));
        if (skip) command.add("-XX:PersistentHeapSkipBarrier=" + c);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "BarrierAudit$Program", c.name()));
        return new OutputAnalyzer(ProcessTools.createLimitedTestJavaProcessBuilder(command).start());
    }

    public static void main(String[] args) throws Exception {
        for (Case c : Case.values()) {
            OutputAnalyzer whole = run(c, false);
            whole.shouldHaveExitValue(0).shouldContain(" 0 differences");
            OutputAnalyzer broken = run(c, true);
            broken.shouldNotHaveExitValue(0);
            broken.shouldMatch("audit: .*" + java.util.regex.Pattern.quote(c.named)).shouldMatch("memory and media differ|memory has");
            System.out.println("found: " + c);
        }
        // The names are the VM's.
        OutputAnalyzer unknown = ProcessTools.executeLimitedTestJava("-XX:PersistentHeap=heap-x", "-XX:PersistentHeapSkipBarrier=nonsense", "-version");
        unknown.shouldHaveExitValue(1).shouldContain("there is no such barrier");
    }
}
