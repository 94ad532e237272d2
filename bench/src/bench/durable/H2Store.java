/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.durable;

import java.nio.file.Path;
import org.h2.mvstore.MVStore;

/** H2's MVStore: put, commit (writes a chunk), sync (force). Threads that wait for a force share the next one. */
final class H2Store extends GroupedMap {
    private final MVStore store;

    H2Store(Path dir) throws Exception {
        this(new MVStore.Builder().fileName(dir.resolve("h2.mv").toString()).autoCommitDisabled().open());
    }

    private H2Store(MVStore store) throws Exception {
        super(store.openMap("values"), () -> {
            store.commit();
            store.sync();
        });
        this.store = store;
    }

    @Override
    public void close() {
        store.close();
    }
}
