/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary A heap that is translated beside the program: touched by many threads in any order, changed, collected, looked at, killed
 * @library /test/jdk/java/lang/persistent
 * @build Heap Observer OpenLarge
 * @run main/othervm/timeout=900 OpenBeside
 */

import java.lang.management.ManagementFactory;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

public class OpenBeside {
    static final int THREADS = 4;

    static volatile Object sink;

    /** What the last runs have added: a node each, which refers to one that was there before. */
    static final class Added {
        final OpenLarge.Node node;
        final long id;
        final Added next;
        Added(OpenLarge.Node node, Added next) {
            this.node = node;
            this.id = node.id;
            this.next = next;
        }
    }

    static final class Log {
        Added[] of = new @Persistent Added[THREADS];
        long[] count = new @Persistent long[THREADS];
    }

    /** Long enough for one to lie across most boundaries of segments, wherever those are. */
    static final class Wide {
        Object a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t;
        TimeUnit unit;
        Item last;
    }

    static final class Item {
        final long id;
        final long odd = 1;           // an item and a Wide are no power of two
        Item(long id) { this.id = id; }

        // This runs while the heap is being opened, before anything is translated.
        static final int EARLY = Integer.getInteger("early", 0);
        static Item[] early = new Item[EARLY];
        static {
            for (int i = 0; i < EARLY; i++) early[i] = new @Persistent Item(-i);
            if (EARLY > 0) System.gc();
        }
    }

    static final int WIDE = 40_000;

    static void makeWide() {
        Wide[] all = new @Persistent Wide[WIDE];
        for (int from = 0; from < WIDE; from += 1000) {
            int first = from;
            Txn.run(() -> {
                for (int i = first; i < first + 1000; i++) {
                    Wide w = new @Persistent Wide();
                    w.unit = TimeUnit.values()[i % 7];
                    w.last = new @Persistent Item(i);
                    w.t = w.last;
                    all[i] = w;
                }
                if (first == 0) PersistentHeap.setRoot("wide", all);
            });
        }
    }

    /** Compiled, this touches nothing of w but its last fields. */
    static long lastOf(Wide w) { return w.last.id + w.unit.ordinal(); }
    static void mark(Wide w, Item item) { w.t = item; }
    static void lock(Wide w) { synchronized (w) { sink = w; } }

    static void useWide(long seed) {
        Wide plain = new Wide();
        plain.last = new Item(1);
        plain.unit = TimeUnit.DAYS;
        for (int i = 0; i < 20_000; i++) {
            lastOf(plain);
            mark(plain, plain.last);
            lock(plain);
        }
        Wide[] all = PersistentHeap.root("wide", Wide[].class);
        Item[] items = new Item[WIDE];
        for (int i = 0; i < Item.EARLY; i++) {
            Item item = Item.early[i];
            if (!PersistentHeap.contains(item) || item.id != -i) throw new AssertionError("early " + i + ": " + item.id);
            Txn.run(() -> all[item.id == 0 ? 0 : (int) -item.id].s = item);
        }
        Random random = new Random(seed);
        // From the end: what lies across a boundary comes when its last fields are visible and its header is not.
        for (int i = WIDE - 1; i >= WIDE / 2; i--) {
            if (i / 500 % 3 == 0) lock(all[i]);
            if (lastOf(all[i]) != i + i % 7) throw new AssertionError(i + ": " + lastOf(all[i]));
        }
        for (int n = 0; n < 2 * WIDE; n++) {
            int i = random.nextInt(WIDE);
            switch (random.nextInt(3)) {
                case 0 -> lock(all[i]);
                case 1 -> Txn.run(() -> mark(all[i], all[i].last));
                default -> { }
            }
            if (lastOf(all[i]) != i + i % 7) throw new AssertionError(i + ": " + lastOf(all[i]));
            items[i] = all[i].last;
        }
        for (int i = 0; i < WIDE; i++) {
            Wide w = all[i];
            if (lastOf(w) != i + i % 7 || w.t != w.last || items[i] != null && items[i] != w.last) throw new AssertionError("wide " + i);
        }
    }

    /** A heap of one segment, in which there are new objects, too, before it is opened. */
    static void useTiny() {
        Item[] items = PersistentHeap.root("tiny", Item[].class, () -> new @Persistent Item[] {new @Persistent Item(3), new @Persistent Item(4)});
        if (items[0].id != 3 || items[1].id != 4) throw new AssertionError("tiny");
        for (int i = 0; i < Item.EARLY; i++) {
            Item item = Item.early[i];
            if (item.id != -i || item.odd != 1) throw new AssertionError("early " + i + ": " + item.id);
        }
        System.out.println("tiny");
    }

    static OpenLarge.Root root() { return PersistentHeap.root("root", OpenLarge.Root.class); }

    /** Some chains in random order, garbage of both heaps meanwhile, stores that change nothing and some that do. */
    static long visit(OpenLarge.Root root, Log log, int thread, Random random) {
        long seen = 0;
        for (int i = 0; i < 400; i++) {
            OpenLarge.Node head = root.heads[random.nextInt(root.heads.length)];
            OpenLarge.Node last = head;
            int n = 0;
            for (OpenLarge.Node x = head; x != null && n < 500; x = x.next, n++) {
                seen += OpenLarge.digest(x.other);
                last = x;
            }
            sink = new byte[random.nextInt(20_000)];
            if (last != null && i % 8 == 0) {
                OpenLarge.Node node = last;
                Txn.run(() -> {
                    node.id = node.id;
                    node.other = node.other;
                    log.of[thread] = new @Persistent Added(node, log.of[thread]);
                    log.count[thread]++;
                });
            }
            if (i % 50 == 0) seen += root.mixed[random.nextInt(root.mixed.length)] == null ? 1 : 0;
        }
        return seen;
    }

    static void checkLog(Log log) {
        for (int t = 0; t < THREADS; t++) {
            long n = 0;
            for (Added a = log.of[t]; a != null; a = a.next, n++) {
                if (a.node.id != a.id) throw new AssertionError("node " + a.node.id + " was " + a.id);
            }
            if (n != log.count[t]) throw new AssertionError(n + " entries of " + log.count[t]);
        }
    }

    static void look(String what) throws Exception {
        switch (what) {
            case "gc" -> System.gc();
            case "histogram" -> {
                if (!Observer.dcmd("persistentheapHistogram").contains("OpenLarge$Node")) throw new AssertionError("no nodes");
            }
            case "audit" -> {
                if (!Observer.dcmd("persistentheapAudit").contains(" 0 differences")) throw new AssertionError("differences");
            }
            case "dump" -> {
                Path file = Path.of("dump-" + ProcessHandle.current().pid() + ".hprof");
                ManagementFactory.getPlatformMXBean(com.sun.management.HotSpotDiagnosticMXBean.class).dumpHeap(file.toString(), true);
                Files.delete(file);
            }
            case "fill" -> {
                // Needs room: who asks for a collection has to wait for all to be translated.
                for (int i = 0; i < 3000; i++) sink = new @Persistent byte[100_000];
            }
            case "", "halt" -> { }
            default -> throw new AssertionError(what);
        }
    }

    static void use(String what, long seed) throws Exception {
        OpenLarge.Root root = root();
        Log log = PersistentHeap.root("log", Log.class, () -> new @Persistent Log());
        ExecutorService threads = Executors.newFixedThreadPool(THREADS + 1, Thread.ofPlatform().daemon().factory());
        List<Future<?>> all = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            int thread = t;
            all.add(threads.submit((Callable<Long>) () -> visit(root, log, thread, new Random(seed * 10 + thread))));
        }
        all.add(threads.submit(() -> {
            look(what);
            return null;
        }));
        if (what.equals("halt")) {
            Thread.sleep(new Random(seed).nextInt(300));
            Runtime.getRuntime().halt(7);
        }
        for (Future<?> f : all) f.get();
        threads.shutdown();
        if (OpenLarge.digest(root) != root.digest) throw new AssertionError("another digest");
        checkLog(log);
        System.out.println("used");
    }

    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            switch (args[0]) {
                case "make" -> {
                    OpenLarge.make(3);
                    makeWide();
                }
                case "tiny" -> useTiny();
                case "wide" -> useWide(Long.parseLong(args[1]));
                default -> use(args[1], Long.parseLong(args[2]));
            }
            return;
        }
        Heap heap = new Heap("beside", "-XX:PersistentHeapSize=256m", "-XX:PersistentHeapEagerOpenSize=0", "-XX:+UnlockDiagnosticVMOptions",
                "-XX:+PersistentHeapAudit", "-Xlog:pheap", "-Xmx300m", "-Xmn4m");
        heap.run(OpenBeside.class, "make").shouldContain("made");
        List<List<String>> options = List.of(
                List.of("-XX:+TieredCompilation"), List.of("-Xint"), List.of("-XX:TieredStopAtLevel=1"), List.of("-XX:-TieredCompilation", "-Xbatch"),
                List.of("-XX:+PersistentHeapForceSwizzle"), List.of("-XX:+PersistentHeapForceSwizzle", "-XX:-TieredCompilation"),
                List.of("-XX:PersistentHeapMedia=file", "-XX:+PersistentHeapForceSwizzle"), List.of("-XX:+ExplicitGCInvokesConcurrent"));
        boolean debug = !System.getProperty("jdk.debug", "release").equals("release");
        int seed = 0;
        for (String what : Arrays.asList("", "halt", "gc", "halt", "histogram", "halt", "audit", "dump", "fill", "halt", "")) {
            for (List<String> more : what.isEmpty() ? options : List.of(options.get(seed % options.size()))) {
                heap.with(more.toArray(String[]::new));
                // Nobody but the program and what it asks for; else most is done before that.
                if (debug && (!what.isEmpty() || seed % 2 == 0)) heap.with("-XX:PersistentHeapBreak=open-idle");
                Heap.Result r = heap.start(OpenBeside.class, "use", what, "" + seed++);
                if (what.equals("halt")) {
                    r.shouldHaveExitCode(7);
                } else {
                    r.shouldHaveExitCode(0).shouldContain("used").shouldContain("0 differences").shouldContain("all of it translated").shouldNotContain(" 0 faults");
                }
            }
        }
        for (List<String> more : options) {
            heap.with(more.toArray(String[]::new));
            if (debug) heap.with("-XX:PersistentHeapBreak=open-idle");
            heap.run(OpenBeside.class, "wide", "" + seed++).shouldContain("0 differences");
        }
        heap.with("-Dearly=2000");
        heap.run(OpenBeside.class, "wide", "" + seed++).shouldContain("0 differences");
        Heap tiny = new Heap("tiny", "-XX:PersistentHeapEagerOpenSize=0", "-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapAudit");
        tiny.run(OpenBeside.class, "tiny").shouldContain("tiny");
        for (String early : List.of("0", "1", "100", "2000")) {
            tiny.with("-Dearly=" + early);
            tiny.run(OpenBeside.class, "tiny").shouldContain("tiny").shouldContain("0 differences");
        }
        // A small heap is there before main.
        heap.with("-XX:PersistentHeapEagerOpenSize=256m");
        heap.run(OpenBeside.class, "use", "", "99").shouldContain("used").shouldNotContain("all of it translated");
    }
}
