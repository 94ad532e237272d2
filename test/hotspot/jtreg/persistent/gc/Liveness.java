/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Whatever may still be used survives collections of the persistent heap, each kind of reference on its own
 * @run main/othervm/timeout=300 -Xint -XX:PersistentHeap=int -XX:PersistentHeapSize=32m -Xmx64m -XX:+UnlockDiagnosticVMOptions
 *      -XX:PersistentHeapMedia=memory -XX:+PersistentHeapAudit Liveness
 * @run main/othervm/timeout=300 -XX:TieredStopAtLevel=1 -XX:PersistentHeap=c1 -XX:PersistentHeapSize=32m -Xmx64m
 *      -XX:+UnlockDiagnosticVMOptions -XX:PersistentHeapMedia=memory -XX:+PersistentHeapAudit Liveness
 * @run main/othervm/timeout=300 -XX:-TieredCompilation -XX:PersistentHeap=c2 -XX:PersistentHeapSize=32m -Xmx64m
 *      -XX:+UnlockDiagnosticVMOptions -XX:PersistentHeapMedia=memory -XX:+PersistentHeapAudit
 *      -XX:+ExplicitGCInvokesConcurrent Liveness concurrent
 */

/*
 * @test id=more
 * @summary The same in other pairs of tier and kind of collection, and verified by G1
 * @key stress
 * @run main/othervm/timeout=300 -XX:PersistentHeap=full -XX:PersistentHeapSize=32m -Xmx64m -XX:+UnlockDiagnosticVMOptions
 *      -XX:PersistentHeapMedia=memory -XX:+PersistentHeapAudit Liveness
 * @run main/othervm/timeout=300 -XX:TieredStopAtLevel=1 -XX:PersistentHeap=c1 -XX:PersistentHeapSize=32m -Xmx64m
 *      -XX:+UnlockDiagnosticVMOptions -XX:PersistentHeapMedia=memory -XX:+PersistentHeapAudit
 *      -XX:+ExplicitGCInvokesConcurrent Liveness concurrent
 * @run main/othervm/timeout=300 -XX:-TieredCompilation -XX:PersistentHeap=c2 -XX:PersistentHeapSize=32m -Xmx64m
 *      -XX:+UnlockDiagnosticVMOptions -XX:PersistentHeapMedia=memory -XX:+VerifyAfterGC -XX:+ExplicitGCInvokesConcurrent
 *      Liveness concurrent
 */

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.persistent.VolatileReferenceException;
import java.lang.ref.Cleaner;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.SoftReference;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.WeakHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

public class Liveness {
    static final class Thing {
        int id;
        int[] data;
        Thing next;
    }

    static class Root {
        Object a, b;
        Object[] array = new @Persistent Object[100];
        transient Object cache;
        transient Object persistentCache;
        String text;
        Integer number;
    }

    static final AtomicInteger ids = new AtomicInteger();
    static final Random random = new Random(7);
    static Root root;
    static Object sink;

    static void check(boolean ok, String what) {
        if (!ok) throw new AssertionError(what);
    }

    // ---- Objects that are recognised again ----

    static final Map<Integer, Integer> hashes = new HashMap<>();

    static synchronized Integer hash(int id, Integer hash) {
        return hash == null ? hashes.get(id) : hashes.put(id, hash);
    }

    /** A tree of three objects that no captured object knows. */
    static Thing thing() {
        Thing t = new @Persistent Thing();
        t.id = ids.incrementAndGet();
        t.data = new @Persistent int[t.id % 7 == 0 ? 10_000 : t.id % 300];
        System.arraycopy(pattern(t.id, t.data.length), 0, t.data, 0, t.data.length);
        t.next = new @Persistent Thing();
        t.next.id = -t.id;
        hash(t.id, System.identityHashCode(t));
        hash(-t.id, System.identityHashCode(t.next));
        return t;
    }

    static int[] pattern(int id, int length) {
        int[] a = new int[length];
        Arrays.fill(a, id);
        return a;
    }

    static void verify(Object o) {
        check(o != null, "lost");
        check(o.getClass() == Thing.class, "overwritten by " + o.getClass());
        Thing t = (Thing) o;
        Integer hash = hash(t.id, null);
        check(hash != null && hash == System.identityHashCode(t), "identity hash of " + t.id);
        check(t.next != null && t.next.getClass() == Thing.class && t.next.id == -t.id, "overwritten behind " + t.id);
        check(hash(-t.id, null) == System.identityHashCode(t.next), "identity hash behind " + t.id);
        check(t.data.getClass() == int[].class && t.data.length == (t.id % 7 == 0 ? 10_000 : t.id % 300), "array of " + t.id);
        for (int i : t.data) if (i != t.id) check(false, "array of " + t.id + " has " + i);
    }

    static void verify(Object o, int id) {
        check(((Thing) o).id == id, ((Thing) o).id + ", expected " + id);
        verify(o);
    }

    // ---- Collections, and other objects wherever there is room ----

    /** Allocates in a thread of its own: what an open transaction has allocated stays until it ends. */
    static final class Filler extends Thread {
        private boolean wanted;
        private Throwable failure;

        static final Filler INSTANCE = new Filler();

        private Filler() {
            setDaemon(true);
            start();
        }

        @Override
        public synchronized void run() {
            try {
                while (true) {
                    while (!wanted) wait();
                    try {
                        fill();
                    } catch (Throwable e) {
                        failure = e;
                    }
                    wanted = false;
                    notifyAll();
                }
            } catch (InterruptedException e) {
            }
        }

        private void fill() {
            for (long n = PersistentHeap.capacity(); n > 0; ) {
                byte[] b = new @Persistent byte[random.nextInt(n % 100 == 0 ? 100_000 : 3000)];
                Arrays.fill(b, 0, Math.min(b.length, 10), (byte) 0x55);
                n -= b.length + 16;
            }
        }

        synchronized void request() {
            wanted = true;
            notifyAll();
            try {
                while (wanted) wait();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            if (failure != null) throw new AssertionError(failure);
        }
    }

    static void overwrite() {
        Filler.INSTANCE.request();
        for (int i = 0; i < 100; i++) sink = new byte[50_000];
    }

    static void collect() {
        PersistentHeap.gc();
        overwrite();
        System.gc();
        overwrite();
    }

    static void until(Supplier<Boolean> condition, String what) throws Exception {
        for (int i = 0; i < 50; i++) {
            if (condition.get()) return;
            PersistentHeap.gc();
            Thread.sleep(20);
        }
        throw new AssertionError(what);
    }

    // ---- Stacks ----

    static void local() {
        Thing t = thing();
        int id = t.id;
        for (int i = 0; i < 20_000; i++) sink = t.data;      // compiled while it runs
        sink = null;
        collect();
        verify(t, id);
    }

    static void deep() {
        deep(30);
    }

    static void deep(int n) {
        Thing t = thing();
        int id = t.id;
        if (n > 0) deep(n - 1); else collect();
        verify(t, id);
    }

    static void thread(boolean virtual) throws Exception {
        CountDownLatch ready = new CountDownLatch(10), go = new CountDownLatch(1);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            Runnable body = () -> {
                try {
                    Thing t = thing();
                    int id = t.id;
                    ready.countDown();
                    go.await();
                    verify(t, id);
                } catch (Throwable e) {
                    failure.set(e);
                }
            };
            threads.add(virtual ? Thread.ofVirtual().start(body) : Thread.ofPlatform().start(body));
        }
        ready.await();
        collect();
        collect();
        go.countDown();
        for (Thread t : threads) t.join();
        if (failure.get() != null) throw new AssertionError(failure.get());
    }

    static void blockedThread() throws Exception { thread(false); }
    static void parkedVirtualThread() throws Exception { thread(true); }

    static void inAllocate() {
        Map<String, Object> map = PersistentHeap.allocate(() -> {
            Map<String, Object> m = new HashMap<>();
            for (int i = 0; i < 200; i++) {
                m.put("key" + i, new int[] {i});
                if (i % 70 == 0) collect();
            }
            return m;
        });
        collect();
        for (int i = 0; i < 200; i++) check(((int[]) map.get("key" + i))[0] == i, "key" + i);
        Txn.run(() -> root.a = map);
        collect();
        check(((Map<?, ?>) root.a).size() == 200, "size");
    }

    // ---- V ----

    static Object inStatic;

    static void staticField() {
        inStatic = thing();
        collect();
        verify(inStatic);
        inStatic = null;
    }

    static final class Box {
        Object o;
        Box(Object o) { this.o = o; }
    }

    static void volatileObject() {
        Box young = new Box(thing());
        Box old = new Box(null);
        PersistentHeap.gc();
        PersistentHeap.gc();
        old.o = thing();
        for (int i = 0; i < 100; i++) sink = new byte[100_000];
        collect();
        verify(young.o);
        verify(old.o);
        young.o = old.o;
        old.o = null;
        collect();
        verify(young.o);
    }

    static void volatileArray() {
        Object[] large = new Object[300_000];       // humongous
        Object[][] small = new Object[20][20];
        for (int i = 0; i < 20; i++) {
            large[i * 10_001] = thing();
            small[i][19 - i] = thing();
        }
        collect();
        for (int i = 0; i < 20; i++) {
            verify(large[i * 10_001]);
            verify(small[i][19 - i]);
        }
    }

    static void throughBoth() {
        // Root in P, volatile object, P, volatile, P.
        Root inner = new @Persistent Root();
        inner.cache = new Box(thing());
        root.cache = new Box(inner);
        inner = null;
        collect();
        verify(((Box) ((Root) ((Box) root.cache).o).cache).o);
        root.cache = null;
    }

    static void closures() throws Throwable {
        Thing t = thing();
        Thing u = thing();
        Supplier<Object> lambda = supplier(t);
        MethodHandle handle = MethodHandles.lookup().findVirtual(Object.class, "toString", MethodType.methodType(String.class)).bindTo(u);
        String expected = u.toString();
        MethodHandle constant = MethodHandles.constant(Object.class, thing());
        t = u = null;
        collect();
        verify(lambda.get());
        check(handle.invoke().equals(expected), "bound handle");
        verify((Object) constant.invoke());
    }

    static Supplier<Object> supplier(Object o) {
        return () -> o;
    }

    static void threadLocal() throws Exception {
        ThreadLocal<Object> local = new ThreadLocal<>();
        local.set(thing());
        ThreadLocal<Object> inherited = new InheritableThreadLocal<>();
        inherited.set(thing());
        collect();
        verify(local.get());
        verify(inherited.get());
        ScopedValue<Object> scoped = ScopedValue.newInstance();
        ScopedValue.where(scoped, thing()).run(() -> {
            collect();
            verify(scoped.get());
        });
        local.remove();
        inherited.remove();
    }

    // ---- References ----

    static Reference<Object> weak(Object o) {
        return new WeakReference<>(o);
    }

    static Thing link(int i) {
        Thing t = thing();
        Txn.run(() -> root.array[i] = t);
        return t;
    }

    static void weakReferences() throws Exception {
        List<Reference<Object>> durable = new ArrayList<>(), loose = new ArrayList<>(), held = new ArrayList<>();
        ReferenceQueue<Object> queue = new ReferenceQueue<>();
        List<Object> holders = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            durable.add(weak(link(i)));
            loose.add(new WeakReference<>(thing(), queue));
            Thing t = thing();
            holders.add(t);
            held.add(weak(t.next));
            t = null;
        }
        collect();
        for (Reference<Object> r : durable) verify(r.get());
        for (Reference<Object> r : held) check(r.get() instanceof Thing t && t.id < 0, "held by V");
        for (Reference<Object> r : loose) check(r.refersTo(null), "not cleared");
        for (int n = 0; n < 50; n++) check(queue.remove(10_000) != null, "only " + n + " enqueued");
        // An unlink that may be undone, and is; then one that is not.
        try (Txn txn = Txn.begin()) {
            Arrays.fill(root.array, null);
            collect();
            for (Reference<Object> r : durable) check(!r.refersTo(null), "cleared, though a rollback brings it back");
            txn.rollback();
        }
        for (int i = 0; i < 50; i++) {
            verify(root.array[i]);
            check(durable.get(i).refersTo(root.array[i]), "another object");
        }
        Txn.run(() -> Arrays.fill(root.array, null));
        holders.clear();
        collect();
        until(() -> durable.stream().allMatch(r -> r.refersTo(null)), "unlinked, not cleared");
        until(() -> held.stream().allMatch(r -> r.refersTo(null)), "not held any more, not cleared");
    }

    static void softReferences() {
        List<SoftReference<Object>> soft = new ArrayList<>();
        List<Reference<Object>> behind = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Thing t = thing();
            soft.add(new SoftReference<>(t));
            behind.add(weak(t.next));
        }
        PersistentHeap.gc();
        collect();
        // Time enough must not be reason enough: they were just used.
        for (int i = 0; i < 20; i++) {
            verify(soft.get(i).get());
            check(behind.get(i).get() != null, "softly reachable");
        }
    }

    static void softBeforeOutOfMemory() {
        List<SoftReference<Object>> soft = new ArrayList<>();
        for (int i = 0; i < 60; i++) soft.add(new SoftReference<>(new @Persistent byte[(int) (PersistentHeap.capacity() / 40)]));
        check(soft.stream().anyMatch(r -> r.refersTo(null)), "more than the capacity is still there");
    }

    static void phantomReferences() throws Exception {
        ReferenceQueue<Object> queue = new ReferenceQueue<>();
        List<PhantomReference<Object>> phantoms = new ArrayList<>();
        AtomicInteger cleaned = new AtomicInteger();
        Cleaner cleaner = Cleaner.create();
        for (int i = 0; i < 20; i++) {
            Thing t = link(i);
            phantoms.add(new PhantomReference<>(t, queue));
            cleaner.register(t, cleaned::incrementAndGet);
        }
        collect();
        check(queue.poll() == null && cleaned.get() == 0, "enqueued while reachable");
        for (int i = 0; i < 20; i++) verify(root.array[i]);
        try (Txn txn = Txn.begin()) {
            Arrays.fill(root.array, null);
            collect();
            check(queue.poll() == null && cleaned.get() == 0, "enqueued while an open transaction may restore it");
        }
        for (int i = 0; i < 20; i++) verify(root.array[i]);
        Arrays.fill(root.array, null);
        until(() -> cleaned.get() == 20, "cleaners did not run");
        for (int n = 0; n < 20; n++) check(queue.remove(10_000) != null, "only " + n + " enqueued");
    }

    static final AtomicInteger finalized = new AtomicInteger();
    static volatile Throwable finalizerFailure;

    static final class Finalized {
        final Object o;
        Finalized(Object o) { this.o = o; }
        @Override
        @SuppressWarnings({"deprecation", "removal"})
        protected void finalize() {
            try {
                verify(o);
            } catch (Throwable e) {
                finalizerFailure = e;
            }
            finalized.incrementAndGet();
        }
    }

    static void makeFinalized() {
        for (int i = 0; i < 20; i++) new Finalized(thing());
    }

    static void finalizers() throws Exception {
        makeFinalized();
        collect();
        until(() -> finalized.get() == 20, "finalizers did not run");
        if (finalizerFailure != null) throw new AssertionError(finalizerFailure);
    }

    static void weakMap() throws Exception {
        WeakHashMap<Object, Object> map = new WeakHashMap<>();
        List<Object> keys = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Thing key = thing();
            if (i % 2 == 0) keys.add(key); else map.put(thing(), "dead");
            map.put(key, thing());
        }
        collect();
        for (Object key : keys) {
            verify(key);
            verify(map.get(key));
        }
        // A thread of the JDK hands the cleared references to their queue.
        until(() -> map.size() == 10, "more keys left than the 10 that are alive");
    }

    // ---- Transactions ----

    static void oldValue() {
        int id = link(0).id;
        try (Txn txn = Txn.begin()) {
            root.array[0] = null;
            collect();
            root.array[0] = thing();
            root.array[0] = null;
            collect();
            txn.rollback();
        }
        verify(root.array[0], id);
        try (Txn txn = Txn.begin()) {
            ((Thing) root.array[0]).next = null;
            ((Thing) root.array[0]).data = null;
            System.arraycopy(root.array, 1, root.array, 0, 10);
            collect();
        }
        verify(root.array[0], id);
        collect();
        verify(root.array[0], id);
        // A commit that fails.
        try {
            Txn.run(() -> {
                root.array[0] = null;
                root.a = new Box(null);
                collect();
            });
            check(false, "committed");
        } catch (VolatileReferenceException e) {
        }
        verify(root.array[0], id);
    }

    static void newValue() {
        try (Txn txn = Txn.begin()) {
            root.a = thing();
            root.b = thing();
            ((Thing) root.b).next.next = thing();
            collect();
            verify(root.a);
            verify(((Thing) root.b).next.next);
            txn.commit();
        }
        collect();
        verify(root.a);
        verify(root.b);
        verify(((Thing) root.b).next.next);
        Txn.run(() -> root.a = root.b = null);
    }

    static void savepoint() {
        int first = link(0).id;
        try (Txn outer = Txn.begin()) {
            Thing t = thing();
            int second = t.id;
            root.array[0] = t;
            t = null;
            try (Txn inner = Txn.begin()) {
                root.array[0] = null;
                collect();
                int third;
                try (Txn innermost = Txn.begin()) {
                    root.array[0] = thing();
                    collect();
                    third = ((Thing) root.array[0]).id;
                    verify(root.array[0]);
                    innermost.commit();
                }
                collect();
                verify(root.array[0], third);
            }
            verify(root.array[0], second);
            collect();
            verify(root.array[0], second);
        }
        verify(root.array[0], first);
    }

    /** The transaction of another thread, which is blocked. */
    static void otherThread() throws Exception {
        int[] kept = new int[100];
        for (int i = 0; i < 100; i++) kept[i] = link(i).id;
        CountDownLatch ready = new CountDownLatch(1), go = new CountDownLatch(1);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread t = new Thread(() -> {
            try (Txn txn = Txn.begin()) {
                for (int i = 0; i < 50; i++) root.array[i] = thing();
                for (int i = 0; i < 50; i++) verify(root.array[i]);
                Arrays.fill(root.array, 25, 75, null);
                ready.countDown();
                go.await();
                for (int i = 0; i < 25; i++) verify(root.array[i]);
            } catch (Throwable e) {
                failure.set(e);
            }
        });
        t.start();
        ready.await();
        collect();
        collect();
        go.countDown();
        t.join();
        if (failure.get() != null) throw new AssertionError(failure.get());
        for (int i = 0; i < 100; i++) verify(root.array[i], kept[i]);
        Txn.run(() -> Arrays.fill(root.array, null));
    }

    // ---- Not linked yet ----

    static void uncaptured() {
        Thing[] things = new Thing[50];
        for (int i = 0; i < 50; i++) {
            things[i] = thing();
            things[i].next.next = thing();
        }
        collect();
        for (int i = 0; i < 50; i++) {
            if (i % 2 == 0) {
                root.array[i] = things[i];
            } else {
                int n = i;
                Txn.run(() -> root.array[n] = things[n]);
            }
        }
        Arrays.fill(things, null);
        collect();
        for (int i = 0; i < 50; i++) {
            verify(root.array[i]);
            verify(((Thing) root.array[i]).next.next);
        }
        Arrays.fill(root.array, null);
    }

    static void copies() {
        // Their originals are garbage of V.
        Txn.run(() -> {
            root.text = "a string " + ids.get();
            root.number = 100_000 + ids.get();
            root.array[0] = "another " + ids.get();
            collect();
            check(root.text.equals("a string " + ids.get()), "string before the commit");
        });
        root.array[1] = "outside " + ids.get();
        root.persistentCache = "transient " + ids.get();
        collect();
        check(root.text.equals("a string " + ids.get()) && root.number == 100_000 + ids.get(), "copies");
        check(root.array[0].equals("another " + ids.get()) && root.array[1].equals("outside " + ids.get()), "copies in an array");
        check(root.persistentCache.equals("transient " + ids.get()), "in a transient field");
        check(PersistentHeap.contains(root.text) && PersistentHeap.contains(root.array[1]), "not copied");
        Object[] strings = new Object[100];
        for (int i = 0; i < 100; i++) {
            // Copies are found again by content: not those that are gone.
            root.a = "content " + i % 10;
            strings[i] = i % 3 == 0 ? root.a : null;
            if (i % 30 == 0) collect();
        }
        for (int i = 0; i < 100; i++) check(strings[i] == null || strings[i].equals("content " + i % 10), "copy " + i);
        String interned = root.text.intern();
        root.text = null;
        collect();
        check(interned.equals("a string " + ids.get()) && interned == new String(interned).intern(), "interned");
        Txn.run(() -> root.a = root.array[0] = root.array[1] = root.persistentCache = null);
    }

    static void transientReference() {
        Txn.run(() -> root.persistentCache = thing());
        collect();
        verify(root.persistentCache);
        Txn.run(() -> root.persistentCache = null);
    }

    // ---- Monitors ----

    static void monitors() throws Exception {
        // Held by a frame, and only there.
        synchronized (thing()) {
            collect();
        }
        Reference<Object>[] waiting = references(4);
        CountDownLatch started = new CountDownLatch(4);
        AtomicInteger woken = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            int n = i;
            Thread t = new Thread(() -> {
                Thing thing = thing();
                int id = thing.id;
                waiting[n] = weak(thing);
                synchronized (thing) {
                    started.countDown();
                    try {
                        thing.wait(60_000);
                        verify(thing, id);
                        woken.incrementAndGet();
                    } catch (InterruptedException e) {
                    }
                }
            });
            t.start();
            threads.add(t);
        }
        started.await();
        collect();
        for (int i = 0; i < 4; i++) {
            Object o = waiting[i].get();
            check(o != null, "the object that a thread waits for");
            synchronized (o) {
                collect();
                o.notifyAll();
            }
            o = null;
        }
        for (Thread t : threads) t.join();
        check(woken.get() == 4, woken + " woken");
        // Contended while a collection happens; then the monitor of a dead object.
        for (int round = 0; round < 3; round++) {
            Thing t = link(0);
            int id = t.id;
            Thread contender;
            synchronized (t) {
                contender = new Thread(() -> {
                    synchronized (root.array[0]) {
                        verify(root.array[0], id);
                    }
                });
                contender.start();
                while (contender.getState() != Thread.State.BLOCKED) Thread.onSpinWait();
                collect();
                verify(t, id);
            }
            contender.join();
            t = null;
            root.array[0] = null;
        }
        collect();
    }

    @SuppressWarnings("unchecked")
    static Reference<Object>[] references(int n) {
        return (Reference<Object>[]) new Reference<?>[n];
    }

    // ---- What a concurrent marking could miss ----

    static void moving() {
        // From here to there, between one look of the marker and the next.
        int n = root.array.length;
        for (int i = 0; i < n; i++) link(i);
        for (int round = 0; round < 20_000; round++) {
            int i = random.nextInt(n), j = random.nextInt(n);
            Object o = root.array[i];
            Object p = root.array[j];
            root.array[i] = null;
            root.array[j] = null;
            if (round % 5 == 0) {
                int k = round % 2;
                Txn.run(() -> {
                    root.array[k] = root.array[k];
                });
            }
            root.array[j] = o;
            root.array[i] = p;
            if (i == j) root.array[i] = o;
            if (round % 10 == 0) {
                Thing t = (Thing) root.array[random.nextInt(n)];
                // The only reference is in a register for a moment.
                Thing next = t.next;
                t.next = null;
                new @Persistent byte[random.nextInt(5000)].clone();
                t.next = next;
            }
            if (round % 5000 == 0) {
                for (Object x : root.array) verify(x);
            }
        }
        collect();
        for (Object x : root.array) verify(x);
        Txn.run(() -> Arrays.fill(root.array, null));
    }

    interface Case {
        void run() throws Throwable;
    }

    static String only = "";

    static void run(String name, Case c) throws Throwable {
        if (!name.startsWith(only)) return;
        long start = System.nanoTime();
        try {
            c.run();
        } catch (Throwable e) {
            throw new AssertionError(name, e);
        }
        System.out.println(name + ": " + (System.nanoTime() - start) / 1_000_000 + " ms");
    }

    public static void main(String[] args) throws Throwable {
        root = PersistentHeap.root("root", Root.class, () -> new @Persistent Root());
        if (args.length > 0 && args[0].equals("concurrent")) {
            // One concurrent cycle after the other.
            Thread t = new Thread(() -> {
                while (true) System.gc();
            });
            t.setDaemon(true);
            t.start();
        }
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 1;
        if (args.length > 2) only = args[2];
        for (int round = 0; round < rounds; round++) {
            run("local", Liveness::local);
            run("deep", Liveness::deep);
            run("blocked thread", Liveness::blockedThread);
            run("parked virtual thread", Liveness::parkedVirtualThread);
            run("in allocate", Liveness::inAllocate);
            run("static field", Liveness::staticField);
            run("volatile object", Liveness::volatileObject);
            run("volatile array", Liveness::volatileArray);
            run("through both", Liveness::throughBoth);
            run("closures", Liveness::closures);
            run("thread local", Liveness::threadLocal);
            run("old value", Liveness::oldValue);
            run("new value", Liveness::newValue);
            run("savepoint", Liveness::savepoint);
            run("other thread", Liveness::otherThread);
            run("uncaptured", Liveness::uncaptured);
            run("copies", Liveness::copies);
            run("transient reference", Liveness::transientReference);
            run("monitors", Liveness::monitors);
            run("moving", Liveness::moving);
            run("weak references", Liveness::weakReferences);
            run("soft references", Liveness::softReferences);
            run("phantom references", Liveness::phantomReferences);
            run("finalizers", Liveness::finalizers);
            run("weak map", Liveness::weakMap);
            run("soft before out of memory", Liveness::softBeforeOutOfMemory);
            finalized.set(0);
        }
    }
}
