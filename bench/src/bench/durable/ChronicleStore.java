/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.durable;

import java.nio.file.Path;
import net.openhft.chronicle.map.ChronicleMap;

/** Chronicle Map: a mapped file, survives the process, never forced. */
final class ChronicleStore implements Store {
    private final ChronicleMap<Long, byte[]> map;

    ChronicleStore(Path dir) throws Exception {
        map = ChronicleMap.of(Long.class, byte[].class).entries(KEYS * 2).averageValueSize(VALUE)
                .createPersistedTo(dir.resolve("chronicle.map").toFile());
        for (long k = 0; k < KEYS; k++) {
            map.put(k, new byte[VALUE]);
        }
    }

    @Override
    public void put(long key, byte[] value) {
        map.put(key, value);
    }

    @Override
    public byte[] get(long key) {
        return map.get(key);
    }

    @Override
    public void close() {
        map.close();
    }
}
