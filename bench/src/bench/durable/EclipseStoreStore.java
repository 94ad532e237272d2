/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.durable;

import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.store.storage.embedded.types.EmbeddedStorage;
import org.eclipse.store.storage.embedded.types.EmbeddedStorageManager;

/** EclipseStore: change the object, then store() it. It writes to its file channel and does not force it by itself. */
final class EclipseStoreStore implements Store {
    static final class Value {
        byte[] bytes = new byte[VALUE];
    }

    static final class Root {
        final Value[] values = new Value[KEYS];
    }

    private final Root root = new Root();
    private final EmbeddedStorageManager storage;
    private final ReentrantLock[] locks = new ReentrantLock[1024];

    EclipseStoreStore(Path dir) {
        for (int i = 0; i < locks.length; i++) {
            locks[i] = new ReentrantLock();
        }
        for (int i = 0; i < KEYS; i++) {
            root.values[i] = new Value();
        }
        storage = EmbeddedStorage.start(root, dir.resolve("eclipse"));
    }

    @Override
    public void put(long key, byte[] value) {
        ReentrantLock lock = locks[(int) key & 1023];
        lock.lock();
        try {
            Value v = root.values[(int) key];
            v.bytes = value;
            storage.store(v);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public byte[] get(long key) {
        return root.values[(int) key].bytes;
    }

    @Override
    public void close() {
        storage.shutdown();
    }
}
