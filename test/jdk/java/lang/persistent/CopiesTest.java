/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Copies of many bytes into persistent arrays, beside and across single stores: rolled back, committed, in savepoints,
 *          overlapped, written to by others, found by the next VM
 * @build Heap
 * @run main/timeout=300 CopiesTest
 */

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.persistent.TxnException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

public class CopiesTest {
    static final int LENGTH = 40_000;
    static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    static final class Data {
        byte[] bytes = new @Persistent byte[LENGTH];
        long[] longs = new @Persistent long[LENGTH / 8];
        int digest;
    }

    /** The same in the ordinary heap. */
    static final class Model {
        byte[] bytes;
        long[] longs;
        Model(byte[] bytes, long[] longs) {
            this.bytes = bytes.clone();
            this.longs = longs.clone();
        }
    }

    static int digest(Data d) { return Arrays.hashCode(d.bytes) * 31 + Arrays.hashCode(d.longs); }

    static void same(Data d, Model m, String when) {
        int i = Arrays.mismatch(d.bytes, m.bytes);
        int j = Arrays.mismatch(d.longs, m.longs);
        if (i >= 0 || j >= 0) throw new AssertionError(when + ": bytes differ from " + i + ", longs from " + j);
    }

    static byte[] random(Random r, int n) {
        byte[] b = new byte[n];
        r.nextBytes(b);
        return b;
    }

    /** One change, to both. */
    static void change(Data d, Model m, Random r) {
        int n = r.nextInt(4) == 0 ? r.nextInt(300) : r.nextInt(5000);
        int at = r.nextInt(LENGTH - n);
        switch (r.nextInt(7)) {
            case 0, 1 -> {
                byte[] from = random(r, n);
                System.arraycopy(from, 0, d.bytes, at, n);
                System.arraycopy(from, 0, m.bytes, at, n);
            }
            case 2 -> {
                int from = r.nextInt(LENGTH - n);           // may overlap
                System.arraycopy(d.bytes, from, d.bytes, at, n);
                System.arraycopy(m.bytes, from, m.bytes, at, n);
            }
            case 3 -> {
                byte[] from = random(r, n);
                ByteBuffer.wrap(d.bytes).put(at, from);
                ByteBuffer.wrap(m.bytes).put(at, from);
            }
            case 4 -> {
                int count = n / 8;
                int first = at / 8;
                int from = r.nextInt(LENGTH / 8 - count);
                System.arraycopy(d.longs, from, d.longs, first, count);
                System.arraycopy(m.longs, from, m.longs, first, count);
            }
            default -> {
                for (int i = 0; i < 1 + r.nextInt(100); i++) {
                    int b = r.nextInt(LENGTH - 8);
                    long value = r.nextLong();
                    if (r.nextBoolean()) {
                        d.bytes[b] = m.bytes[b] = (byte) value;
                    } else {
                        LONGS.set(d.bytes, b, value);
                        LONGS.set(m.bytes, b, value);
                    }
                    d.longs[b / 8] = m.longs[b / 8] = value;
                }
            }
        }
    }

    static void randomly(Data d, long seed) {
        Random r = new Random(seed);
        Model m = new Model(d.bytes, d.longs);
        for (int round = 0; round < 60; round++) {
            ArrayDeque<Txn> open = new ArrayDeque<>();
            ArrayDeque<Model> before = new ArrayDeque<>();
            open.push(Txn.begin());
            before.push(new Model(m.bytes, m.longs));
            while (!open.isEmpty()) {
                switch (r.nextInt(10)) {
                    case 0 -> {
                        if (open.size() < 4) {
                            open.push(Txn.begin());
                            before.push(new Model(m.bytes, m.longs));
                        }
                    }
                    case 1 -> {
                        open.pop().commit();
                        before.pop();
                    }
                    case 2 -> {
                        open.pop().close();               // rolls back
                        m = before.pop();
                        same(d, m, "seed " + seed + ", round " + round + ", rolled back");
                    }
                    default -> change(d, m, r);
                }
            }
            same(d, m, "seed " + seed + ", round " + round);
            if (r.nextInt(5) == 0) change(d, m, r);        // outside
        }
        same(d, m, "seed " + seed);
        Txn.run(() -> d.digest = digest(d));
    }

    /** In arrays of the transaction's own, which nothing captured refers to yet. */
    static void own(Data d, Random r) {
        byte[] from = random(r, 3000);
        try (Txn txn = Txn.begin()) {
            byte[] mine = new @Persistent byte[LENGTH];
            System.arraycopy(from, 0, mine, 100, 3000);
            try (Txn inner = Txn.begin()) {
                System.arraycopy(from, 0, mine, 2000, 3000);
            }
            byte[] expected = new byte[LENGTH];
            System.arraycopy(from, 0, expected, 100, 3000);
            if (!Arrays.equals(mine, expected)) throw new AssertionError("own array at " + Arrays.mismatch(mine, expected));
            d.bytes = mine;
            txn.commit();
        }
    }

    static void elsewhere(Runnable r) throws InterruptedException {
        Thread t = new Thread(r);
        t.start();
        t.join();
    }

    enum End { COMMIT, CLOSE, CONFLICT }

    /** What another thread stores to what a transaction has copied to stands; what is beside it is the transaction's. */
    static void others(Data d, String what, End end, int at, int n, int[] foreign, Runnable inside) throws InterruptedException {
        Model m = new Model(d.bytes, d.longs);
        byte[] from = random(new Random(n), n);
        for (int i : foreign) if (i >= at && i < at + n) from[i - at] = (byte) (d.bytes[i] ^ 1);
        try (Txn txn = Txn.begin()) {
            System.arraycopy(from, 0, d.bytes, at, n);
            inside.run();
            elsewhere(() -> {
                for (int i : foreign) d.bytes[i] = m.bytes[i] = (byte) (m.bytes[i] ^ 3);
            });
            if (end == End.COMMIT) {
                txn.commit();
                System.arraycopy(from, 0, m.bytes, at, n);
            } else if (end == End.CONFLICT) {
                try {
                    txn.commit();
                    throw new AssertionError(what + ": no conflict");
                } catch (TxnException e) {
                    if (!e.getMessage().contains("a persistent [B was written by another thread")) throw e;
                }
            }
        }
        same(d, m, what);
    }

    static void conflicts(Data d) throws InterruptedException {
        int[] none = {}, one = {1300}, some = {1000, 1001, 1255, 1256, 1257, 1499}, beside = {999, 1500};
        for (End end : List.of(End.CLOSE, End.CONFLICT)) {
            others(d, "one byte " + end, end, 1000, 500, one, () -> {});
            others(d, "some bytes " + end, end, 1000, 500, some, () -> {});
            others(d, "a short copy " + end, end, 1280, 30, one, () -> {});
            others(d, "one byte, copied twice " + end, end, 1000, 500, one, () -> System.arraycopy(new byte[200], 0, d.bytes, 1301, 150));
            others(d, "one byte, after a store " + end, end, 1000, 500, one, () -> { d.bytes[1300] ^= 4; d.bytes[1299] = 7; });
            others(d, "one byte, after a store of a level " + end, end, 1000, 500, one, () -> {
                Txn.run(() -> {
                    d.bytes[1300] ^= 4;
                    d.bytes[1301] = 7;
                    System.arraycopy(new byte[200], 0, d.bytes, 1310, 150);
                });
                d.bytes[1301] = 8;                    // the level's entry is not where that belongs
            });
            others(d, "one byte, stored to before the copy " + end, end, 1000, 500, new int[] {2300}, () -> {
                d.bytes[2300] ^= 5;
                byte[] from = new byte[200];
                from[100] = (byte) (d.bytes[2300] ^ 9);
                System.arraycopy(from, 0, d.bytes, 2200, 200);
            });
            others(d, "views in a level " + end, end, 1000, 500, one, () -> {
                try (Txn inner = Txn.begin()) {
                    d.bytes[1001] = 1;
                    System.arraycopy(new byte[16], 0, d.bytes, 1000, 16);
                    d.bytes[1001] = 2;
                    inner.commit();
                }
            });
            others(d, "one byte, after a level was rolled back " + end, end, 1000, 500, one, () -> {
                try (Txn inner = Txn.begin()) {
                    d.bytes[1300] ^= 8;
                    System.arraycopy(new byte[200], 0, d.bytes, 1210, 150);
                }
            });
        }
        for (End end : List.of(End.CLOSE, End.COMMIT)) {
            others(d, "beside " + end, end, 1000, 500, beside, () -> {});
            others(d, "beside a short one " + end, end, 1000, 40, new int[] {999, 1040}, () -> {});
            others(d, "nobody " + end, end, 1000, 500, none, () -> {});
            others(d, "views in a level " + end, end, 1000, 500, none, () -> {
                try (Txn inner = Txn.begin()) {
                    byte[] now = Arrays.copyOfRange(d.bytes, 1000, 1016);
                    d.bytes[1001] ^= 1;
                    System.arraycopy(now, 0, d.bytes, 1000, 16);
                    d.bytes[1001] ^= 1;
                    d.bytes[1001] ^= 1;
                    inner.commit();
                }
            });
        }
        // Words: the store before the copy, of a word that the copy ends in; and one across two blocks.
        for (int word : new int[] {1497, 1249, 1000 - 3}) {
            Model m = new Model(d.bytes, d.longs);
            try (Txn txn = Txn.begin()) {
                LONGS.set(d.bytes, word, -1L);
                System.arraycopy(random(new Random(1), 500), 0, d.bytes, 1000, 500);
                LONGS.set(d.bytes, word, -2L);
                elsewhere(() -> d.bytes[1100] = m.bytes[1100] = (byte) (d.bytes[1100] + 1));
            }
            same(d, m, "word at " + word);
        }
        Model m = new Model(d.bytes, d.longs);
        try (Txn txn = Txn.begin()) {
            System.arraycopy(new long[100], 0, d.longs, 50, 100);
            d.longs[60] = 5;
            elsewhere(() -> d.longs[60] = m.longs[60] = 0x0102);
            elsewhere(() -> d.longs[61] = m.longs[61] = 0x0102);
        }
        same(d, m, "longs");
        try (Txn txn = Txn.begin()) {
            System.arraycopy(m.longs, 0, d.longs, 50, 100);
            System.arraycopy(m.longs.clone(), 0, m.longs, 50, 100);
            Txn.run(() -> d.longs[60] = 5);
            d.longs[60] = m.longs[60] = 6;                  // the level's image is not where that belongs
            txn.commit();
        }
        same(d, m, "a long after a level");
    }

    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            Data d = PersistentHeap.root("data", Data.class, () -> new @Persistent Data());
            if (digest(d) != d.digest && d.digest != 0) throw new AssertionError("another digest");
            long seed = Long.parseLong(args[0]);
            own(d, new Random(seed));
            conflicts(d);
            for (int i = 0; i < 3; i++) randomly(d, seed * 100 + i);
            System.out.println("done");
            if (args.length > 1) Runtime.getRuntime().halt(0);
            return;
        }
        Heap heap = new Heap("copies", "-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapAudit", "-XX:PersistentHeapAuditInterval=50");
        int seed = 1;
        for (String option : List.of("-XX:+TieredCompilation", "-Xint", "-XX:TieredStopAtLevel=1", "-XX:-TieredCompilation")) {
            heap.with(option).run(CopiesTest.class, "" + seed++).shouldContain("done").shouldContain("0 differences");
            heap.with(option).run(CopiesTest.class, "" + seed++, "halt").shouldContain("done");
        }
        heap.run(CopiesTest.class, "" + seed).shouldContain("done");
    }
}
