/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.programs;

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;

/**
 * Recovery fill STORES: makes a heap of 64 MB and commits a transaction of that many stores, says so and waits to be
 * killed. Recovery check STORES: looks whether they are there. How long opening took is in the VM's log.
 */
public final class Recovery {
    static final int TABLE = 1 << 20;

    static final class Record {
        long value;
        long b, c, d, e, f;
    }

    public static void main(String[] args) throws Exception {
        int stores = Integer.parseInt(args[1]);
        if (args[0].equals("fill")) {
            Record[] table = new @Persistent Record[TABLE];
            for (int i = 0; i < TABLE; i += 4096) {
                try (Txn txn = Txn.begin()) {
                    for (int j = i; j < i + 4096; j++) {
                        table[j] = new @Persistent Record();
                    }
                    if (i == 0) {
                        PersistentHeap.setRoot("table", table);
                    }
                    txn.commit();
                }
            }
            PersistentHeap.gc();
            Thread.sleep(300);          // the applier is done with the table
            try (Txn txn = Txn.begin()) {
                for (int i = 0; i < stores; i++) {
                    table[(int) (i * 7919L & TABLE - 1)].value = i + 1;
                }
                txn.commit();
            }
            System.out.println("ready");
            System.out.flush();
            Thread.sleep(100_000);
        } else {
            Record[] table = PersistentHeap.root("table", Record[].class);
            for (int i = Math.max(0, stores - TABLE); i < stores; i++) {
                if (table[(int) (i * 7919L & TABLE - 1)].value != i + 1) {
                    throw new AssertionError("store " + i + " is lost");
                }
            }
            System.out.println("checked");
        }
    }
}
