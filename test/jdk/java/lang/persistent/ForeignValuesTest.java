/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary What another thread's open transaction has allocated cannot be committed before it, but for boxes and strings, which never
 *          change: they stay when that transaction is rolled back
 * @build Heap
 * @run main ForeignValuesTest
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.persistent.TxnException;
import java.util.List;

public class ForeignValuesTest {
    static final class Root {
        String fresh, hashed, sharing;
        Object number;
        Object other;
    }

    static void elsewhere(Runnable r) throws Exception {
        Throwable[] failure = {null};
        Thread t = new Thread(r);
        t.setUncaughtExceptionHandler((thread, e) -> failure[0] = e);
        t.start();
        t.join();
        if (failure[0] != null) throw new AssertionError(failure[0]);
    }

    static String string(String s) { return PersistentHeap.allocate(() -> new String(s.toCharArray())); }

    static void check(Root r) {
        if (!r.fresh.equals("a string of another") || !r.hashed.equals("hashed before") || !r.sharing.equals("its array is another's") ||
            (Long) r.number != 1234567890123L || r.other != null) {
            throw new AssertionError(r.fresh + ", " + r.hashed + ", " + r.sharing + ", " + r.number + ", " + r.other);
        }
    }

    @SuppressWarnings("deprecation")
    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            Root r = PersistentHeap.root("root", Root.class, () -> new @Persistent Root());
            if (args[0].equals("check")) {
                check(r);
                return;
            }
            boolean inTxn = args[0].equals("txn");
            try (Txn txn = Txn.begin()) {
                String fresh = string("a string of another"), hashed = string("hashed before"), shared = string("its array is another's");
                Long number = PersistentHeap.allocate(() -> new Long(1234567890123L));
                Root other = new @Persistent Root();
                int hash = hashed.hashCode();
                for (Object o : List.of(fresh, hashed, shared, number, other)) {
                    if (!PersistentHeap.contains(o)) throw new AssertionError(o + " is not persistent");
                }
                Runnable stores = () -> {
                    r.fresh = fresh;
                    r.hashed = hashed;
                    r.sharing = new String(shared);
                    r.number = number;
                };
                elsewhere(inTxn ? () -> Txn.run(stores) : stores);
                elsewhere(() -> {
                    try {
                        Txn.run(() -> r.other = other);
                        throw new AssertionError("committed an object of another's open transaction");
                    } catch (TxnException e) {
                        if (!e.getMessage().contains("was allocated by the open transaction of another thread")) throw e;
                    }
                });
                if (fresh.hashCode() != "a string of another".hashCode() || hash != "hashed before".hashCode()) throw new AssertionError("hash codes");
                // and is rolled back
            }
            System.gc();
            check(r);
            if (inTxn) Runtime.getRuntime().halt(0);
            return;
        }
        for (String how : List.of("txn", "outside")) {
            Heap heap = new Heap(how, "-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapAudit", "-XX:PersistentHeapAuditInterval=1");
            heap.run(ForeignValuesTest.class, how);
            heap.run(ForeignValuesTest.class, "check").shouldContain("0 differences");
        }
    }
}
