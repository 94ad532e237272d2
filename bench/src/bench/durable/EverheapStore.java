/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.durable;

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.util.concurrent.locks.ReentrantLock;

/** Objects in an array; a transaction per update, under a lock per stripe of keys. */
final class EverheapStore implements Store {
    static final class Value {
        final byte[] bytes;

        Value(byte[] bytes) {
            this.bytes = bytes;
        }
    }

    private final Value[] values;
    private final ReentrantLock[] locks = new ReentrantLock[1024];

    EverheapStore() {
        for (int i = 0; i < locks.length; i++) {
            locks[i] = new ReentrantLock();
        }
        values = PersistentHeap.root("values", Value[].class, () -> {
            Value[] all = new @Persistent Value[KEYS];
            for (int i = 0; i < KEYS; i++) {
                all[i] = new @Persistent Value(new byte @Persistent [VALUE]);
            }
            return all;
        });
    }

    @Override
    public void put(long key, byte[] value) {
        try (Txn txn = Txn.begin()) {
            txn.lock(locks[(int) key & 1023]);
            System.arraycopy(value, 0, values[(int) key].bytes, 0, VALUE);
            txn.commit();
        }
    }

    @Override
    public byte[] get(long key) {
        ReentrantLock lock = locks[(int) key & 1023];
        lock.lock();
        try {
            return values[(int) key].bytes.clone();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {}
}
