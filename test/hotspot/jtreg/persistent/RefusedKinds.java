/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary What cannot be persistent is refused at marked sites and stays volatile inside PersistentHeap.allocate
 * @run main/othervm -XX:PersistentHeap=heap-int -XX:PersistentHeapSize=64m -Xint RefusedKinds
 * @run main/othervm -XX:PersistentHeap=heap-c1 -XX:PersistentHeapSize=64m
 *                   -XX:TieredStopAtLevel=1 -Xcomp -XX:CompileCommand=compileonly,RefusedKinds*::* RefusedKinds
 * @run main/othervm -XX:PersistentHeap=heap-c2 -XX:PersistentHeapSize=64m
 *                   -XX:-TieredCompilation -Xcomp -XX:CompileCommand=compileonly,RefusedKinds*::* RefusedKinds
 */

import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.persistent.VolatileReferenceException;
import java.lang.ref.SoftReference;
import java.lang.ref.WeakReference;
import java.lang.reflect.Array;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.*;
import java.util.function.Supplier;

public class RefusedKinds {
    static class Loader extends ClassLoader {
        Class<?> define(byte[] b) { return defineClass(null, b, 0, b.length); }
    }
    static class MyThread extends Thread { }
    static class MyException extends Exception { }
    static class MySemaphore extends Semaphore { MySemaphore() { super(1); } }
    @SuppressWarnings("removal")
    static class Finalizable { protected void finalize() { System.out.print(""); } }
    public static class Self implements Supplier<Object> {
        public Object get() { return new @Persistent Self(); }
    }
    public static class SelfArray implements Supplier<Object> {
        public Object get() { return new @Persistent SelfArray[2]; }
    }
    public static class Plain implements Supplier<Object> {
        public Object get() { return new Plain(); }
    }
    // Never loaded but by Lookup.defineClass.
    public static class Defined implements Supplier<Object> {
        public Object get() { return new @Persistent Defined(); }
    }
    // The nest would keep a hidden class from being defined elsewhere: no private access here.

    static int checked;

    static void refused(String className, Callable<?> site) throws Exception {
        try {
            site.call();
        } catch (UnsupportedOperationException e) {
            if (!e.getMessage().startsWith(className + " cannot be persistent: ")) throw new AssertionError(e.getMessage());
            checked++;
            // In the same place but not marked, in allocate
            return;
        }
        throw new AssertionError(className + " was not refused");
    }

    static void inAllocate(boolean persistent, String what, Callable<?> c) throws Exception {
        Object o = PersistentHeap.allocate(() -> c.call());
        if (PersistentHeap.contains(o) != persistent) {
            throw new AssertionError(what + (persistent ? " should be persistent" : " should be volatile"));
        }
        checked++;
    }

    static byte[] bytes(Class<?> c) throws Exception { return bytes(c.getName()); }

    static byte[] bytes(String className) throws Exception {
        try (InputStream in = RefusedKinds.class.getResourceAsStream("/" + className.replace('.', '/') + ".class")) {
            return in.readAllBytes();
        }
    }

    static Object proxy() {
        return Proxy.newProxyInstance(RefusedKinds.class.getClassLoader(), new Class<?>[] {Callable.class}, (p, m, a) -> null);
    }

    static void refusedStore(String className, Object[] in, Object value) {
        try {
            in[0] = value;
        } catch (VolatileReferenceException e) {
            if (!e.getMessage().contains(className)) throw new AssertionError(e.getMessage());
            checked++;
            return;
        }
        throw new AssertionError("stored " + value);
    }

    static Supplier<?> custom(Class<?> c) throws Exception {
        return (Supplier<?>) new Loader().define(bytes(c)).getDeclaredConstructor().newInstance();
    }
    static Supplier<?> hidden(Class<?> c) throws Exception {
        return (Supplier<?>) MethodHandles.lookup().defineHiddenClass(bytes(c), true)
                                          .lookupClass().getDeclaredConstructor().newInstance();
    }

    public static void main(String[] args) throws Exception {
        refused("java.lang.Thread", () -> new @Persistent Thread());
        refused("RefusedKinds$MyThread", () -> new @Persistent MyThread());
        refused("RefusedKinds$Loader", () -> new @Persistent Loader());
        refused("java.lang.Exception", () -> new @Persistent Exception());
        refused("RefusedKinds$MyException", () -> new @Persistent MyException());
        refused("java.lang.OutOfMemoryError", () -> new @Persistent OutOfMemoryError());
        refused("java.lang.ref.WeakReference", () -> new @Persistent WeakReference<Object>(""));
        refused("java.lang.ref.SoftReference", () -> new @Persistent SoftReference<Object>(""));
        refused("RefusedKinds$Finalizable", () -> new @Persistent Finalizable());
        refused("java.util.concurrent.Semaphore", () -> new @Persistent Semaphore(1));
        refused("RefusedKinds$MySemaphore", () -> new @Persistent MySemaphore());
        refused("java.util.concurrent.CountDownLatch", () -> new @Persistent CountDownLatch(1));
        refused("java.util.concurrent.CyclicBarrier", () -> new @Persistent CyclicBarrier(1));
        refused("java.util.concurrent.Phaser", () -> new @Persistent Phaser());
        refused("java.util.concurrent.Exchanger", () -> new @Persistent Exchanger<Object>());

        Supplier<?> s = custom(Self.class);
        refused("RefusedKinds$Self", s::get);
        Supplier<?> sa = custom(SelfArray.class);
        refused("[LRefusedKinds$SelfArray;", sa::get);
        Supplier<?> h = hidden(Self.class);
        refused(h.getClass().getName(), h::get);

        // Classes that the class path does not have.
        Class<?> defined = MethodHandles.lookup().defineClass(bytes("RefusedKinds$Defined"));
        Supplier<?> d = (Supplier<?>) defined.getDeclaredConstructor().newInstance();
        refused("RefusedKinds$Defined", d::get);
        inAllocate(false, "proxy", () -> proxy());
        inAllocate(false, "defined class", () -> defined.getDeclaredConstructor().newInstance());
        inAllocate(false, "array of a defined class", () -> Array.newInstance(defined, 1));
        Object[] in = new @Persistent Object[1];
        PersistentHeap.setRoot("in", in);
        refusedStore("Proxy", in, proxy());
        refusedStore("java.lang.Class", in, proxy().getClass());
        refusedStore("java.lang.Class", in, defined);
        in[0] = RefusedKinds.class;

        // Arrays of refused classes, but not of those for whose objects there are symbols.
        refused("[Ljava.lang.Thread;", () -> new Thread @Persistent [2]);
        refused("[[Ljava.lang.Thread;", () -> new Thread @Persistent [2][3]);
        refused("[Ljava.lang.ref.WeakReference;", () -> new WeakReference<?> @Persistent [2]);
        if (!PersistentHeap.contains(new Class<?> @Persistent [2])) throw new AssertionError("Class[]");
        inAllocate(false, "Thread[]", () -> new Thread[2]);
        inAllocate(false, "Thread[][]", () -> new Thread[2][]);
        inAllocate(false, "Thread[][], with arrays in it", () -> new Thread[2][3]);
        inAllocate(false, "WeakReference[]", () -> Array.newInstance(WeakReference.class, 2));
        inAllocate(true,  "Class[]", () -> new Class<?>[2]);
        inAllocate(true,  "Supplier[]", () -> new Supplier<?>[2]);

        // So what a thread has in ThreadLocals is not undone.
        List<ThreadLocal<String>> many = new ArrayList<>();
        for (int i = 0; i < 64; i++) many.add(new ThreadLocal<>());
        PersistentHeap.allocate(() -> { many.forEach(t -> t.set("made")); return null; });     // its table grows
        try (Txn txn = Txn.begin()) {
            many.get(0).set("changed");
            many.get(1).remove();
            txn.rollback();
        }
        if (many.get(0).get() != "changed" || many.get(1).get() != null) throw new AssertionError("ThreadLocal");
        if (!PersistentHeap.contains(new @Persistent Self().get())) throw new AssertionError("Self");

        inAllocate(true,  "Object", Object::new);
        inAllocate(true,  "Object", () -> new Object());
        inAllocate(false, "Thread", () -> new Thread());
        inAllocate(false, "MyThread", () -> new MyThread());
        inAllocate(false, "MyException", () -> new MyException());
        inAllocate(false, "WeakReference", () -> new WeakReference<>(""));
        inAllocate(false, "Finalizable", () -> new Finalizable());
        inAllocate(false, "Semaphore", () -> new Semaphore(1));
        inAllocate(false, "currency", () -> java.util.Currency.getInstance("CHF"));
        inAllocate(false, "direct", () -> ByteBuffer.allocateDirect(100));
        inAllocate(true,  "heap buffer", () -> ByteBuffer.allocate(100));
        Object captured = new Object();
        inAllocate(false, "lambda", () -> (Supplier<Object>) () -> captured);
        inAllocate(false, "method handle", () -> MethodHandles.constant(int.class, 1));
        Supplier<?> c = custom(Plain.class);
        inAllocate(false, "custom loader", c::get);
        Supplier<?> hp = hidden(Plain.class);
        inAllocate(false, "hidden", hp::get);
        if (checked != 49) throw new AssertionError("checked " + checked);
    }
}
