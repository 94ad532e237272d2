/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Nested transactions are savepoints
 * @run main/othervm SavepointTest
 * @run main/othervm SavepointTest -Xint
 * @run main/othervm SavepointTest -XX:-TieredCompilation -XX:CompileThreshold=200 -Xbatch
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.persistent.TxnException;
import java.lang.persistent.VolatileReferenceException;
import java.util.Arrays;
import java.util.Random;

public class SavepointTest {
    static class Data {
        int a; int b; int c;
        Object ref;
        final long[] array = new @Persistent long[64];
        final int[] large = new @Persistent int[3000];
    }

    static void write() {
        Data x = PersistentHeap.root("data", Data.class, () -> new @Persistent Data());
        try (Txn outer = Txn.begin()) {
            x.a = 1;
            try (Txn inner = Txn.begin()) {
                x.a = 2;
                x.b = 2;
                try (Txn innermost = Txn.begin()) {
                    x.a = 3;
                    x.c = 3;
                    x.ref = x.array;
                    innermost.commit();
                }
                Heap.equal(x.c, 3);
            }
            Heap.equal(x.a, 1);
            Heap.equal(x.b, 0);
            Heap.equal(x.c, 0);
            Heap.check(x.ref == null, "ref");
            try (Txn inner = Txn.begin()) {
                x.b = 5;
                inner.commit();
            }
            outer.commit();
        }
        Heap.equal(x.a, 1);
        Heap.equal(x.b, 5);
        try (Txn outer = Txn.begin()) {
            Txn.run(() -> x.b = 6);
        }
        Heap.equal(x.b, 5);

        // At random, against a model.
        Random random = new Random(42);
        long[] model = x.array.clone();
        for (int i = 0; i < 500; i++) {
            model = level(x, model, random, 0);
            Heap.equal(x.array, model);
        }
        for (int i = 0; i < 30; i++) manyStores(x.large, random, 2);
        for (int i = 0; i < 6; i++) manyLevels(x.large, random);

        // A commit that fails takes all levels with it.
        Txn outer = Txn.begin();
        x.a = 100;
        Txn inner = Txn.begin();
        x.b = 100;
        x.ref = new Data();
        inner.commit();
        Txn another = Txn.begin();
        another.commit();
        Heap.fails(VolatileReferenceException.class, outer::commit);
        Heap.check(!Txn.isActive(), "ended");
        Heap.equal(x.a, 1);
        Heap.equal(x.b, 5);
        Heap.check(x.ref == null, "ref");
        Heap.fails(IllegalStateException.class, outer::commit);
        outer.close();
        Txn.run(() -> x.c = 7);
    }

    static long[] level(Data x, long[] before, Random random, int depth) {
        long[] model = before.clone();
        boolean commit = random.nextInt(3) != 0;
        try (Txn txn = Txn.begin()) {
            for (int n = random.nextInt(10); n > 0; n--) {
                if (depth < 4 && random.nextInt(5) == 0) {
                    model = level(x, model, random, depth + 1);
                    Heap.equal(x.array, model);
                } else {
                    int i = random.nextInt(model.length);
                    long value = random.nextLong();
                    x.array[i] = value;
                    model[i] = value;
                }
            }
            if (commit) {
                txn.commit();
                return model;
            }
        }
        return before;
    }

    // Levels of hundreds of stores to few or many locations, with a level in between: the transaction's memory moves and is
    // looked through for locations that it has more than once.
    static int[] manyStores(int[] array, Random random, int levels) {
        int[] before = array.clone();
        int[] model = before.clone();
        try (Txn txn = Txn.begin()) {
            int from = random.nextInt(array.length), range = 1 + random.nextInt(array.length);
            int stride = 1 + random.nextInt(20);
            int inner = random.nextInt(2000);
            for (int n = 0; n < 2000; n++) {
                if (n == inner && levels > 0) {
                    model = manyStores(array, random, levels - 1);
                }
                int i = (from + n * stride % range) % array.length;
                array[i] = n;
                model[i] = n;
            }
            check(array, model, "stored");
            if (random.nextBoolean()) {
                txn.commit();
                before = model;
            }
        }
        check(array, before, "ended");
        return before;
    }

    // One after the other, in one transaction.
    static void manyLevels(int[] array, Random random) {
        int[] before = array.clone();
        int[] model = before.clone();
        try (Txn txn = Txn.begin()) {
            for (int n = 0; n < 3000; n++) {
                int i = random.nextInt(5), j = random.nextInt(5), k = 100 + random.nextInt(5);
                array[i] = model[i] = n;
                try (Txn inner = Txn.begin()) {
                    array[j] = -n;
                    array[k] = -n;
                    array[j] = n + 1;
                    if (n % 3 != 0) {
                        model[j] = n + 1;
                        model[k] = -n;
                        inner.commit();
                    }
                }
            }
            check(array, model, "stored");
            if (random.nextBoolean()) {
                txn.commit();
                before = model;
            }
        }
        check(array, before, "ended");
    }

    static void check(int[] array, int[] model, String when) {
        int i = Arrays.mismatch(array, model);
        Heap.check(i < 0, when + ": " + i);
    }

    static void read() {
        Data x = PersistentHeap.root("data", Data.class);
        Heap.equal(x.a, 1);
        Heap.equal(x.b, 5);
        Heap.equal(x.c, 7);
        Random random = new Random(42);
        long[] model = new long[64];
        Data y = new @Persistent Data();
        for (int i = 0; i < 500; i++) {
            model = level(y, model, random, 0);
        }
        Heap.equal(x.array, model);
        // The same in this VM's objects.
        for (int i = 0; i < 30; i++) manyStores(y.large, random, 2);
        for (int i = 0; i < 6; i++) manyLevels(y.large, random);
        check(x.large, y.large, "reopened");
    }

    // Another thread's commit makes objects durable that a transaction has stored to, in two levels: as they were before it. When
    // the inner level is rolled back nothing of the outer becomes durable.
    static void interrupt() throws InterruptedException {
        Data x = PersistentHeap.root("data", Data.class);
        Data y = new @Persistent Data();
        y.a = 10;
        Data z = new @Persistent Data();
        y.ref = new String("old");
        z.ref = new String("old, too");
        Txn.begin();
        y.a = 20;
        y.ref = new String("outer");
        try (Txn inner = Txn.begin()) {
            y.a = 30;
            y.b = 30;
            y.ref = new String("inner");
            z.ref = new String("inner, too");
            Thread other = new Thread(() -> Txn.run(() -> x.ref = new @Persistent Object[] { y, z }));
            other.start();
            other.join();
            Heap.check(((Object[]) x.ref)[0] == y, "other thread");
            System.gc();        // what only the media refers to is not freed
            fill();
            inner.rollback();
        }
        Heap.equal(y.a, 20);
        Heap.equal(y.b, 0);
        Heap.check(y.ref.equals("outer") && z.ref.equals("old, too"), y.ref + " " + z.ref);
        System.gc();
        fill();
        Txn.run(() -> y.c = 40);
        Runtime.getRuntime().halt(0);
    }

    // Takes what is free.
    static void fill() {
        for (int i = 0; i < 20_000; i++) {
            byte[] b = new @Persistent byte[200];
            Arrays.fill(b, (byte) -1);
        }
    }

    static void recover() {
        Object[] both = (Object[]) PersistentHeap.root("data", Data.class).ref;
        Data y = (Data) both[0], z = (Data) both[1];
        Heap.check(z.ref.equals("old, too"), "" + z.ref);
        Heap.equal(y.a, 10);
        Heap.equal(y.b, 0);
        Heap.equal(y.c, 0);
        Heap.check(y.ref.equals("old"), "" + y.ref);
    }

    // An array that nothing refers to, of which others may take the committed state at any time: far more stores than locations.
    static void uncaptured() throws InterruptedException {
        Data x = PersistentHeap.root("data", Data.class);
        Data y = new @Persistent Data();
        y.ref = new String("before");
        for (int i = 0; i < y.large.length; i++) y.large[i] = -i;
        for (int round = 0; round < 2; round++) {
            int[] before = y.large.clone();
            try (Txn outer = Txn.begin()) {
                for (int n = 0; n < 100_000; n++) {
                    y.large[n * 7 % y.large.length] = n;
                    if (n % 30_000 == 20_000) {
                        int[] stored = y.large.clone();
                        try (Txn inner = Txn.begin()) {
                            for (int k = 0; k < 20_000; k++) y.large[k % 200] = k;
                        }
                        check(y.large, stored, "uncaptured, inner rollback");
                    }
                }
                if (round == 0) continue;
                // As it was before this transaction, and not what only that may have.
                y.ref = new Data();
                y.ref = new @Persistent Data();
                Thread other = new Thread(() -> Txn.run(() -> x.ref = y));
                other.start();
                other.join();
            }
            check(y.large, before, "uncaptured, rollback");
            Heap.check(y.ref.equals("before"), "" + y.ref);
        }
    }

    static void readUncaptured() {
        Data y = (Data) PersistentHeap.root("data", Data.class).ref;
        for (int i = 0; i < y.large.length; i++) Heap.equal(y.large[i], -i);
        Heap.check(y.ref.equals("before"), "" + y.ref);
    }

    public static void main(String[] args) throws Exception {
        switch (args.length > 0 ? args[0] : "") {
            case "write" -> write();
            case "read" -> read();
            case "interrupt" -> interrupt();
            case "recover" -> recover();
            case "uncaptured" -> uncaptured();
            case "read uncaptured" -> readUncaptured();
            default -> {
                Heap heap = new Heap("savepoint", args);
                heap.run(SavepointTest.class, "write");
                heap.run(SavepointTest.class, "read");
                heap.run(SavepointTest.class, "interrupt");
                heap.run(SavepointTest.class, "recover");
                heap.run(SavepointTest.class, "uncaptured");
                heap.run(SavepointTest.class, "read uncaptured");
                heap.delete();
            }
        }
    }
}
