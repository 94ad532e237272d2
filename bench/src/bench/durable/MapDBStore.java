/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.durable;

import java.nio.file.Path;
import org.mapdb.DB;
import org.mapdb.DBMaker;
import org.mapdb.HTreeMap;
import org.mapdb.Serializer;

/** MapDB with its write-ahead log; commit forces it. */
final class MapDBStore implements Store {
    private final DB db;
    private final HTreeMap<Long, byte[]> map;
    private final Group group;

    MapDBStore(Path dir) {
        db = DBMaker.fileDB(dir.resolve("map.db").toFile()).fileMmapEnableIfSupported().transactionEnable().make();
        map = db.hashMap("values", Serializer.LONG, Serializer.BYTE_ARRAY).create();
        for (long k = 0; k < KEYS; k++) {
            map.put(k, new byte[VALUE]);
        }
        db.commit();
        group = new Group(db::commit);
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
        db.close();
    }
}
