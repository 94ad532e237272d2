/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary What is rolled back after another thread has captured the object, or has stored there, too: memory and media have the same,
 *          and a restart finds it
 * @run main/othervm/timeout=240 RolledBackTest
 * @run main/othervm/timeout=240 RolledBackTest -Xint
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

    // Two transactions store to the same places, which nothing guards; both are rolled back, the first one first.
    static void both() throws Exception {
        Holder r = root();
        Txn.run(() -> {
            r.o = new @Persistent Fine();
            r.s = "before" + "-".repeat(2000);
            r.n = 1;
            r.i = 1;
            r.b = 1;
        });
        for (int levels = 0; levels < 2; levels++) {
            boolean nested = levels == 1;
            Txn first = Txn.begin();
            r.o = new @Persistent Short1();
            r.s = "first" + "-".repeat(2000);
            r.n = 2;
            r.i = 2;
            r.b = 2;
            if (nested) {
                Txn inner = Txn.begin();
                r.o = new @Persistent Short1();
                r.n = 3;
                r.i = 3;
                other(() -> beginSecond(r));
                inner.rollback();
            } else {
                other(() -> beginSecond(r));
            }
            first.rollback();
            other(() -> {
                second.rollback();
                return null;
            });
            bothRead();
            PersistentHeap.gc();
            bothRead();
        }
    }

    static Txn second;

    static Void beginSecond(Holder r) {
        second = Txn.begin();
        r.o = null;
        r.s = "second";
        r.n = 10;
        r.i = 10;
        r.b = 10;
        return null;
    }

    static void bothRead() {
        Holder r = root();
        Heap.equal(((Fine) r.o).x, 5);
        Heap.equal(r.s, "before" + "-".repeat(2000));
        Heap.equal(r.n, 1L);
        Heap.equal(r.i, 1);
        Heap.equal((int) r.b, 1);
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

    public static void main(String[] args) throws Exception {
        switch (args.length > 0 ? args[0] : "") {
            case "intermediate" -> intermediate();
            case "copies" -> copies();
            case "both" -> both();
            case "many" -> many();
            case "intermediateRead" -> intermediateRead();
            case "copiesRead" -> copiesRead();
            case "bothRead" -> bothRead();
            case "manyRead" -> manyRead();
            default -> {
                for (String scenario : new String[] {"intermediate", "copies", "both", "many"}) {
                    Heap heap = new Heap("rolledback", args);
                    heap.with(OPTIONS).run(RolledBackTest.class, scenario);
                    heap.with(OPTIONS).run(RolledBackTest.class, scenario + "Read");
                    heap.delete();
                }
            }
        }
    }
}
