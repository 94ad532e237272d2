/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary C2's code for transactions whose object stays in the method allocates nothing
 * @modules java.management jdk.management
 * @library /test/jdk/java/lang/persistent
 * @build Allocation
 * @run main/othervm -XX:PersistentHeap=heap-txn-object -XX:PersistentHeapSize=64m -XX:-TieredCompilation -Xbatch TxnObject
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;

public class TxnObject {
    static class Account {
        long balance;
    }

    static Account from;
    static Account to;

    static void transfer(long amount) {
        try (Txn txn = Txn.begin()) {
            from.balance -= amount;
            to.balance += amount;
            txn.commit();
        }
    }

    static void run(long amount) {
        Txn.run(() -> {
            from.balance += amount;
            to.balance -= amount;
        });
    }

    static void transfers(int count) {
        for (int i = 0; i < count; i++) {
            transfer(3);
        }
    }

    static void runs(int count) {
        for (int i = 0; i < count; i++) {
            run(3);
        }
    }

    public static void main(String[] args) {
        from = new @Persistent Account();
        to = new @Persistent Account();
        PersistentHeap.setRoot("accounts", new Account @Persistent [] {from, to});
        Allocation.none("Txn.begin", 100_000, TxnObject::transfers);
        Allocation.none("Txn.run", 100_000, TxnObject::runs);
        if (from.balance != 0 || to.balance != 0) {
            throw new AssertionError(from.balance + ", " + to.balance);
        }
    }
}
