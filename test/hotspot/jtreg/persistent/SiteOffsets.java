/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Offsets that other compilers than ours record for an annotated allocation: those that can be understood are, the others do no harm
 * @run main/othervm -XX:PersistentHeap=heap -XX:PersistentHeapSize=64m -Xint SiteOffsets
 * @run main/othervm -XX:PersistentHeap=heap -XX:PersistentHeapSize=64m -XX:-TieredCompilation -Xcomp
 *                   -XX:CompileCommand=compileonly,Gen*::* SiteOffsets
 */

import java.lang.classfile.Annotation;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeAnnotation;
import java.lang.classfile.TypeAnnotation.TargetInfo;
import java.lang.classfile.TypeAnnotation.TypePathComponent;
import java.lang.classfile.TypeKind;
import java.lang.classfile.attribute.RuntimeVisibleTypeAnnotationsAttribute;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.persistent.PersistentHeap;
import java.util.List;
import java.util.function.Consumer;

public class SiteOffsets {
    static final ClassDesc OBJECT = ConstantDescs.CD_Object;
    static final ClassDesc LIST = ClassDesc.of("java.util.ArrayList");
    static final ClassDesc MARK = ClassDesc.of("java.lang.persistent.Persistent");
    static int count;

    static Class<?> generate(Consumer<CodeBuilder> body) throws Exception {
        byte[] b = ClassFile.of().build(ClassDesc.of("Gen" + count++), cb -> cb.withMethodBody("make",
                MethodTypeDesc.of(OBJECT), ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC, body));
        return MethodHandles.lookup().defineClass(b);
    }

    static void check(String what, boolean persistent, Consumer<CodeBuilder> body) throws Exception {
        Object o = generate(body).getMethod("make").invoke(null);
        if (PersistentHeap.contains(o) != persistent) throw new AssertionError(what);
    }

    static void mark(CodeBuilder c, Label at, TypePathComponent... path) {
        c.with(RuntimeVisibleTypeAnnotationsAttribute.of(
                TypeAnnotation.of(TargetInfo.ofNewExpr(at), List.of(path), Annotation.of(MARK))));
    }

    static void newList(CodeBuilder c, boolean late, TypePathComponent... path) {
        Label at = c.newLabel();
        if (!late) c.labelBinding(at);
        c.new_(LIST);
        if (late) c.labelBinding(at);
        c.dup().invokespecial(LIST, "<init>", ConstantDescs.MTD_void).areturn();
        mark(c, at, path);
    }

    public static void main(String[] args) throws Exception {
        check("new", true, c -> newList(c, false));
        check("late", true, c -> newList(c, true));
        check("type argument", false, c -> newList(c, false, TypePathComponent.of(TypePathComponent.Kind.TYPE_ARGUMENT, 0)));
        check("nothing there", false, c -> {
            Label at = c.newLabel();
            c.new_(LIST).dup().invokespecial(LIST, "<init>", ConstantDescs.MTD_void);
            c.labelBinding(at);
            c.areturn();
            mark(c, at);
        });
        check("end of code", false, c -> {
            Label at = c.newLabel();
            c.new_(LIST).dup().invokespecial(LIST, "<init>", ConstantDescs.MTD_void).areturn();
            c.labelBinding(at);
            mark(c, at);
        });
        check("array, at the opcode", true, c -> {
            Label at = c.newLabel();
            c.iconst_3().labelBinding(at).newarray(TypeKind.INT).areturn();
            mark(c, at);
        });
        check("array, at the dimension", true, c -> {
            Label at = c.newLabel();
            c.labelBinding(at).iconst_3().newarray(TypeKind.INT).areturn();
            mark(c, at);
        });
        check("array with a branch in its dimension", true, c -> {
            Label at = c.newLabel(), other = c.newLabel(), join = c.newLabel();
            c.labelBinding(at).iconst_1().ifeq(other).iconst_2().goto_(join);
            c.labelBinding(other).iconst_4();
            c.labelBinding(join).anewarray(OBJECT).areturn();
            mark(c, at, TypePathComponent.ARRAY);
        });
        check("array with a call in its dimension", true, c -> {
            Label at = c.newLabel();
            c.labelBinding(at).ldc(7L).ldc(5L)
             .invokestatic(ClassDesc.of("java.lang.Math"), "max", MethodTypeDesc.ofDescriptor("(JJ)J"))
             .l2i().iconst_1().iadd().anewarray(OBJECT).areturn();
            mark(c, at);
        });
        check("multianewarray", true, c -> {
            Label at = c.newLabel();
            c.labelBinding(at).iconst_2().iconst_3().multianewarray(ClassDesc.ofDescriptor("[[I"), 2).areturn();
            mark(c, at, TypePathComponent.ARRAY, TypePathComponent.ARRAY);
        });
        // the internal bytecodes are no bytecodes of class files
        for (int code = 238; code < 242; code++) {
            byte[] b = ClassFile.of().build(ClassDesc.of("Gen" + count++), cb -> cb.withMethodBody("make",
                    MethodTypeDesc.of(OBJECT), ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC, c -> {
                        c.iconst_3().newarray(TypeKind.INT).areturn();
                    }));
            boolean found = false;
            for (int i = 0; i + 3 < b.length; i++) {
                if (b[i] == 6 && (b[i + 1] & 0xFF) == 188 && b[i + 2] == 10 && (b[i + 3] & 0xFF) == 176) {
                    b[i + 1] = (byte) code;
                    found = true;
                }
            }
            if (!found) throw new AssertionError("pattern");
            try {
                MethodHandles.lookup().defineClass(b).getMethod("make").invoke(null);
                throw new AssertionError("bytecode " + code + " was accepted");
            } catch (VerifyError | ClassFormatError expected) { }
        }
    }
}
