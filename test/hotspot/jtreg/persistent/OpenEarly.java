/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary A thread that a static initializer has started makes persistent objects while the heap is opened beside the program: nobody
 *          touches what is hidden before there is somebody who shows it, and what was made before is not taken from the file
 * @library /test/jdk/java/lang/persistent
 * @build Heap
 * @run main/othervm/timeout=300 OpenEarly
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;

public class OpenEarly {
    static final int RECORDS = 80_000;
    static final int EARLY = Integer.getInteger("early", 0);

    /** A line and more: the holes between those of the file are one after the other a thread's next buffer. */
    static final class Rec {
        long a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, a1, b1, c1, last;
    }

    /** The heap has a symbol for its value, so it is initialised while the heap is being opened. */
    static final class Symbol {
        static final Symbol SYMBOL = new Symbol();
        static {
            if (EARLY > 0) Early.start();
        }
    }

    static final class Early {
        static final Rec[] made = new Rec[EARLY];
        static volatile int count;
        static volatile boolean enough;
        static final Thread thread = new Thread(Early::make);

        static void start() {
            thread.start();
            while (count == 0) Thread.onSpinWait();
        }

        /** As long as the heap is being opened: not faster than that there are holes left then. */
        static void make() {
            long next = System.nanoTime();
            for (int i = 0; i < EARLY && !enough; i++) {
                Rec rec = new @Persistent Rec();
                rec.a = i + 1;
                rec.last = ~i;
                made[i] = rec;
                count = i + 1;
                next += 5_000;
                while (System.nanoTime() - next < 0) Thread.onSpinWait();
            }
        }
    }

    static final class Root {
        Object symbol;
        Rec[] recs;
    }

    static void make() {
        Root root = PersistentHeap.root("root", Root.class, () -> new @Persistent Root());
        Txn.run(() -> {
            root.symbol = Symbol.SYMBOL;
            root.recs = new @Persistent Rec[RECORDS];
        });
        for (int from = 0; from < RECORDS; from += 10_000) {
            int first = from;
            Txn.run(() -> {
                for (int i = first; i < first + 10_000; i++) {
                    Rec rec = new @Persistent Rec();
                    rec.a = i;
                    root.recs[i] = rec;
                }
            });
        }
        Txn.run(() -> {
            for (int i = 1; i < RECORDS; i += 2) root.recs[i] = null;
        });
        System.gc();
    }

    static void use() throws Exception {
        Root root = PersistentHeap.root("root", Root.class);
        Early.enough = true;
        Early.thread.join();
        System.gc();        // all of it is translated then
        for (int i = 0; i < RECORDS; i++) {
            Rec rec = root.recs[i];
            Heap.check(rec == null ? i % 2 == 1 : rec.a == i, "record " + i);
        }
        int lost = 0;
        for (int i = 0; i < Early.count; i++) {
            Rec rec = Early.made[i];
            if (rec.a != i + 1 || rec.last != ~i) lost++;
        }
        Heap.check(lost == 0, lost + " of " + Early.count + " objects were lost");
        // Those are objects like all others.
        Txn.run(() -> root.recs[1] = Early.made[0]);
        Txn.run(() -> root.recs[1] = null);
        System.out.println("used, early " + Early.count);
    }

    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            switch (args[0]) {
                case "make" -> make();
                default -> use();
            }
            return;
        }
        Heap heap = new Heap("early", "-Xmx512m", "-XX:PersistentHeapSize=4g", "-XX:PersistentHeapEagerOpenSize=0");
        heap.run(OpenEarly.class, "make");
        for (int i = 0; i < 6; i++) {
            heap.with("-Dearly=30000", "-Xlog:pheap");
            heap.run(OpenEarly.class, "use").shouldContain("all of it translated").shouldContain("used, early ");
        }
    }
}
