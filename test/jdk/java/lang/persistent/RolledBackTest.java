/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary What is rolled back after another thread has captured the object, or has stored there, too: memory and media have the same,
 *          and a restart finds it
 * @run main/othervm/timeout=480 RolledBackTest
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

public class RolledBackTest {
    static class Holder {
        Object o;
        String s;
        long n;
        int i;
        byte b;
        Object[] more;
    }

    // Entries of the class table: a long one, then a shorter one in its place.
    static class Long1 {
        long aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, cccccccccccccccccccccccccccccccccccccc;
        Object volatileOne;
    }

    static class Short1 {
        int x = 4;
    }

    static class Fine {
        int x = 5;
    }

    static final String[] OPTIONS = {"-XX:PersistentHeapSize=32m", "-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapAudit",
            "-XX:PersistentHeapOccupancyPercent=100"};

    static Holder root() {
        return PersistentHeap.root("root", Holder.class, () -> new @Persistent Holder());
    }

    static final ExecutorService OTHER = Executors.newSingleThreadExecutor(r -> {
        Thread t = new Thread(r);
        t.setDaemon(true);
        return t;
    });

    static <T> T other(Callable<T> c) throws Exception {
        return OTHER.submit(c).get();
    }

    // An intermediate value that cannot be on the media, of a class that is not in the table.
    static void intermediate() throws Exception {
        Holder r = root();
        Holder o = new @Persistent Holder();
        Txn txn = Txn.begin();
        Long1 bad = new @Persistent Long1();
        bad.volatileOne = new Object();
        o.o = bad;
        o.o = new @Persistent Fine();
        o.o = null;
        o.n = 3;
        o.n = 4;
        other(() -> r.o = o);
        txn.rollback();
        Heap.equal(o.o, null);
        Heap.equal(o.n, 0L);
        r.more = new @Persistent Object[] {new @Persistent Short1(), new @Persistent Fine()};
    }

    static void intermediateRead() {
        Holder r = root();
        Heap.equal(((Holder) r.o).o, null);
        Heap.equal(((Short1) r.more[0]).x, 4);
        Heap.equal(((Fine) r.more[1]).x, 5);
    }

    // The copy of a string that memory has not seen, when there is no room for a second one.
    static void copies() throws Exception {
        Holder r = root();
        Holder o = new @Persistent Holder();
        o.s = "s".repeat(8 << 20);
        Txn txn = Txn.begin();
        o.s = "x";
        Txn inner = Txn.begin();
        o.s = "y";
        inner.rollback();
        other(() -> r.o = o);
        other(() -> {
            r.more = new @Persistent Object[18];
            for (int i = 0; i < r.more.length; i++) r.more[i] = new @Persistent byte[1 << 20];
            return null;
        });
        PersistentHeap.gc();
        txn.rollback();
        PersistentHeap.gc();
        PersistentHeap.gc();
        Heap.equal(o.s, "s".repeat(8 << 20));
    }

    static void copiesRead() {
        Heap.equal(((Holder) root().o).s, "s".repeat(8 << 20));
    }

    // Two transactions store to the same places, which nothing guards, and are rolled back: whatever is there then, the next run finds it.
    static void both(int variant) throws Exception {
        Holder r = root();
        Holder own = (variant & 8) != 0 ? new @Persistent Holder() : r;
        Txn.run(() -> {
            own.o = new @Persistent Fine();
            own.s = "before" + "-".repeat(2000);
            own.n = 1;
            own.i = 1;
            own.b = 1;
        });
        Txn first = Txn.begin();
        first(own, 2);
        Txn inner = (variant & 1) != 0 ? Txn.begin() : null;
        if (inner != null) first(own, 3);
        other(() -> {
            second = Txn.begin();
            second(own, 10);
            return null;
        });
        if ((variant & 2) != 0) {
            first(own, 4);
            other(() -> {
                second(own, 11);
                return null;
            });
        }
        if (own != r && (variant & 4) != 0) capture(r, own);
        if (inner != null) inner.rollback();
        if ((variant & 16) != 0) rollBackSecond();
        first.rollback();
        PersistentHeap.gc();
        fill();
        if ((variant & 32) != 0) {
            // The second one is left open.
            System.out.println("LEFT");
            PersistentHeap.force();
            Runtime.getRuntime().halt(0);
        }
        if (own != r && (variant & 4) == 0) capture(r, own);
        if ((variant & 16) == 0) rollBackSecond();
        PersistentHeap.gc();
        fill();
        r.more = new @Persistent Object[] {own};
        state();
    }

    static void rollBackSecond() throws Exception {
        other(() -> {
            second.rollback();
            return null;
        });
    }

    // In no transaction, while two threads have one each.
    static void outside(Runnable r) throws Exception {
        Thread t = new Thread(r);
        t.start();
        t.join();
    }

    static void capture(Holder r, Holder own) throws Exception {
        outside(() -> r.more = new @Persistent Object[] {own});
    }

    // In the place of what was freed.
    static void fill() throws Exception {
        outside(() -> {
            Object[] filling = new @Persistent Object[500];
            for (int i = 0; i < filling.length; i++) filling[i] = new @Persistent long[200];
            Holder keep = new @Persistent Holder();
            keep.more = filling;
            PersistentHeap.setRoot("filling", keep);
        });
    }

    static Txn second;

    static void first(Holder r, int n) {
        r.o = new @Persistent Short1();
        r.s = "first" + n + "-".repeat(2000);
        r.n = n;
        r.i = n;
        r.b = (byte) n;
    }

    static void second(Holder r, int n) {
        r.o = n == 10 ? null : new @Persistent Long1();
        r.s = "second" + n;
        r.n = n;
        r.i = n;
        r.b = (byte) n;
    }

    static void state() {
        Holder r = root();
        if (r.more != null) r = (Holder) r.more[0];
        System.out.println("STATE " + (r.o == null ? "null" : r.o.getClass().getName()) + " " + r.s + " " + r.n + " " + r.i + " " + r.b);
    }

    // The inner level stores two elements at once, of which somebody else stores one, too; the outer one has stored the other.
    static void elements() throws Exception {
        Holder r = root();
        int[] rolledBack = new @Persistent int[2], committed = new @Persistent int[2];
        r.more = new @Persistent Object[] {rolledBack, committed};
        for (int[] a : new int[][] {rolledBack, committed}) {
            Txn txn = Txn.begin();
            a[1] = 5;
            Txn inner = Txn.begin();
            System.arraycopy(new int[] {6, 7}, 0, a, 0, 2);
            other(() -> a[0] = 9);
            inner.rollback();
            Heap.equal(a[1], 5);
            if (a == committed) {
                txn.commit();
            } else {
                txn.rollback();
            }
        }
        elementsRead();
    }

    static void elementsRead() {
        Heap.equal(Arrays.toString((int[]) root().more[0]), "[9, 0]");
        Heap.equal(Arrays.toString((int[]) root().more[1]), "[9, 5]");
    }

    // Many locations stored to twice, and one copy of many bytes: the commit looks at each location once.
    static void many() throws Exception {
        Holder r = root();
        int length = 100_000;
        Holder[] holders = new @Persistent Holder[length];
        Txn.run(() -> {
            for (int i = 0; i < length; i++) holders[i] = new @Persistent Holder();
            r.more = holders;
            r.o = new @Persistent byte[1000];
        });
        byte[] from = new byte[1000];
        Arrays.fill(from, (byte) 9);
        Txn.run(() -> {
            System.arraycopy(from, 0, (byte[]) r.o, 0, from.length);
            for (int pass = 1; pass <= 2; pass++) {
                for (int i = 0; i < length; i++) holders[i].n = i * pass;
            }
        });
    }

    static void manyRead() {
        Holder r = root();
        Heap.equal(((byte[]) r.o)[999], (byte) 9);
        for (int i = 0; i < r.more.length; i++) Heap.equal(((Holder) r.more[i]).n, i * 2L);
    }

    static String states(Heap.Result result) {
        return result.output().lines().filter(l -> l.startsWith("STATE")).collect(java.util.stream.Collectors.joining("\n"));
    }

    public static void main(String[] args) throws Exception {
        switch (args.length > 0 ? args[0] : "") {
            case "intermediate" -> intermediate();
            case "copies" -> copies();
            case "both" -> both(Integer.parseInt(args[1]));
            case "elements" -> elements();
            case "elementsRead" -> elementsRead();
            case "many" -> many();
            case "intermediateRead" -> intermediateRead();
            case "copiesRead" -> copiesRead();
            case "bothRead" -> state();
            case "manyRead" -> manyRead();
            default -> {
                for (int variant = 0; variant < 64; variant++) {
                    if ((variant & 12) == 4 || (variant & 48) == 48) continue;
                    Heap heap = new Heap("both", args);
                    String wrote = states(heap.with(OPTIONS).run(RolledBackTest.class, "both", Integer.toString(variant)));
                    String read = states(heap.with(OPTIONS).run(RolledBackTest.class, "bothRead"));
                    if (!wrote.isEmpty()) Heap.equal(read, wrote);
                    heap.delete();
                }
                for (String scenario : new String[] {"intermediate", "copies", "elements", "many"}) {
                    Heap heap = new Heap("rolledback", args);
                    heap.with(OPTIONS).run(RolledBackTest.class, scenario);
                    heap.with(OPTIONS).run(RolledBackTest.class, scenario + "Read");
                    heap.delete();
                }
            }
        }
    }
}
