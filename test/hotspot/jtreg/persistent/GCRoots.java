/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary References from persistent to volatile objects are roots of every collection, and updated by it
 * @run main/othervm -XX:PersistentHeap=young -XX:PersistentHeapSize=64m -Xmx96m -XX:+UnlockDiagnosticVMOptions
 *      -XX:+VerifyBeforeGC -XX:+VerifyAfterGC -XX:+VerifyDuringGC -XX:+PersistentHeapAudit GCRoots young
 * @run main/othervm -XX:PersistentHeap=full -XX:PersistentHeapSize=64m -Xmx96m -XX:+UnlockDiagnosticVMOptions
 *      -XX:+VerifyBeforeGC -XX:+VerifyAfterGC -XX:+PersistentHeapAudit GCRoots full
 * @run main/othervm -XX:PersistentHeap=conc -XX:PersistentHeapSize=64m -Xmx96m -XX:+UnlockDiagnosticVMOptions
 *      -XX:InitiatingHeapOccupancyPercent=1 -XX:-G1UseAdaptiveIHOP -XX:+VerifyDuringGC -XX:+VerifyAfterGC
 *      -XX:+ExplicitGCInvokesConcurrent -XX:+PersistentHeapAudit GCRoots full
 * @run main/othervm -Xint -XX:PersistentHeap=int -XX:PersistentHeapSize=64m -Xmx96m GCRoots young
 * @run main/othervm -XX:TieredStopAtLevel=1 -XX:PersistentHeap=c1 -XX:PersistentHeapSize=64m -Xmx96m GCRoots full
 * @run main/othervm -XX:-TieredCompilation -XX:PersistentHeap=c2 -XX:PersistentHeapSize=64m -Xmx96m GCRoots full
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.ref.WeakReference;
import java.util.Random;

public class GCRoots {
    static final class Holder {
        long id;
        transient Object cache;         // volatile objects only
        Holder next;
    }

    static final class Payload {
        final long id;
        final byte[] weight;
        Payload(long id) {
            this.id = id;
            this.weight = new byte[(int) (id % 500)];
        }
    }

    static Object sink;

    static void check(boolean ok, String what) {
        if (!ok) throw new AssertionError(what);
    }

    static void churn(int n) {
        for (int i = 0; i < n; i++) {
            sink = new byte[1000];
        }
    }

    static void verify(Holder[] holders) {
        for (Holder h : holders) {
            if (h.cache != null) {
                Payload p = (Payload) h.cache;
                check(p.id == h.id, "holder " + h.id + " has the payload of " + p.id);
                check(p.weight.length == p.id % 500, "payload damaged");
            }
        }
    }

    public static void main(String[] args) {
        boolean full = args[0].equals("full");
        Random random = new Random(42);
        Holder[] holders = new Holder[2000];
        Txn.run(() -> {
            Holder list = null;
            for (int i = 0; i < holders.length; i++) {
                Holder h = new @Persistent Holder();
                h.id = i;
                h.next = list;
                list = h;
                holders[i] = h;
            }
            PersistentHeap.setRoot("list", list);
        });
        WeakReference<Holder> weak = new WeakReference<>(PersistentHeap.root("list", Holder.class));
        long identity = System.identityHashCode(holders[0]);
        for (int round = 0; round < 30; round++) {
            for (int i = 0; i < 300; i++) {
                Holder h = holders[random.nextInt(holders.length)];
                // In and outside transactions; sometimes undone.
                switch (random.nextInt(4)) {
                    case 0 -> h.cache = new Payload(h.id);
                    case 1 -> h.cache = null;
                    case 2 -> Txn.run(() -> h.cache = new Payload(h.id));
                    case 3 -> {
                        try (Txn txn = Txn.begin()) {
                            h.cache = new Payload(h.id + 1);        // wrong, but undone
                            if (random.nextInt(50) == 0) churn(20_000);
                        }
                    }
                }
            }
            churn(20_000);
            if (full && round % 5 == 0) System.gc();
            verify(holders);
        }
        System.gc();
        verify(holders);
        check(weak.get() == holders[holders.length - 1], "a durable object is live for weak references");
        check(System.identityHashCode(holders[0]) == identity, "identity hash");
        long n = 0;
        for (Holder h = PersistentHeap.root("list", Holder.class); h != null; h = h.next) n++;
        check(n == holders.length, n + " holders");
    }
}
