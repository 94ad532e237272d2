/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Transactions: commit, rollback, structure, misuse, stores of all types
 * @run main/othervm TxnTest
 * @run main/othervm TxnTest -Xint
 * @run main/othervm TxnTest -XX:TieredStopAtLevel=1
 * @run main/othervm TxnTest -XX:-TieredCompilation -XX:CompileThreshold=200 -Xbatch
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.persistent.TxnException;
import java.util.Arrays;

public class TxnTest {
    static class Base {
        byte b; short s; char c; int i; long l; float f; double d; boolean z; Object o;
        volatile int vi; volatile long vl; volatile Object vo;
        Base next;
    }
    static class Data extends Base {
        final int[] ints = new @Persistent int[10];
        final byte[] bytes = new @Persistent byte[10];
        final short[] shorts = new @Persistent short[10];
        final char[] chars = new @Persistent char[10];
        final long[] longs = new @Persistent long[10];
        final float[] floats = new @Persistent float[10];
        final double[] doubles = new @Persistent double[10];
        final boolean[] booleans = new @Persistent boolean[10];
        final Object[] objects = new @Persistent Object[10];
        final int[][] table = new @Persistent int[3][4];
    }

    static void fill(Data x, int v) {
        x.b = (byte) v; x.s = (short) v; x.c = (char) v; x.i = v; x.l = v * 10_000_000_000L;
        x.f = v / 2f; x.d = v / 3.0; x.z = (v & 1) != 0; x.vi = -v; x.vl = -v * 10_000_000_000L;
        x.o = x; x.vo = (v & 1) != 0 ? x.ints : null;
        for (int k = 0; k < 10; k++) {
            x.ints[k] = v + k; x.bytes[k] = (byte) (v + k); x.shorts[k] = (short) (v - k);
            x.chars[k] = (char) (v * k); x.longs[k] = (long) v << k; x.floats[k] = v + k / 2f;
            x.doubles[k] = v - k / 3.0; x.booleans[k] = ((v >> k) & 1) != 0;
            x.objects[k] = ((v >> k) & 1) != 0 ? x.longs : null;
        }
        for (int k = 0; k < 12; k++) {
            x.table[k / 4][k % 4] = v ^ k;
        }
    }

    static void verify(Data x, int v) {
        Heap.equal(x.b, (byte) v); Heap.equal(x.s, (short) v); Heap.equal(x.c, (char) v);
        Heap.equal(x.i, v); Heap.equal(x.l, v * 10_000_000_000L); Heap.equal(x.f, v / 2f);
        Heap.equal(x.d, v / 3.0); Heap.equal(x.z, (v & 1) != 0); Heap.equal(x.vi, -v);
        Heap.equal(x.vl, -v * 10_000_000_000L);
        Heap.check(x.o == x, "o"); Heap.check(x.vo == ((v & 1) != 0 ? x.ints : null), "vo");
        for (int k = 0; k < 10; k++) {
            Heap.equal(x.ints[k], v + k); Heap.equal(x.bytes[k], (byte) (v + k));
            Heap.equal(x.shorts[k], (short) (v - k)); Heap.equal(x.chars[k], (char) (v * k));
            Heap.equal(x.longs[k], (long) v << k); Heap.equal(x.floats[k], v + k / 2f);
            Heap.equal(x.doubles[k], v - k / 3.0); Heap.equal(x.booleans[k], ((v >> k) & 1) != 0);
            Heap.check(x.objects[k] == (((v >> k) & 1) != 0 ? x.longs : null), "objects " + k);
        }
        for (int k = 0; k < 12; k++) {
            Heap.equal(x.table[k / 4][k % 4], v ^ k);
        }
    }

    static void write() throws Exception {
        Heap.check(PersistentHeap.isEnabled(), "enabled");
        Heap.check(!Txn.isActive(), "inactive");
        Data x = PersistentHeap.root("data", Data.class, () -> new @Persistent Data());
        Heap.check(PersistentHeap.contains(x), "contains");
        Heap.check(PersistentHeap.contains(x.table[2]), "contains row");
        Heap.check(!PersistentHeap.contains(new Data()), "contains volatile");
        Heap.check(!PersistentHeap.contains(null), "contains null");
        Heap.check(PersistentHeap.used() > 0 && PersistentHeap.used() <= PersistentHeap.capacity(), "used");

        // Commit and rollback, often enough to be compiled.
        Txn.run(() -> fill(x, 0));
        for (int v = 1; v <= 3000; v++) {
            try (Txn txn = Txn.begin()) {
                Heap.check(Txn.isActive(), "active");
                fill(x, v);
                verify(x, v);
            }
            verify(x, v == 1 ? 0 : v - 1);
            int w = v;
            Txn.run(() -> fill(x, w));
            verify(x, v);
        }

        // Copies, clones and fills.
        try (Txn txn = Txn.begin()) {
            System.arraycopy(x.ints, 0, x.ints, 3, 7);
            System.arraycopy(new long[] { 1, 2, 3 }, 0, x.longs, 7, 3);
            System.arraycopy(x.objects, 0, x.objects, 1, 9);
            Arrays.fill(x.bytes, (byte) 77);
            Arrays.fill(x.objects, x);
            x.table[1] = new @Persistent int[5];
        }
        verify(x, 3000);

        // A body that throws.
        Heap.equal(Heap.fails(ArithmeticException.class, () -> Txn.run(() -> {
            fill(x, 1);
            throw new ArithmeticException("mine");
        })).getMessage(), "mine");
        verify(x, 3000);
        Heap.fails(Exception.class, () -> Txn.call(() -> {
            fill(x, 1);
            throw new Exception();
        }));
        verify(x, 3000);
        String result = Txn.call(() -> {
            x.i = 3001;
            x.i = 3000;
            return "result";
        });
        Heap.equal(result, "result");

        // Objects of a transaction that was rolled back are forgotten.
        try (Txn txn = Txn.begin()) {
            x.next = new @Persistent Data();
            x.next.i = 5;
        }
        Heap.check(x.next == null, "next");
        misuse(x);
        Txn.run(() -> fill(x, 4711));
        System.out.println("written");
    }

    static void misuse(Data x) throws Exception {
        Txn txn = Txn.begin();
        txn.commit();
        Heap.fails(IllegalStateException.class, txn::commit);
        Heap.fails(IllegalStateException.class, txn::rollback);
        Heap.fails(IllegalStateException.class, () -> txn.lock(new java.util.concurrent.locks.ReentrantLock()));
        txn.close();
        Txn two = Txn.begin();
        two.rollback();
        Heap.fails(IllegalStateException.class, two::commit);
        two.close();

        Txn outer = Txn.begin();
        x.i = -1;
        Txn inner = Txn.begin();
        x.i = -2;
        Heap.fails(IllegalStateException.class, outer::commit);
        Heap.fails(IllegalStateException.class, outer::rollback);
        Heap.equal(x.i, -2);
        Heap.fails(IllegalStateException.class, outer::close);      // after rolling back
        Heap.equal(x.i, 3000);
        Heap.check(!Txn.isActive(), "ended");
        Heap.fails(IllegalStateException.class, inner::commit);
        inner.close();

        Txn mine = Txn.begin();
        Throwable[] thrown = new Throwable[5];
        Thread other = new Thread(() -> {
            thrown[0] = caught(mine::commit);
            thrown[1] = caught(mine::rollback);
            thrown[2] = caught(mine::close);
            thrown[3] = caught(() -> mine.lock(new java.util.concurrent.locks.ReentrantLock()));
            thrown[4] = Txn.isActive() ? null : new WrongThreadException();
        });
        other.start();
        other.join();
        for (Throwable e : thrown) {
            Heap.check(e instanceof WrongThreadException, "another thread: " + e);
        }
        mine.commit();
        Heap.fails(NullPointerException.class, () -> Txn.run(null));
        Heap.fails(NullPointerException.class, () -> Txn.call(null));
        Heap.check(!Txn.isActive(), "inactive");

        // A transaction that outlives the scope it was begun in.
        ScopedValue<String> value = ScopedValue.newInstance();
        try {
            ScopedValue.where(value, "v").run(() -> {
                Txn.begin();
                x.i = -5;
            });
        } catch (RuntimeException structureViolation) {
        }
        Heap.check(!Txn.isActive(), "closed with its scope");
        Heap.equal(x.i, 3000);
        // The other way round.
        Txn around = Txn.begin();
        ScopedValue.where(value, "v").run(() -> around.rollback());
        Txn.run(() -> {});
        Heap.check(!Txn.isActive(), "inactive");
        scopes();
        nestedScopes(x);
        failedTwice(x);
        Throwable[] failure = new Throwable[1];
        Thread small = new Thread(null, () -> failure[0] = caught(() -> nestedFailure(x)), "small", 1 << 19);
        small.start();
        small.join();
        if (failure[0] != null) {
            throw new AssertionError(failure[0]);
        }
    }

    // The commit of a nested transaction fails, for want of stack: those around it are over, and say so.
    static void nestedFailure(Data x) {
        int was = x.i;
        Txn first = Txn.begin();
        x.i = -10;
        Txn second = Txn.begin();
        Txn.run(() -> x.i = -11);
        Txn third = Txn.begin();
        x.i = -12;
        Throwable e = caught(() -> commitDeep(third));
        Heap.check(e instanceof IllegalStateException, "committed again where there is stack: " + e);
        Heap.check(!Txn.isActive(), "inactive");
        Heap.equal(x.i, was);
        Heap.fails(IllegalStateException.class, third::rollback);
        third.close();
        for (Txn txn : new Txn[] {second, first}) {
            for (int i = 0; i < 2; i++) {
                Heap.fails(TxnException.class, txn::commit);
                txn.rollback();
                Heap.fails(IllegalStateException.class, () -> txn.lock(new java.util.concurrent.locks.ReentrantLock()));
                // Others come and go.
                Txn.run(() -> x.i = was + 1);
                Txn.run(() -> x.i = was);
                txn.close();
            }
        }
        Txn four = Txn.begin();
        for (int i = 0; i < 9; i++) {
            Txn.begin();
            x.i--;
        }
        Heap.fails(IllegalStateException.class, four::commit);
        Heap.fails(IllegalStateException.class, four::close);
        Heap.fails(IllegalStateException.class, four::rollback);
        Heap.equal(x.i, was);
    }

    static void commitDeep(Txn txn) {
        try {
            commitDeep(txn);
        } catch (StackOverflowError e) {
            txn.commit();
        }
    }

    // ScopedValue expects the scopes of a thread to be those it has seen; a thread's first transaction is in
    // the scope of a value, or before it.
    static void scopes() throws Exception {
        Data x = PersistentHeap.root("data", Data.class);
        int was = x.i;
        ScopedValue<String> value = ScopedValue.newInstance();
        for (boolean before : new boolean[] {false, true}) {
            for (Thread.Builder builder : new Thread.Builder[] {Thread.ofPlatform(), Thread.ofVirtual()}) {
                Throwable[] thrown = new Throwable[1];
                builder.start(() -> thrown[0] = caught(() -> {
                    if (before) {
                        Txn.run(() -> x.i = 1);
                        Txn.run(() -> x.i = 2);
                    }
                    ScopedValue.where(value, "v").run(() -> Txn.run(() -> x.i = 3));
                    Txn.run(() -> x.i = 4);
                    ScopedValue.where(value, "v").run(() -> {
                        Txn.run(() -> x.i = 5);
                        ScopedValue.where(value, "w").run(() -> Txn.run(() -> x.i = 6));
                    });
                    Heap.equal(x.i, 6);
                    RuntimeException e = null;
                    try {
                        ScopedValue.where(value, "v").run(() -> {
                            Txn.begin();
                            x.i = 7;
                        });
                    } catch (RuntimeException structureViolation) {
                        e = structureViolation;
                    }
                    Heap.equal(e.getClass().getSimpleName(), "StructureViolationException");
                    Heap.check(!Txn.isActive(), "closed with its scope");
                    Heap.equal(x.i, 6);
                    Txn.run(() -> x.i = 8);
                    Txn.begin();
                    x.i = 9;          // the thread ends before its transaction
                })).join();
                if (thrown[0] != null) {
                    throw new AssertionError(thrown[0]);
                }
                Heap.equal(x.i, 8);
            }
        }
        Txn.run(() -> x.i = was);
    }

    // What was begun in a scope ends with it, what was begun around it does not.
    static void nestedScopes(Data x) throws Exception {
        int was = x.i;
        ScopedValue<String> value = ScopedValue.newInstance();
        for (Thread.Builder builder : new Thread.Builder[] {Thread.ofPlatform(), Thread.ofVirtual()}) {
            for (boolean bound : new boolean[] {false, true}) {
                Throwable[] thrown = new Throwable[1];
                Runnable body = () -> {
                    for (int round = 0; round < 3; round++) {
                        nestedScopes(x, value, was);
                    }
                };
                builder.start(() -> thrown[0] = caught(
                        () -> {
                            if (bound) {
                                ScopedValue.where(value, "t").run(body);
                            } else {
                                body.run();
                            }
                        })).join();
                if (thrown[0] != null) {
                    throw new AssertionError(thrown[0]);
                }
                Heap.equal(x.i, was);
            }
        }
    }

    static void nestedScopes(Data x, ScopedValue<String> value, int was) {
        Txn outer = Txn.begin();
        x.i = 1;
        Txn second = Txn.begin();
        x.i = 2;
        // Two levels left open in the scope.
        Txn[] left = new Txn[2];
        violation(() -> ScopedValue.where(value, "v").run(() -> {
            left[0] = Txn.begin();
            x.i = 3;
            left[1] = Txn.begin();
            x.i = 4;
        }));
        Heap.equal(x.i, 2);
        for (Txn txn : left) {
            Heap.fails(IllegalStateException.class, txn::commit);
            txn.close();
        }
        // One left open in each of two scopes, and one that was ended in the inner.
        violation(() -> ScopedValue.where(value, "v").run(() -> {
            Txn.begin();
            x.i = 5;
            violation(() -> ScopedValue.where(value, "w").run(() -> {
                Txn.run(() -> x.i = 6);
                Txn.begin();
                x.i = 7;
            }));
            Heap.equal(x.i, 6);
        }));
        Heap.equal(x.i, 2);
        // Ended in a scope inside that in which it was begun: no violation.
        ScopedValue.where(value, "v").run(() -> {
            try (Txn txn = Txn.begin()) {
                ScopedValue.where(value, "w").run(() -> {
                    Txn.run(() -> x.i = 8);
                    txn.commit();
                    Txn.run(() -> x.i++);
                });
            }
            Txn.run(() -> x.i++);
        });
        Heap.equal(x.i, 10);
        second.rollback();
        Heap.equal(x.i, 1);
        // In the scope the level around it goes, too.
        Txn third = Txn.begin();
        ScopedValue.where(value, "v").run(() -> {
            Txn.begin();
            x.i = 11;
            Heap.fails(IllegalStateException.class, third::close);
            Heap.equal(x.i, 1);
        });
        ScopedValue.where(value, "v").run(() -> Txn.run(() -> x.i = 12));
        Heap.equal(x.i, 12);
        outer.rollback();
        Heap.equal(x.i, was);
        // The outermost one, ended in a scope inside its own.
        ScopedValue.where(value, "v").run(() -> {
            Txn txn = Txn.begin();
            x.i = 13;
            ScopedValue.where(value, "w").run(() -> {
                Txn.begin();
                Heap.fails(IllegalStateException.class, txn::close);
                Txn.run(() -> x.i = was);
            });
        });
        Heap.check(!Txn.isActive(), "inactive");
    }

    static void violation(Runnable body) {
        Throwable e = caught(body);
        Heap.check(e != null && e.getClass().getSimpleName().equals("StructureViolationException"), "violation: " + e);
    }

    // Transactions that were ended by a failure know it as long as the program keeps them, whatever comes after.
    static void failedTwice(Data x) throws Exception {
        Throwable[] thrown = new Throwable[1];
        Thread small = new Thread(null, () -> thrown[0] = caught(() -> {
            int was = x.i;
            Txn[] closed = {null, null};
            Txn[] failed = new Txn[6];
            for (int i = 0; i < failed.length; i += 2) {
                // Not failed: closed with the one around it, at the same level.
                closed[0] = Txn.begin();
                closed[1] = Txn.begin();
                Heap.fails(IllegalStateException.class, closed[0]::close);
                failed[i] = Txn.begin();
                failed[i + 1] = Txn.begin();
                Txn innermost = Txn.begin();
                x.i = -20;
                Throwable e = caught(() -> commitDeep(innermost));
                Heap.check(e instanceof IllegalStateException, "committed again where there is stack: " + e);
            }
            Heap.check(!Txn.isActive(), "inactive");
            Heap.equal(x.i, was);
            for (Txn txn : failed) {
                Heap.fails(TxnException.class, txn::commit);
                txn.rollback();
                txn.close();
            }
            for (Txn txn : closed) {
                Heap.fails(IllegalStateException.class, txn::commit);
                Heap.fails(IllegalStateException.class, txn::rollback);
                txn.close();
            }
        }), "small", 1 << 19);
        small.start();
        small.join();
        if (thrown[0] != null) {
            throw new AssertionError(thrown[0]);
        }
    }

    static Throwable caught(Runnable body) {
        try {
            body.run();
            return null;
        } catch (Throwable e) {
            return e;
        }
    }

    static void read() {
        Data x = PersistentHeap.root("data", Data.class);
        verify(x, 4711);
        Heap.check(x.next == null, "next");
        // What is open when the virtual machine exits never happened.
        Txn.begin();
        fill(x, 1);
    }

    public static void main(String[] args) throws Exception {
        switch (args.length > 0 ? args[0] : "") {
            case "write" -> write();
            case "read" -> read();
            default -> {
                Heap heap = new Heap("txn", args);
                heap.run(TxnTest.class, "write");
                heap.run(TxnTest.class, "read");
                heap.with("-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapForceSwizzle")
                    .run(TxnTest.class, "read");
                heap.run(TxnTest.class, "read");
                heap.delete();
            }
        }
    }
}
