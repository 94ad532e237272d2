/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.durable;

import java.nio.file.Path;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;

/** H2's MVStore: put, commit (writes a chunk), sync (force). Threads that wait for a force share the next one. */
final class H2Store implements Store {
    private final MVStore store;
    private final MVMap<Long, byte[]> map;
    private final Group group;

    H2Store(Path dir) throws Exception {
        store = new MVStore.Builder().fileName(dir.resolve("h2.mv").toString()).autoCommitDisabled().open();
        map = store.openMap("values");
        for (long k = 0; k < KEYS; k++) {
            map.put(k, new byte[VALUE]);
        }
        store.commit();
        store.sync();
        group = new Group(() -> {
            store.commit();
            store.sync();
        });
    }

    @Override
    public void put(long key, byte[] value) throws Exception {
        map.put(key, value);
        group.await();
    }

    @Override
    public byte[] get(long key) {
        return map.get(key);
    }

    @Override
    public void close() {
        store.close();
    }
}
