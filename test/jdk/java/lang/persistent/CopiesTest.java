/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Copies of many bytes into persistent arrays, beside and across single stores: rolled back, committed, in savepoints,
 *          overlapped, found by the next VM
 * @build Heap
 * @run main/timeout=300 CopiesTest
 */

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
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

    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            Data d = PersistentHeap.root("data", Data.class, () -> new @Persistent Data());
            if (digest(d) != d.digest && d.digest != 0) throw new AssertionError("another digest");
            long seed = Long.parseLong(args[0]);
            own(d, new Random(seed));
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
