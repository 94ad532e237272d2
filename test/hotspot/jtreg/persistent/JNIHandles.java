/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Native code's references to persistent objects, of each kind, during collections
 * @run main/othervm/native --enable-native-access=ALL-UNNAMED -XX:PersistentHeap=full -XX:PersistentHeapSize=32m -Xmx64m
 *      -XX:+UnlockDiagnosticVMOptions -XX:PersistentHeapMedia=memory -XX:+VerifyAfterGC JNIHandles
 * @run main/othervm/native --enable-native-access=ALL-UNNAMED -XX:PersistentHeap=conc -XX:PersistentHeapSize=32m -Xmx64m
 *      -XX:+UnlockDiagnosticVMOptions -XX:PersistentHeapMedia=memory -XX:+ExplicitGCInvokesConcurrent -Xcheck:jni JNIHandles
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.util.Arrays;

public class JNIHandles {
    static {
        System.loadLibrary("JNIHandles");
    }

    static native long global(Object o, boolean weak);
    static native Object get(long ref);
    static native void delete(long ref, boolean weak);
    static native Object locals(int n);
    static native int elements(int value);

    static final class Thing {
        int id;
        int hash;
        int[] data;
    }

    static int ids;
    static Object sink;

    static void check(boolean ok, String what) {
        if (!ok) throw new AssertionError(what);
    }

    static Object make() {
        Thing t = new @Persistent Thing();
        t.id = ++ids;
        t.hash = System.identityHashCode(t);
        t.data = new @Persistent int[t.id % 50];
        Arrays.fill(t.data, t.id);
        return t;
    }

    static int[] makeArray(int value) {
        int[] array = new @Persistent int[value % 3000];
        Arrays.fill(array, value);
        return array;
    }

    static void verify(Object o) {
        Thing t = (Thing) o;
        check(t.hash == System.identityHashCode(t) && t.data.length == t.id % 50, "thing " + t.id);
        for (int i : t.data) check(i == t.id, "thing " + t.id + " has " + i);
    }

    static void collect() {
        for (int i = 0; i < 2; i++) {
            if (i == 0) PersistentHeap.gc(); else System.gc();
            for (long n = PersistentHeap.capacity(); n > 0; n -= 2016) sink = new @Persistent byte[2000];
            sink = null;
        }
    }

    static void globals() {
        long[] strong = new long[50], weak = new long[50], dead = new long[50];
        for (int i = 0; i < 50; i++) {
            Object o = make();
            strong[i] = global(o, false);
            weak[i] = global(o, true);
            dead[i] = global(make(), true);
            o = null;
        }
        collect();
        for (int i = 0; i < 50; i++) {
            verify(get(strong[i]));
            check(get(weak[i]) == get(strong[i]), "a weak global reference to an object that is alive");
            check(get(dead[i]) == null, "a weak global reference that is not cleared");
            delete(strong[i], false);
        }
        collect();
        PersistentHeap.gc();
        for (int i = 0; i < 50; i++) {
            check(get(weak[i]) == null, "a weak global reference that is not cleared");
            delete(weak[i], true);
            delete(dead[i], true);
        }
    }

    public static void main(String[] args) {
        for (int round = 0; round < 3; round++) {
            globals();
            verify(locals(100));
            int wrong = elements(2500 + round);
            check(wrong == 0, wrong + " elements are wrong");
        }
    }
}
