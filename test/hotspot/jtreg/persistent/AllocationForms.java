/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Every form of an annotated allocation is persistent, its neighbours are not, in every tier
 * @run main/othervm -XX:PersistentHeap=heap-int -XX:PersistentHeapSize=64m -Xint
 *                   AllocationForms
 * @run main/othervm -XX:PersistentHeap=heap-c1 -XX:PersistentHeapSize=64m
 *                   -XX:TieredStopAtLevel=1 -Xcomp -XX:CompileCommand=compileonly,AllocationForms*::*
 *                   AllocationForms
 * @run main/othervm -XX:PersistentHeap=heap-c1p -XX:PersistentHeapSize=64m
 *                   -XX:TieredStopAtLevel=3 -Xcomp -XX:CompileCommand=compileonly,AllocationForms*::*
 *                   AllocationForms
 * @run main/othervm -XX:PersistentHeap=heap-c2 -XX:PersistentHeapSize=64m
 *                   -XX:-TieredCompilation -Xbatch -XX:CompileThreshold=100
 *                   -XX:CompileCommand=compileonly,AllocationForms*::*
 *                   AllocationForms 1000
 * @run main/othervm -XX:PersistentHeap=heap-c2comp -XX:PersistentHeapSize=64m
 *                   -XX:-TieredCompilation -Xcomp -XX:CompileCommand=compileonly,AllocationForms*::*
 *                   AllocationForms
 * @run main/othervm -XX:PersistentHeap=heap-tiered -XX:PersistentHeapSize=256m AllocationForms 20000
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Supplier;

public class AllocationForms {
    static class Foo {
        int x;
        Foo() {}
        Foo(int x, Object... more) { this.x = x; }
        static class Nested {}
        class Inner {}
        Inner unqualified() { return new @Persistent Inner(); }
    }
    static class Gen<T> { T value; }
    record Pair(int a, int b) {}
    interface Shape {}

    static final Object IN_STATIC = new @Persistent Foo();
    final Object inField = new @Persistent Foo();

    static void yes(String what, Object o) {
        if (!PersistentHeap.contains(o)) throw new AssertionError(what + " should be persistent");
    }
    static void no(String what, Object o) {
        if (PersistentHeap.contains(o)) throw new AssertionError(what + " should be volatile");
    }

    // ---- instances ----
    static Object plain()        { return new @Persistent Foo(); }
    static Object arguments(int i) { return new @Persistent Foo(i, new Object(), "s" + i); }
    static Object generic()      { return new @Persistent Gen<String>(); }
    static Object diamond()      { Gen<String> g = new @Persistent Gen<>(); return g; }
    static Object argumentOnly() { return new Gen<@Persistent String>(); }
    static Object qualified()    { return new AllocationForms.@Persistent Foo(); }
    static Object nested()       { return new Foo.@Persistent Nested(); }
    static Object library()      { return new java.util.@Persistent ArrayList<String>(); }
    static Object rec(int i)     { return new @Persistent Pair(i, i + 1); }
    static Object inner()        { return new Foo().unqualified(); }
    static Object outer()        { return new Foo().new @Persistent Inner(); }
    static Object anonymous()    { return new @Persistent Foo() { int y = 1; }; }
    static Object anonymousIf()  { return new @Persistent Shape() { }; }
    static Object inLambda()     { Supplier<Object> s = () -> new @Persistent Foo(); return s.get(); }
    static Object ternary(boolean b) { return b ? new @Persistent Foo() : new Foo(); }
    static Object ternary2(boolean b) { return b ? new Foo() : new @Persistent Foo(); }
    static Object loop(int n) {
        Object last = null;
        for (int i = 0; i < n; i++) last = new @Persistent Foo(i);
        return last;
    }
    static Object[] varargs(Object... o) { return o; }
    static Object inTry() {
        try {
            return new @Persistent Foo();
        } catch (RuntimeException e) {
            return null;
        }
    }
    static Object nestedArguments() {
        return new @Persistent Foo(new Foo(1).x, new @Persistent Foo(2));
    }
    static Object unmarked() { return new Foo(); }

    // ---- arrays ----
    static Object ints(int n)       { return new int @Persistent [n]; }
    static Object ints2(int n)      { return new @Persistent int[n]; }
    static Object foos(int n)       { return new Foo @Persistent [n]; }
    static Object foos2(int n)      { return new @Persistent Foo[n]; }
    static Object initialised()     { return new int @Persistent [] { 1, 2, 3 }; }
    static Object initialised2(int n) { return new Object @Persistent [] { null, new int[n] == null ? null : null }; }
    static Object computed(int n)   { return new long @Persistent [Math.max(n, 3) * 2 + (n > 5 ? 1 : n == 2 ? 7 : 2)]; }
    static int sum(int[] a, String s) { return a.length + s.length(); }
    static Object fromCall(int n)   { return new byte @Persistent [List.of("a", "b").size() + n]; }
    static int[][] multi(int n)     { return new int @Persistent [n][n + 1]; }
    static int[][][] multi2(int n)  { return new @Persistent int[2][n][2]; }
    static Object[][] multi3(int n) { return new Foo @Persistent [n][]; }
    static String[][][] multi4()    { return new String @Persistent [2][3][]; }
    static int[][] unmarkedMulti(int n) { return new int[n][n]; }
    static long[][][][][][] multi6(int n) { return new long @Persistent [1][n][1][n][1][2]; }

    static void all(int i) {
        int n = i % 10;
        yes("static", IN_STATIC);
        yes("field", new AllocationForms().inField);
        yes("plain", plain());
        yes("arguments", arguments(i));
        if (((Foo) arguments(i)).x != i) throw new AssertionError("argument");
        yes("generic", generic());
        yes("diamond", diamond());
        no("type argument", argumentOnly());
        yes("qualified", qualified());
        yes("nested", nested());
        yes("library", library());
        yes("record", rec(i));
        if (!rec(i).equals(new Pair(i, i + 1))) throw new AssertionError("record");
        yes("inner", inner());
        yes("outer.new", outer());
        yes("anonymous", anonymous());
        yes("anonymous interface", anonymousIf());
        yes("lambda", inLambda());
        yes("ternary", ternary(true));
        no("ternary", ternary(false));
        no("ternary2", ternary2(true));
        yes("ternary2", ternary2(false));
        yes("loop", loop(3));
        Object[] args = varargs(new @Persistent Foo(), new Foo());
        no("varargs", args);
        yes("vararg", args[0]);
        no("vararg", args[1]);
        yes("try", inTry());
        yes("nested arguments", nestedArguments());
        no("unmarked", unmarked());

        yes("int[]", ints(n));
        if (((int[]) ints(n)).length != n) throw new AssertionError("length");
        yes("int[] 2", ints2(n));
        yes("Foo[]", foos(n));
        yes("Foo[] 2", foos2(n));
        yes("initialised", initialised());
        if (((int[]) initialised())[2] != 3) throw new AssertionError("element");
        yes("initialised 2", initialised2(n));
        yes("computed", computed(n));
        yes("from call", fromCall(n));
        int[][] m = multi(n);
        yes("multi", m);
        for (int[] row : m) {
            yes("row", row);
            if (row.length != n + 1) throw new AssertionError("row length");
        }
        int[][][] m2 = multi2(n);
        yes("multi2", m2);
        for (int[][] plane : m2) {
            yes("plane", plane);
            for (int[] row : plane) yes("row", row);
        }
        yes("multi3", multi3(n));
        for (Object[] row : multi4()) yes("multi4 row", row);
        yes("multi6", multi6(n));
        if (n > 0) yes("multi6", multi6(n)[0][0][0][0][0]);
        no("multi unmarked", unmarkedMulti(n));
        if (n > 0) no("multi unmarked", unmarkedMulti(n)[0]);

        try {
            ints(-1);
            throw new AssertionError("no exception");
        } catch (NegativeArraySizeException expected) {
            no("exception", expected);
        }
        try {
            multi2(-1);
            throw new AssertionError("no exception");
        } catch (NegativeArraySizeException expected) { }
    }

    public static void main(String[] args) {
        int n = args.length > 0 ? Integer.parseInt(args[0]) : 3;
        for (int i = 0; i < n; i++) all(i);
    }
}
