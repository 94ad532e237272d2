/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Stores through null, where objects of both heaps and null meet in compiled code: what tells the heaps apart
 *          is an address, and null's is below both
 * @run main/othervm NullStoresTest
 * @run main/othervm NullStoresTest -Xint
 * @run main/othervm NullStoresTest -Xbatch -XX:TieredStopAtLevel=1
 * @run main/othervm NullStoresTest -Xbatch -XX:-TieredCompilation
 * @run main/othervm NullStoresTest -Xcomp -XX:-TieredCompilation -XX:CompileCommand=quiet
 *                   -XX:CompileCommand=compileonly,NullStoresTest::store* -XX:CompileCommand=compileonly,NullStoresTest::copy*
 */

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;

public class NullStoresTest {
    static class Node {
        long j;
        int i;
        byte b;
        Object any;
        Node next;
        long[] longs;
        Object[] objects;
    }

    static final VarHandle J;
    static {
        try {
            J = MethodHandles.lookup().findVarHandle(Node.class, "j", long.class);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    // Through an argument, a field and an element: the last two are narrow where they come from.
    static void storeLong(Node n, long x)                   { n.j = x; }
    static void storeInt(Node n, int x)                     { n.i = x; }
    static void storeByte(Node n, int x)                    { n.b = (byte) x; }
    static void storeAny(Node n, Object x)                  { n.any = x; }
    static void storeNextLong(Node n, long x)               { n.next.j = x; }
    static void storeNextAny(Node n, Object x)              { n.next.any = x; }
    static void storeOfArray(Node[] a, int k, long x)       { a[k].j = x; }
    static void storeElement(Node n, int k, long x)         { n.longs[k] = x; }
    static void storeReference(Node n, int k, Object x)     { n.objects[k] = x; }
    static void storeVolatile(Node n, long x)               { J.setVolatile(n, x); }
    static boolean storeCompared(Node n, long was, long x)  { return J.compareAndSet(n, was, x); }
    static void copyInto(Node n, long[] from)               { System.arraycopy(from, 0, n.longs, 0, from.length); }
    // A loop over one array, whose test is moved out of it.
    static void storeAll(Node n, long x) {
        for (int k = 0; k < 8; k++) n.longs[k] = x;
    }

    interface Store { void to(Node n); }

    static int thrown;
    static final int ROUNDS = 5_000;

    static void expect(Node n, boolean isNull, Store store) {
        try {
            store.to(n);
            if (isNull) throw new AssertionError("no NullPointerException");
        } catch (NullPointerException e) {
            if (!isNull) throw new AssertionError("a NullPointerException", e);
            thrown++;
        }
    }

    static Node make(boolean persistent) {
        Node n = persistent ? new @Persistent Node() : new Node();
        n.next = persistent ? new @Persistent Node() : new Node();
        n.longs = persistent ? new @Persistent long[8] : new long[8];
        n.objects = persistent ? new @Persistent Object[8] : new Object[8];
        return n;
    }

    static void check(Node n, long x) {
        if (n.j != x + 2 || n.i != (int) x || n.b != (byte) x || n.any != n || n.next.j != x + 3 || n.next.any != null || n.longs[3] != x ||
            n.longs[0] != x + 4 || n.objects[2] != n) {
            throw new AssertionError("a store is missing in " + (PersistentHeap.contains(n) ? "P" : "V") + " at " + x);
        }
    }

    static void round(Node n, Node bare, Node[] table, long x) {
        boolean isNull = n == null;
        expect(n, isNull, m -> storeLong(m, x));
        expect(n, isNull, m -> storeInt(m, (int) x));
        expect(n, isNull, m -> storeByte(m, (int) x));
        expect(n, isNull, m -> storeAny(m, m));
        expect(n, isNull, m -> storeVolatile(m, x + 1));
        if (!isNull && !storeCompared(n, x + 1, x + 2)) throw new AssertionError("compareAndSet at " + x);
        if (isNull) expect(null, true, m -> storeCompared(m, 0, 1));
        // Of bare, all references are null.
        Node m = isNull ? bare : n;
        expect(m, isNull, k -> storeNextLong(k, x + 3));
        expect(m, isNull, k -> storeNextAny(k, null));
        expect(m, isNull, k -> storeAll(k, x));
        expect(m, isNull, k -> storeElement(k, 0, x + 4));
        expect(m, isNull, k -> storeReference(k, 2, k));
        expect(m, isNull, k -> copyInto(k, new long[] {x + 4}));
        int at = isNull ? 2 : PersistentHeap.contains(n) ? 1 : 0;
        expect(null, isNull, k -> storeOfArray(table, at, x + 2));
        if (!isNull) check(n, x);
    }

    static void write() {
        Node v = make(false);
        Node bareV = new Node();
        Node p = Txn.call(() -> {
            Node n = make(true);
            PersistentHeap.setRoot("p", n);
            PersistentHeap.setRoot("bare", new @Persistent Node());
            return n;
        });
        Node bareP = PersistentHeap.root("bare", Node.class);
        Node[] table = {v, p, null};
        for (int r = 0; r < ROUNDS; r++) {
            final int x = r;
            round(v, null, table, x);
            Txn.run(() -> {
                round(p, null, table, x);
                round(null, bareP, table, x);
            });
            round(null, bareV, table, x);
        }
        Heap.equal(thrown, ROUNDS * 2 * 13);
    }

    static void read() {
        check(PersistentHeap.root("p", Node.class), ROUNDS - 1);
        Node bare = PersistentHeap.root("bare", Node.class);
        if (bare.next != null || bare.longs != null || bare.objects != null || bare.j != 0) throw new AssertionError("what nobody stored");
    }

    public static void main(String[] args) throws Exception {
        switch (args.length > 0 ? args[0] : "") {
            case "write" -> write();
            case "read" -> read();
            default -> {
                Heap heap = new Heap("null", args);
                heap.run(NullStoresTest.class, "write");
                heap.run(NullStoresTest.class, "read");
                heap.delete();
            }
        }
    }
}
