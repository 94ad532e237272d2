/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test id=here
 * @summary Ten mistakes that are easily made when G1 and a persistent heap share a reservation (in one virtual machine)
 * @library /test/jdk/java/lang/persistent
 * @build Heap
 * @run main/othervm/timeout=300 -XX:PersistentHeap=full -XX:PersistentHeapSize=32m -Xmx64m -XX:+UnlockDiagnosticVMOptions
 *      -XX:PersistentHeapMedia=memory -XX:TieredStopAtLevel=1 -XX:+VerifyAfterGC TenBugs here
 * @run main/othervm/timeout=300 -XX:PersistentHeap=conc -XX:PersistentHeapSize=32m -Xmx64m -XX:+UnlockDiagnosticVMOptions
 *      -XX:PersistentHeapMedia=memory -XX:+ExplicitGCInvokesConcurrent TenBugs here
 * @run main/othervm/timeout=300 -XX:PersistentHeap=fail -XX:PersistentHeapSize=32m -Xmx64m -XX:+UnlockDiagnosticVMOptions
 *      -XX:PersistentHeapMedia=memory -XX:-TieredCompilation -XX:+ExplicitGCInvokesConcurrent
 *      -XX:+G1GCAllocationFailureALot -XX:G1GCAllocationFailureALotInterval=2 -XX:G1GCAllocationFailureALotCount=50 TenBugs here
 * @run main/othervm/timeout=300 -XX:PersistentHeap=int -XX:PersistentHeapSize=32m -Xms8m -Xmx256m -XX:+UnlockDiagnosticVMOptions
 *      -XX:PersistentHeapMedia=memory -XX:MinHeapFreeRatio=5 -XX:MaxHeapFreeRatio=10 -XX:-TieredCompilation TenBugs here
 */

/*
 * @test id=more
 * @summary The same verified by G1 during concurrent cycles
 * @key stress
 * @library /test/jdk/java/lang/persistent
 * @build Heap
 * @run main/othervm/timeout=300 -XX:PersistentHeap=conc -XX:PersistentHeapSize=32m -Xmx64m -XX:+UnlockDiagnosticVMOptions
 *      -XX:PersistentHeapMedia=memory -XX:+ExplicitGCInvokesConcurrent -XX:+VerifyDuringGC TenBugs here
 */

/*
 * @test id=restarts
 * @summary Ten mistakes that are easily made when G1 and a persistent heap share a reservation (several virtual machines)
 * @library /test/jdk/java/lang/persistent
 * @build Heap
 * @run main/othervm/timeout=600 TenBugs restarts
 */

import java.io.File;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.MutableCallSite;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

// The numbers are those of the list in the project's notes on G1.
public class TenBugs {
    static class Node {
        int id;
        int[] data;
        Node next;
        transient Object cache;

        static Node make(int id, int length) {
            Node n = new @Persistent Node();
            n.id = id;
            n.data = new @Persistent int[length];
            System.arraycopy(pattern(id, length), 0, n.data, 0, length);
            return n;
        }

        void verify(int expected) {
            check(id == expected, "node " + expected + " has id " + id);
            for (int i : data) if (i != expected) check(false, "node " + expected + " has " + i + " in its array");
        }
    }

    /** Volatile. */
    static final class Payload {
        final int id;
        final int[] data;
        Payload(int id) {
            this.id = id;
            this.data = pattern(id, id % 200);
        }
        static void verify(Object o, int id) {
            Payload p = (Payload) o;
            check(p.id == id && p.data.length == id % 200, "payload " + id + " is " + p.id);
            for (int i : p.data) if (i != id) check(false, "payload " + id + " has " + i);
        }
    }

    static final Random random = new Random(11);
    static Object sink;
    static Object[] table;                      // persistent

    static void check(boolean ok, String what) {
        if (!ok) throw new AssertionError(what);
    }

    static int[] pattern(int id, int length) {
        int[] a = new int[length];
        Arrays.fill(a, id);
        return a;
    }

    static void churn(int megabytes) {
        Object[] some = new Object[50];
        for (int i = 0; i < megabytes * 200; i++) some[i % 50] = new byte[5_000];
        sink = some;
        sink = null;
    }

    static void garbage(int percent) {
        for (long n = PersistentHeap.capacity() / 100 * percent; n > 0; n -= 10_016) {
            sink = new @Persistent byte[random.nextInt(20_000)];
        }
        sink = null;
    }

    static void fill(int percent, int length) {
        int n = (int) (PersistentHeap.capacity() / 100 * percent / (length * 4 + 64));
        Txn.run(() -> {
            Object[] all = new @Persistent Object[n];
            for (int i = 0; i < n; i++) all[i] = Node.make(i, length);
            table[0] = all;
        });
    }

    static void verify() {
        Object[] all = (Object[]) table[0];
        for (int i = 0; i < all.length; i++) ((Node) all[i]).verify(i);
    }

    static void empty() {
        Arrays.fill(table, null);
        PersistentHeap.gc();
    }

    // ---- 1: an empty region of P is handed to V; 7: P is overwritten like unused space of V ----

    static void emptyRegions() {
        for (int round = 0; round < 2; round++) {
            fill(80, 1000);
            empty();
            check(PersistentHeap.used() < PersistentHeap.capacity() / 4, "not empty: " + PersistentHeap.used());
            List<int[]> all = new ArrayList<>();
            fillV(all);
            fill(80, 1000);
            for (int i = 0; i < all.size(); i++) {
                for (int x : all.get(i)) check(x == i, "V is overwritten");
            }
            all = null;
            System.gc();
            verify();
            churn(50);
            System.gc();
            verify();
            empty();
        }
    }

    static void fillV(List<int[]> all) {
        int[] reserve = new int[500_000];
        try {
            while (true) all.add(pattern(all.size(), 10_000));
        } catch (OutOfMemoryError e) {
            reserve = null;
            check("Java heap space".equals(e.getMessage()), e.toString());
        }
        // Room for what the test itself makes.
        for (int i = all.size() / 3; i > 0; i--) all.removeLast();
        check(reserve == null, "reserve");
    }

    // ---- 2: P is marked, but not swept ----

    static volatile boolean stop;

    /** Of nodes that weak references still refer to: how many are not in the table any more. */
    static int unlinked(List<WeakReference<Object>> weak, Object[] all) {
        int n = 0;
        for (WeakReference<Object> w : weak) {
            Node node = (Node) w.get();
            if (node != null && all[node.id] != node) n++;
        }
        return n;
    }

    /** What is young and dead may live until it is old if cycles are concurrent. */
    static void collectUntil(BooleanSupplier done) {
        for (int i = 0; i < 20 && !done.getAsBoolean(); i++) PersistentHeap.gc();
    }

    static void abortedCycles() throws Exception {
        // A full collection aborts a concurrent one; young collections come in between.
        Thread cycles = new Thread(() -> {
            while (!stop) {
                System.gc();
                // Others get further, and a cycle that they start gets going, before it is aborted.
                LockSupport.parkNanos(5_000_000);
            }
        });
        cycles.start();
        fill(40, 100);
        List<WeakReference<Object>> weak = new ArrayList<>();
        Object[] all = (Object[]) table[0];
        for (int round = 0; round < 9; round++) {
            for (int i = 0; i < 200; i++) {
                int k = random.nextInt(all.length);
                weak.add(new WeakReference<>(all[k]));
                all[k] = Node.make(k, random.nextInt(300));
                ((Node) all[k]).cache = new Payload(k);
            }
            if (round % 3 == 0) PersistentHeap.gc();
            if (round % 5 == 0) churn(10);
            for (Object o : all) if (((Node) o).cache != null) Payload.verify(((Node) o).cache, ((Node) o).id);
        }
        stop = true;
        cycles.join();
        stop = false;
        PersistentHeap.gc();
        verify();
        collectUntil(() -> unlinked(weak, all) == 0);
        int alive = unlinked(weak, all);
        check(alive == 0, alive + " unlinked nodes are still alive");
        empty();
    }

    // ---- 3: a reference from P to V is lost ----

    static void slots() {
        fill(30, 20);
        Object[] all = (Object[]) table[0];
        boolean[] has = new boolean[all.length];
        for (int round = 0; round < 16; round++) {
            for (int i = 0; i < 1500; i++) {
                int k = random.nextInt(all.length);
                ((Node) all[k]).cache = new Payload(k);
                has[k] = true;
                if (i % 10 == 0) {
                    k = random.nextInt(all.length);
                    ((Node) all[k]).cache = null;
                    has[k] = false;
                }
                if (i % 20 == 0) {
                    // The slots of dead nodes, and other objects at their place.
                    k = random.nextInt(all.length);
                    Node old = (Node) all[k];
                    Node n = Node.make(k, 20);
                    n.cache = old.cache;
                    all[k] = n;
                }
            }
            switch (round % 8) {
                case 2 -> System.gc();
                case 5 -> PersistentHeap.gc();
                case 6 -> garbage(60);
                default -> churn(12);
            }
            for (int k = 0; k < all.length; k++) {
                Node n = (Node) all[k];
                if (has[k] != (n.cache != null)) check(false, "cache of " + k);
                if (has[k]) Payload.verify(n.cache, k);
            }
        }
        verify();
        empty();
    }

    // ---- 4: an old value in a transaction's buffer is stale ----

    static void oldValues() {
        for (int round = 0; round < 10; round++) {
            for (int i = 1; i < 100; i++) {
                Node n = Node.make(i, 100);
                n.cache = new Payload(i);
                n.next = Node.make(-i, 10);
                n.next.cache = new Payload(i + 1);
                table[i] = n;
            }
            try (Txn outer = Txn.begin()) {
                for (int i = 1; i < 100; i++) {
                    Node n = (Node) table[i];
                    n.cache = new Payload(i + 2);       // V old value
                    n.next = null;                      // P old value, and V behind it
                }
                collectInside(round);
                try (Txn inner = Txn.begin()) {
                    for (int i = 1; i < 100; i++) {
                        ((Node) table[i]).cache = null;
                        if (i % 2 == 0) table[i] = null;
                    }
                    collectInside(round + 1);
                }
                for (int i = 1; i < 100; i++) Payload.verify(((Node) table[i]).cache, i + 2);
                collectInside(round);
            }
            for (int i = 1; i < 100; i++) {
                Node n = (Node) table[i];
                n.verify(i);
                n.next.verify(-i);
                Payload.verify(n.cache, i);
                Payload.verify(n.next.cache, i + 1);
            }
        }
        empty();
    }

    static void collectInside(int round) {
        switch (round % 3) {
            case 0 -> churn(20);
            case 1 -> System.gc();
            default -> PersistentHeap.gc();
        }
        Thread t = new Thread(() -> garbage(70));
        t.start();
        try {
            t.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    // ---- 9: a class of objects in P, or of what they refer to, is unloaded ----

    /** Loaded once more, by a loader that nothing else keeps. */
    public static final class Loaded implements java.util.function.Supplier<String> {
        private final int[] data = {1, 2, 3};
        @Override
        public String get() { return "loaded " + data.length; }
    }

    static WeakReference<ClassLoader> linkLoaded(int i) throws Exception {
        List<URL> path = new ArrayList<>();
        for (String s : System.getProperty("java.class.path").split(File.pathSeparator)) path.add(Path.of(s).toUri().toURL());
        ClassLoader loader = new URLClassLoader(path.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
        Object o = loader.loadClass("TenBugs$Loaded").getDeclaredConstructor().newInstance();
        check(o.getClass() != Loaded.class, "the same class");
        Node n = Node.make(i, 10);
        n.cache = o;
        table[i] = n;
        return new WeakReference<>(loader);
    }

    static void classes() throws Exception {
        List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
        for (int i = 1; i < 20; i++) loaders.add(linkLoaded(i));
        for (int round = 0; round < 4; round++) {
            PersistentHeap.gc();
            churn(20);
            System.gc();
            garbage(80);
            for (int i = 1; i < 20; i++) {
                check(((java.util.function.Supplier<?>) ((Node) table[i]).cache).get().equals("loaded 3"), "class " + i);
                check(loaders.get(i - 1).get() != null, "loader " + i);
            }
        }
        empty();
        // Dead persistent objects keep no class.
        PersistentHeap.gc();
        for (WeakReference<ClassLoader> w : loaders) check(w.refersTo(null), "a class is not unloaded");
    }

    // ---- 10: compiled code refers to objects of P ----

    static final Node CONSTANT = Node.make(77, 50);
    static final int[] CONSTANT_ARRAY = CONSTANT.data;
    static final MutableCallSite SITE = new MutableCallSite(MethodType.methodType(Object.class));
    static final MethodHandle INVOKER = SITE.dynamicInvoker();

    static int useConstant() {
        return CONSTANT.id + CONSTANT_ARRAY[7] + CONSTANT.data.length;
    }

    static int useSite() throws Throwable {
        return ((Node) (Object) INVOKER.invokeExact()).id;
    }

    static WeakReference<Object> setSite(int id) throws Throwable {
        Node n = Node.make(id, 50);
        SITE.setTarget(MethodHandles.constant(Object.class, n));
        MutableCallSite.syncAll(new MutableCallSite[] {SITE});
        for (int i = 0; i < 20_000; i++) check(useSite() == id, "call site");
        return new WeakReference<>(n);
    }

    static void compiledConstants() throws Throwable {
        List<WeakReference<Object>> old = new ArrayList<>();
        for (int round = 0; round < 5; round++) {
            for (int i = 0; i < 20_000; i++) check(useConstant() == 77 + 77 + 50, "constant");
            old.add(setSite(1000 + round));
            PersistentHeap.gc();
            garbage(90);
            System.gc();
            garbage(50);
            check(useConstant() == 77 + 77 + 50, "constant after a collection");
            CONSTANT.verify(77);
            check(useSite() == 1000 + round, "call site after a collection");
            check(old.getLast().get() != null, "the constant of a call site");
        }
        SITE.setTarget(MethodHandles.constant(Object.class, null));
        // Code that was compiled with it goes with it.
        collectUntil(() -> old.stream().allMatch(w -> w.refersTo(null)));
        for (WeakReference<Object> w : old) check(w.refersTo(null), "kept by compiled code that is not used any more");
    }

    static void here() throws Throwable {
        table = PersistentHeap.root("table", Object[].class, () -> new @Persistent Object[100]);
        step("1 empty regions", TenBugs::emptyRegions);
        step("2 aborted cycles", TenBugs::abortedCycles);
        step("3 slots", TenBugs::slots);
        step("4 old values", TenBugs::oldValues);
        step("9 classes", TenBugs::classes);
        step("10 compiled constants", TenBugs::compiledConstants);
    }

    interface Step {
        void run() throws Throwable;
    }

    static String only = "";

    static void step(String name, Step step) throws Throwable {
        if (!name.startsWith(only)) return;
        long start = System.nanoTime();
        try {
            step.run();
        } catch (Throwable e) {
            throw new AssertionError(name, e);
        }
        System.out.println(name + ": " + (System.nanoTime() - start) / 1_000_000 + " ms");
    }

    // ---- 5: space is used again before the unlink is durable ----

    /** Unlinks without waiting, and uses the space at once, until it is killed. */
    static class Reuse {
        public static void main(String[] args) {
            table = PersistentHeap.root("table", Object[].class, () -> new @Persistent Object[100]);
            Random random = new Random();
            for (int i = 0; i < table.length; i++) {
                // Whatever was durable: each node is whole, and at its place.
                Node n = (Node) table[i];
                if (n == null) continue;
                n.verify(n.id);
                check(n.id % 100 == i, "node " + n.id + " at " + i);
                check(n.next == null || n.next.id % 100 == i, "behind node " + n.id);
                if (n.next != null) n.next.verify(n.next.id);
            }
            System.out.println("checked");
            System.out.flush();
            for (int round = 0; ; round++) {
                for (int i = random.nextInt(3); i < table.length; i += 1 + random.nextInt(3)) {
                    int length = random.nextInt(random.nextInt(20) == 0 ? 30_000 : 2000);
                    int id = i + 100 * random.nextInt(1_000_000);
                    Node n = (Node) table[i];
                    switch (random.nextInt(4)) {
                        case 0 -> table[i] = null;
                        case 1 -> table[i] = Node.make(id, length);
                        case 2 -> {
                            if (n != null) n.next = n.next == null ? Node.make(id, length) : null;
                        }
                        default -> {
                            int k = i;
                            Txn.run(() -> table[k] = Node.make(id, length));
                        }
                    }
                }
                if (round % 2 == 0) PersistentHeap.gc(); else if (round % 7 == 0) System.gc();
            }
        }
    }

    static void reuse(String... options) throws Exception {
        Heap heap = new Heap("reuse", options);
        Random random = new Random();
        Path out = Path.of("reuse.txt");
        for (int kill = 0; kill < 7; kill++) {
            Process p = heap.launch(Reuse.class, out);
            while (p.isAlive() && !Files.readString(out).contains("checked")) Thread.sleep(20);
            p.waitFor(random.nextInt(1200), TimeUnit.MILLISECONDS);
            check(p.isAlive(), "ended: " + Files.readString(out));
            p.destroyForcibly().waitFor();
            check(!Files.readString(out).contains("audit error"), Files.readString(out));
        }
        heap.delete();
    }

    // ---- 6: another layout of the reservation ----

    static class Reopen {
        public static void main(String[] args) {
            table = PersistentHeap.root("table", Object[].class, () -> new @Persistent Object[100]);
            if (table[0] == null) fill(40, 300);
            verify();
            Object[] all = (Object[]) table[0];
            for (int round = 0; round < 5; round++) {
                for (int i = 0; i < all.length / 3; i++) {
                    int k = random.nextInt(all.length);
                    all[k] = Node.make(k, random.nextInt(600));
                }
                if (round % 2 == 0) PersistentHeap.gc(); else System.gc();
                garbage(20);
                verify();
            }
            PersistentHeap.gc();
            check(PersistentHeap.used() < PersistentHeap.capacity() * 7 / 10, "garbage is kept: " + PersistentHeap.used());
        }
    }

    static void layouts() throws Exception {
        Heap heap = new Heap("layout", "-XX:PersistentHeapSize=32m");
        String[][] layouts = {
            {"-Xmx64m"}, {"-Xmx1g", "-XX:G1HeapRegionSize=32m"}, {"-Xmx64m", "-XX:G1HeapRegionSize=1m"}, {"-Xmx4g"},
            {"-Xmx100m", "-XX:+AlwaysPreTouch"}, {"-Xmx512m", "-XX:G1HeapRegionSize=16m", "-XX:+ExplicitGCInvokesConcurrent"},
            {"-Xmx64m", "-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapForceSwizzle"}, {"-Xmx64m"}
        };
        for (String[] layout : layouts) heap.with(layout).run(Reopen.class);
        heap.delete();
    }

    // ---- 8: P is counted when V's young generation is sized ----

    static class Young {
        public static void main(String[] args) throws Exception {
            MemoryPoolMXBean eden = ManagementFactory.getMemoryPoolMXBeans().stream()
                    .filter(p -> p.getName().equals("G1 Eden Space")).findFirst().orElseThrow();
            long first = eden.getUsage().getCommitted();
            table = PersistentHeap.root("table", Object[].class, () -> new @Persistent Object[100]);
            int live = Integer.parseInt(args[0]);
            Txn.run(() -> {
                for (int i = 0; i < live; i++) table[i] = new @Persistent byte[1 << 20];
            });
            long used = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
            long max = 0;
            for (int i = 0; i < 300; i++) {
                churn(4);
                max = Math.max(max, eden.getUsage().getCommitted());
            }
            long cycles = 0;
            for (GarbageCollectorMXBean gc : ManagementFactory.getGarbageCollectorMXBeans()) {
                if (gc.getName().contains("Concurrent")) cycles = gc.getCollectionCount();
                if (gc.getName().contains("Old")) check(gc.getCollectionCount() == 0, "full collections");
            }
            System.out.println("eden " + first + " at most " + max + ", " + cycles + " cycles, " + Runtime.getRuntime().maxMemory() + " max");
            // A collection may have started before the array was full of what is not V's.
            check(max <= 128L << 20, "eden of " + max);
            check(used < 64L << 20, "V uses " + used);
        }
    }

    static String young(String size, int live) throws Exception {
        // The young generation is as large as it may be, whatever the pauses.
        Heap heap = new Heap("young" + live, "-XX:PersistentHeapSize=" + size, "-XX:PersistentHeapInitialSize=" + size, "-Xms128m", "-Xmx128m", "-XX:MaxGCPauseMillis=60000",
                "-XX:G1HeapRegionSize=1m");
        String out = heap.run(Young.class, "" + live).output();
        heap.delete();
        // How many cycles there are depends on what is live in P, too.
        return out.lines().filter(l -> l.startsWith("eden ")).findFirst().orElseThrow().replaceFirst(", [0-9]+ cycles", "");
    }

    static void youngSize() throws Exception {
        String small = young("64m", 1);
        for (String other : List.of(young("256m", 1), young("256m", 100))) {
            check(small.equals(other), "with a small persistent heap: " + small + ", with a large one: " + other);
        }
    }

    // ---- 9: the class is used by nothing but objects of P ----

    static class Secret implements Runnable {
        static int loaded = 5;
        int id = 3;
        @Override
        public void run() {
            check(id == 3 && loaded == 5, "secret");
            System.out.println("class is there");
        }
    }

    static class Unload {
        public static void main(String[] args) throws Exception {
            if (PersistentHeap.root("secret", Object.class) == null) {
                PersistentHeap.setRoot("secret", Class.forName("TenBugs$Maker").getMethod("make").invoke(null));
            }
            for (int i = 0; i < 5; i++) {
                PersistentHeap.gc();
                System.gc();
                churn(50);
            }
            ((Runnable) PersistentHeap.root("secret", Object.class)).run();
            PersistentHeap.setRoot("secret", null);
            PersistentHeap.gc();
            PersistentHeap.setRoot("secret", Class.forName("TenBugs$Maker").getMethod("make").invoke(null));
            for (int i = 0; i < 5; i++) System.gc();
            ((Runnable) PersistentHeap.root("secret", Object.class)).run();
        }
    }

    public static class Maker {
        public static Object make() { return new @Persistent Secret(); }
    }

    static void onlyInHeap() throws Exception {
        Heap heap = new Heap("unload", "-Xmx64m");
        for (int i = 0; i < 3; i++) {
            heap.with("-XX:+ClassUnloadingWithConcurrentMark", i == 1 ? "-XX:+ExplicitGCInvokesConcurrent" : "-Xmx80m")
                .run(Unload.class).shouldContain("class is there");
        }
        heap.delete();
    }

    public static void main(String[] args) throws Throwable {
        if (args.length > 1) only = args[1];
        if (args[0].equals("here")) {
            here();
            return;
        }
        step("5 reuse", () -> reuse("-Xmx64m", "-XX:PersistentHeapSize=32m", "-XX:PersistentHeapFlushMillis=60000",
                "-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapVerify"));
        step("5 reuse, concurrent", () -> reuse("-Xmx64m", "-XX:PersistentHeapSize=32m", "-XX:+ExplicitGCInvokesConcurrent",
                "-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapVerify", "-XX:PersistentHeapMedia=memory"));
        step("6 layouts", TenBugs::layouts);
        step("8 young size", TenBugs::youngSize);
        step("9 classes only in the heap", TenBugs::onlyInHeap);
    }
}
