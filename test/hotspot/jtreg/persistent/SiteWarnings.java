/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Offsets that are no allocation's give a warning with class, method and bci; corrupt and abundant annotations do no harm
 * @library /test/lib
 * @run main/othervm/timeout=300 SiteWarnings
 */

import java.lang.classfile.Annotation;
import java.lang.classfile.ClassFile;
import java.lang.classfile.Label;
import java.lang.classfile.TypeAnnotation;
import java.lang.classfile.TypeAnnotation.TargetInfo;
import java.lang.classfile.attribute.RuntimeVisibleTypeAnnotationsAttribute;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.persistent.PersistentHeap;
import java.util.Collections;
import java.util.List;
import jdk.test.lib.process.OutputAnalyzer;
import jdk.test.lib.process.ProcessTools;

public class SiteWarnings {
    static class Program {
        static final ClassDesc MARK = ClassDesc.of("java.lang.persistent.Persistent");

        // nops, then `new` at 2, dup at 5, invokespecial at 6, areturn at 9
        static byte[] object(String name) {
            return ClassFile.of().build(ClassDesc.of(name), cb -> cb.withMethodBody("make",
                    MethodTypeDesc.of(ConstantDescs.CD_Object), ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC, c -> {
                Label at = c.newLabel();
                c.nop().nop().labelBinding(at).new_(ConstantDescs.CD_Object).dup()
                 .invokespecial(ConstantDescs.CD_Object, "<init>", ConstantDescs.MTD_void).areturn();
                c.with(RuntimeVisibleTypeAnnotationsAttribute.of(
                        TypeAnnotation.of(TargetInfo.ofNewExpr(at), List.of(), Annotation.of(MARK))));
            }));
        }

        // The attribute's length and contents: 00 00 00 0A | 00 01 | 44 | 00 02 | 00 | type | 00 00
        static int attribute(byte[] b) {
            for (int i = 0; i + 10 < b.length; i++) {
                if (b[i] == 0 && b[i + 1] == 0 && b[i + 2] == 0 && b[i + 3] == 10 && b[i + 4] == 0 && b[i + 5] == 1 &&
                    b[i + 6] == 0x44 && b[i + 7] == 0 && b[i + 8] == 2) {
                    return i + 4;
                }
            }
            throw new AssertionError("no attribute");
        }

        static void run(String name, boolean persistent, byte[] b) throws Exception {
            Object o = MethodHandles.lookup().defineClass(b).getMethod("make").invoke(null);
            if (PersistentHeap.contains(o) != persistent) throw new AssertionError(name);
            System.out.println(name + " done");
        }

        static void offset(String name, boolean persistent, int offset) throws Exception {
            byte[] b = object(name);
            int at = attribute(b);
            b[at + 3] = (byte) (offset >> 8);
            b[at + 4] = (byte) offset;
            run(name, persistent, b);
        }

        static void corrupt(String name, int index, int value) throws Exception {
            byte[] b = object(name);
            b[attribute(b) + index] = (byte) value;
            run(name, false, b);
        }

        public static void main(String[] args) throws Exception {
            offset("Right", true, 2);
            offset("Late", true, 5);
            offset("Nop", false, 0);
            offset("Middle", false, 3);
            offset("Call", false, 6);
            offset("Last", false, 9);
            offset("End", false, 10);
            offset("Beyond", false, 11);
            offset("FarBeyond", false, 0xFFFF);

            corrupt("NoTarget", 2, 0x7F);
            corrupt("LongPath", 5, 0xFF);
            corrupt("OtherTarget", 2, 0x40);
            corrupt("TypeOutside", 6, 0xFF);
            corrupt("TypeNoUtf8", 7, 0);
            corrupt("Pairs", 8, 0xFF);
            byte[] b = object("NoneOfMany");
            int at = attribute(b);
            b[at] = (byte) 0xFF;        // more than there are: the first one is good
            run("NoneOfMany", true, b);

            run("Abundant", false, ClassFile.of().build(ClassDesc.of("Abundant"), cb -> cb.withMethodBody("make",
                    MethodTypeDesc.of(ConstantDescs.CD_Object), ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC, c -> {
                Label start = c.newLabel();
                c.labelBinding(start);
                for (int i = 0; i < 60_000; i++) c.nop();
                c.aconst_null().areturn();
                c.with(RuntimeVisibleTypeAnnotationsAttribute.of(Collections.nCopies(65_535,
                        TypeAnnotation.of(TargetInfo.ofNewExpr(start), List.of(), Annotation.of(MARK)))));
            })));
        }
    }

    public static void main(String[] args) throws Exception {
        OutputAnalyzer out = ProcessTools.executeTestJava("-XX:PersistentHeap=heap", "-XX:PersistentHeapSize=32m",
            "-XX:NativeMemoryTracking=summary", "-XX:MallocLimit=2g",
            "-cp", System.getProperty("java.class.path"), "SiteWarnings$Program");
        out.shouldHaveExitValue(0);
        String[][] warned = {{"Nop", "0"}, {"Middle", "3"}, {"Call", "6"}, {"Last", "9"}, {"End", "10"}, {"Beyond", "11"},
                             {"FarBeyond", "65535"}, {"Abundant", "0"}};
        for (String[] w : warned) {
            out.shouldContain(w[0] + " done");
            out.shouldMatch("\\[warning\\]\\[pheap.* " + w[0] + "\\.make\\(\\)Ljava/lang/Object; at bci " + w[1] + ":");
        }
        for (String name : new String[] {"Right", "Late", "NoTarget", "LongPath", "OtherTarget", "TypeOutside", "TypeNoUtf8", "Pairs", "NoneOfMany"}) {
            out.shouldContain(name + " done");
            out.shouldNotMatch("\\[warning\\]\\[pheap.* " + name + "\\.make");
        }
    }
}
