/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary A redefinition that changes nothing but the annotation of an allocation makes another method; one that changes nothing does not
 * @library /test/lib
 * @modules java.instrument
 * @run main RedefineSites jar
 * @run main/othervm RedefineSites
 */

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.attribute.RuntimeVisibleTypeAnnotationsAttribute;
import java.lang.instrument.ClassDefinition;
import java.lang.instrument.Instrumentation;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import jdk.test.lib.helpers.ClassFileInstaller;
import jdk.test.lib.process.OutputAnalyzer;
import jdk.test.lib.process.ProcessTools;

public class RedefineSites {
    static Instrumentation inst;
    public static void premain(String args, Instrumentation i) { inst = i; }

    static class Sites {
        static Object object(Runnable before) { before.run(); return new @Persistent Object(); }
        static Object array(Runnable before)  { before.run(); return new long @Persistent [2]; }
        static Object multi(Runnable before)  { before.run(); return new String @Persistent [2][2]; }
    }

    static final Runnable NOTHING = () -> { };

    static void check(boolean persistent) {
        if (PersistentHeap.contains(Sites.object(NOTHING)) != persistent || PersistentHeap.contains(Sites.array(NOTHING)) != persistent ||
            PersistentHeap.contains(Sites.multi(NOTHING)) != persistent) {
            throw new AssertionError();
        }
    }

    static class Program {
        static void redefine(String what, byte[] bytes) {
            try {
                System.out.println(what);
                inst.redefineClasses(new ClassDefinition(Sites.class, bytes));
                System.out.println("done");
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }

        public static void main(String[] args) throws Exception {
            byte[] marked;
            try (var in = RedefineSites.class.getResourceAsStream("RedefineSites$Sites.class")) {
                marked = in.readAllBytes();
            }
            ClassFile cf = ClassFile.of();
            byte[] unmarked = cf.transformClass(cf.parse(marked), ClassTransform.transformingMethodBodies(
                    CodeTransform.ACCEPT_ALL.andThen((b, e) -> { if (!(e instanceof RuntimeVisibleTypeAnnotationsAttribute)) b.with(e); })));
            check(true);
            redefine("same", marked);
            check(true);
            // The frame that is active runs its own version to the end.
            if (!PersistentHeap.contains(Sites.object(() -> redefine("remove", unmarked)))) throw new AssertionError("frame");
            check(false);
            redefine("same", unmarked);
            check(false);
            if (PersistentHeap.contains(Sites.multi(() -> redefine("add", marked)))) throw new AssertionError("frame");
            check(true);
        }
    }

    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            ClassFileInstaller.writeJar("agent.jar", ClassFileInstaller.Manifest.fromString(
                    "Premain-Class: RedefineSites\nCan-Redefine-Classes: true\n"), "RedefineSites");
            return;
        }
        for (String mode : new String[] {"-Xint", "-Xcomp"}) {
            OutputAnalyzer out = ProcessTools.executeTestJava("-javaagent:agent.jar", "-XX:PersistentHeap=heap", "-XX:PersistentHeapSize=32m",
                mode, "-XX:CompileCommand=compileonly,RedefineSites*::*", "-XX:CompileCommand=quiet",
                "-Xlog:redefine+class+obsolete+mark=trace", "-cp", System.getProperty("java.class.path"), "RedefineSites$Program");
            out.shouldHaveExitValue(0);
            // The constructor is always equivalent.
            out.shouldMatch("(?s)same\\R[^E]*EMCP_cnt=4, obsolete_cnt=0.*remove\\R.*EMCP_cnt=1, obsolete_cnt=3.*" +
                            "same\\R.*EMCP_cnt=4, obsolete_cnt=0.*add\\R.*EMCP_cnt=1, obsolete_cnt=3");
        }
    }
}
