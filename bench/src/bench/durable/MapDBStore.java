/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.durable;

import java.nio.file.Path;
import org.mapdb.DB;
import org.mapdb.DBMaker;
import org.mapdb.Serializer;

/** MapDB with its write-ahead log; commit forces it. */
final class MapDBStore extends GroupedMap {
    private final DB db;

    MapDBStore(Path dir) throws Exception {
        this(DBMaker.fileDB(dir.resolve("map.db").toFile()).fileMmapEnableIfSupported().transactionEnable().make());
    }

    private MapDBStore(DB db) throws Exception {
        super(db.hashMap("values", Serializer.LONG, Serializer.BYTE_ARRAY).create(), db::commit);
        this.db = db;
    }

    @Override
    public void close() {
        db.close();
    }
}
