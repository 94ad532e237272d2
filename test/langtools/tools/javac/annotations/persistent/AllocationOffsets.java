/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary The offset of a type annotation on an allocation is that of the allocating instruction, for every copy of it
 * @run main AllocationOffsets
 */

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.StringWriter;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.Instruction;
import java.lang.classfile.MethodModel;
import java.lang.classfile.TypeAnnotation;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.NewMultiArrayInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.classfile.instruction.NewPrimitiveArrayInstruction;
import java.lang.classfile.instruction.NewReferenceArrayInstruction;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

public class AllocationOffsets {
    // In every source: instances of P, and arrays of P and int, are allocated by annotated
    // expressions only; instances of Q and other arrays by others only.
    static final String HEAD = """
        import java.lang.annotation.*;
        import java.util.*;
        import java.util.function.*;
        @Target(ElementType.TYPE_USE) @Retention(RetentionPolicy.RUNTIME) @interface A { }
        class P { P() { } P(Object... o) { } class Inner { } static Q q(Object... o) { return null; } }
        class Q { Q(Object... o) { } static class G<T> { } }
        record PR(int x) { }
        class L<T> { }
        """;

    record Row(String name, int allocations, String source, String... options) {}

    static final Row[] ROWS = {
        new Row("plain", 1, "class T { Object m() { return new @A P(); } }"),
        new Row("record", 1, "class T { Object m() { return new @A PR(1); } }"),
        new Row("lambda", 1, "class T { Supplier<Object> m() { return () -> new @A P(); } }"),
        new Row("arguments", 4, "class T { Object m() { return new @A P(new Q(), new @A P(new Q(new long[1]), new @A P()), P.q(new @A P())); } }"),
        new Row("finally", 3, "class T { Object m(int i) { try { if (i > 0) return new Q(); i++; } finally { i += new @A P().hashCode(); } return new Q(); } }"),
        new Row("finally, nested", 7, """
            class T { int m(int i) { try { try { if (i > 0) return 1; i++; } finally { i += new @A P().hashCode(); }
                if (i > 5) return 2; } finally { i += new @A P().hashCode(); } return i; } }"""),
        new Row("field, several constructors", 4, """
            class T { Object a = new Q(), b = new @A P(); T() { Object c = new Q(); } T(int i) { this(i, 0); }
                T(int i, int j) { super(); new Q(i, j, new long[3]); } T(long l, Object o) { } { Object x; }
                Object last = new Q(); static Object s = new @A P(); }"""),
        new Row("field, constructors with different super calls", 3, """
            class T extends Q { Object a = new @A P(); T() { super(); } T(int i) { super(i, i); } T(long l) { super(new long[9], l); } }"""),
        new Row("initializer block, different super calls", 2, """
            class T extends Q { Object f; { f = new Q(new @A P()); } T(Object o) { super(o, new Q()); } T() { } }"""),
        new Row("field, captured variable, several constructors", 2, """
            class T { Object m(int n) { class L2 { Object a = new @A P(n); L2() { } L2(int i) { } } return new L2(); } }"""),
        new Row("initializer block, several constructors", 6, """
            class T { Object f; { f = new Q(new @A P()); } { f = f == null ? new Q() : new @A P(); }
                T() { } T(int i) { super(); i++; new Q(); } T(long l) { } }"""),
        new Row("static initializer", 2, "class T { static Object f = new @A P(); static { f = new Q(new @A P()); } }"),
        new Row("second declarator", 2, "class T { Object a = new @A P(), b = new @A P(); }"),
        new Row("second declarator, arrays", 2, "class T { int[] a = new int @A [1], b = new int @A [2]; }"),
        new Row("after an elided goto", 7, """
            class T {
                Object a(boolean b, Object o) { if (b) { o = new Q(); } else { } return new @A P(); }
                void b(boolean b, Object o) { if (b) { o = new Q(); } else { } new @A P(); }
                Object c(int k) { switch (k) { case 1 -> k = 3; default -> k = 4; } return new @A P(); }
                Object d(int k) { l: { k++; if (k > 3) break l; k++; break l; } return new @A P(); }
                Object e(int k) { do { k++; if (k > 4) break; continue; } while (false); return new @A P(); }
                int[] f(boolean b, int k) { if (b) { k = 1; } else { } return new int @A [] {1}; }
                Object g(Object o) { switch (o) { case String s -> { } case Integer i when i > 5 -> o = new Q(); default -> { } } return new @A P(); } }"""),
        new Row("constant condition", 2, "class T { static final boolean C = true; Object m(Object y) { return P.q(true ? new @A P() : y, C ? new @A P() : new Q()); } }"),
        new Row("condition", 2, "class T { Object m(boolean b) { return b ? new @A P() : b ? new Q() : new @A P(); } }"),
        new Row("cast", 2, "class T { Object m() { Object o = (Object) new @A P(); return (Comparable<?>) (Object) new @A P(); } }"),
        new Row("identical lambdas", 2, """
            class T { Supplier<Object> a = () -> new Q(), b = () -> new Q();
                Supplier<Object> x() { return () -> new @A P(); } Supplier<Object> y() { return () -> new @A P(); } }""", "-g:none"),
        new Row("inner class", 2, "class T { Object m(P p) { return new Q(p.new @A Inner(), p.new @A Inner()); } }"),
        new Row("array, dimension", 4, """
            class T { Object m(int n) { Object o = new int @A [n + new long[n].length]; o = new P @A [n]; o = new P @A [n][n + 1]; return new int @A [] {1, 2}; } }"""),
        new Row("array in a dimension", 2, "class T { Object m(int n) { return new int @A [(new int @A [n]).length]; } }"),
        new Row("array, multiple", 2, "class T { Object m(int n) { return new Q(new int @A [n][n], new int @A [n][]); } }"),
        new Row("array, generic", 1, "class T { Object m(int n) { return new @A L<?> [n]; } }"),
        new Row("switch expression, try", 2, """
            class T { Object m(int n) { return P.q(switch (n) { case 1 -> { try { yield new @A P(); } catch (RuntimeException e) { yield new Q(); } }
                default -> new @A P(); }); } }"""),
        new Row("enum constants", 3, "enum T { X(new @A P()), Y(new @A P()), Z(new Q()); T(Object o) { } Object f = new @A P(); }"),
        new Row("interface field, default method", 2, "interface T { Object F = new @A P(); default Object m() { return new @A P(); } }"),
        new Row("large method", 2, "class T { Object m(boolean b, int i) { Object o = new @A P(); while (b) { %s } return new @A P(); } }"
            .formatted("i += i * 1234567 + (b ? 3 : i);".repeat(1700))),
        new Row("type argument", 0, "class T { Object m() { return new Q.G<@A P>(); } }"),
    };

    static class Source extends SimpleJavaFileObject {
        final String text;
        Source(String text) {
            super(URI.create("string:///T.java"), Kind.SOURCE);
            this.text = text;
        }
        @Override public CharSequence getCharContent(boolean ignore) { return text; }
    }

    static Map<String, byte[]> compile(Row row) throws Exception {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        Map<String, byte[]> classes = new TreeMap<>();
        JavaFileManager files = new ForwardingJavaFileManager<>(compiler.getStandardFileManager(null, null, null)) {
            @Override public JavaFileObject getJavaFileForOutput(Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
                return new SimpleJavaFileObject(URI.create("memory:///" + name + ".class"), kind) {
                    @Override public OutputStream openOutputStream() {
                        return new ByteArrayOutputStream() {
                            @Override public void close() { classes.put(name, toByteArray()); }
                        };
                    }
                };
            }
        };
        StringWriter out = new StringWriter();
        if (!compiler.getTask(out, files, null, Arrays.asList(row.options), null, List.of(new Source(HEAD + row.source))).call()
                || !out.toString().isEmpty()) {
            throw new AssertionError(row.name + ": javac says " + out);
        }
        return classes;
    }

    static boolean isMarked(Instruction i) {
        return switch (i) {
            case NewObjectInstruction n -> n.className().asInternalName().matches("P|PR|P\\$Inner");
            case NewReferenceArrayInstruction n -> n.componentType().asInternalName().matches("P|L|\\[+I|\\[LP;");
            case NewPrimitiveArrayInstruction n -> n.typeKind() == java.lang.classfile.TypeKind.INT;
            case NewMultiArrayInstruction n -> n.arrayType().asInternalName().matches("\\[+(I|LP;)");
            default -> false;
        };
    }

    static int check(Row row, MethodModel method, String where) {
        CodeAttribute code = method.findAttribute(Attributes.code()).orElse(null);
        if (code == null) return 0;
        TreeSet<Integer> marked = new TreeSet<>();
        int at = 0;
        for (CodeElement e : code) {
            if (e instanceof Instruction i) {
                if (isMarked(i)) marked.add(at);
                at += i.sizeInBytes();
            }
        }
        List<Integer> annotated = new ArrayList<>();
        for (TypeAnnotation a : code.findAttribute(Attributes.runtimeVisibleTypeAnnotations()).map(x -> x.annotations()).orElse(List.of())) {
            if (a.targetInfo() instanceof TypeAnnotation.OffsetTarget t && t.targetType() == TypeAnnotation.TargetType.NEW
                    && a.targetPath().stream().noneMatch(p -> p.typePathKind() == TypeAnnotation.TypePathComponent.Kind.TYPE_ARGUMENT)) {
                annotated.add(code.labelToBci(t.target()));
            }
        }
        if (annotated.size() != marked.size() || !marked.equals(new TreeSet<>(annotated))) {
            throw new AssertionError(row.name + ": " + where + " allocates at " + marked + ", annotations are at " + annotated);
        }
        return marked.size();
    }

    public static void main(String[] args) throws Exception {
        int bad = 0;
        for (Row row : ROWS) {
            try {
                int count = 0;
                for (byte[] bytes : compile(row).values()) {
                    ClassModel c = ClassFile.of().parse(bytes);
                    for (MethodModel m : c.methods()) count += check(row, m, c.thisClass().asInternalName() + "." + m.methodName().stringValue());
                }
                if (count != row.allocations) throw new AssertionError(row.name + ": " + count + " allocations instead of " + row.allocations);
                System.out.println("ok   " + row.name);
            } catch (Throwable e) {
                bad++;
                System.out.println("BAD  " + e);
            }
        }
        if (bad != 0) throw new AssertionError(bad + " rows are bad");
    }
}
