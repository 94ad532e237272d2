/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Annotated allocations of classes that java.lang.classfile has transformed: kept if their offsets are still
 *          right, a warning with class, method and bci if they are not
 * @library /test/lib
 * @run main/othervm/timeout=300 TransformedSites
 */

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.invoke.MethodHandles;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;

import jdk.test.lib.process.OutputAnalyzer;
import jdk.test.lib.process.ProcessTools;

public class TransformedSites {
    static class Plain     { static Object make() { return new @Persistent Object(); } }
    static class Nops      { static Object make() { return new @Persistent Object(); } }
    static class Branches  { static Object make() { return new @Persistent Object(); } }
    static class Elsewhere { static Object make() { Object[] other = new Object[0]; return new @Persistent Object(); } }

    static class Program {
        // Once, before the first instruction.
        static CodeTransform first(java.util.function.Consumer<CodeBuilder> what) {
            return CodeTransform.ofStateful(() -> new CodeTransform() {
                boolean done;
                @Override public void accept(CodeBuilder b, CodeElement e) {
                    if (!done && e instanceof java.lang.classfile.Instruction) {
                        done = true;
                        what.accept(b);
                    }
                    b.with(e);
                }
            });
        }

        public static void main(String[] args) throws Exception {
            // Only their names are used here: the classes must not be loaded yet.
            run("TransformedSites$Plain", true, CodeTransform.ACCEPT_ALL);
            run("TransformedSites$Nops", false, first(b -> { for (int i = 0; i < 20; i++) b.nop(); }));
            run("TransformedSites$Branches", false, first(b -> b.iconst_1().ifThen(t -> t.nop())));
            // The stale offset is in the middle of an instruction. (If it were that of another
            // allocation nobody could tell.)
            run("TransformedSites$Elsewhere", false, first(b -> b.lconst_0().pop2().nop()));
        }

        static void run(String name, boolean expected, CodeTransform transform) throws Exception {
            byte[] bytes;
            try (var in = Program.class.getResourceAsStream(name + ".class")) {
                bytes = in.readAllBytes();
            }
            ClassFile cf = ClassFile.of();
            bytes = cf.transformClass(cf.parse(bytes),
                ClassTransform.transformingMethodBodies(m -> m.methodName().equalsString("make"), transform));
            Class<?> changed = MethodHandles.lookup().defineClass(bytes);
            var make = changed.getDeclaredMethod("make");
            make.setAccessible(true);
            Object o = make.invoke(null);
            if (PersistentHeap.contains(o) != expected) {
                throw new AssertionError(name + (expected ? ": volatile" : ": persistent"));
            }
            System.out.println(name + " done");
        }
    }

    public static void main(String[] args) throws Exception {
        OutputAnalyzer out = ProcessTools.executeTestJava("-XX:PersistentHeap=heap", "-XX:PersistentHeapSize=32m",
            "-cp", System.getProperty("java.class.path"), "TransformedSites$Program");
        out.shouldHaveExitValue(0);
        for (String name : new String[] {"Plain", "Nops", "Branches", "Elsewhere"}) out.shouldContain("$" + name + " done");
        for (String name : new String[] {"Nops", "Branches", "Elsewhere"}) {
            out.shouldMatch("\\[warning\\]\\[pheap.*TransformedSites\\$" + name + ".*make.*\\d");
        }
        out.shouldNotMatch("\\[warning\\]\\[pheap.*TransformedSites\\$Plain");
    }
}
