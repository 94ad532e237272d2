/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.durable;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteOptions;

/** RocksDB through JNI, synchronous writes; it groups those of several threads itself. */
final class RocksStore implements Store {
    private final RocksDB db;
    private final WriteOptions durable;

    RocksStore(Path dir) throws RocksDBException {
        RocksDB.loadLibrary();
        durable = new WriteOptions().setSync(true);
        db = RocksDB.open(new Options().setCreateIfMissing(true), dir.resolve("rocks").toString());
        for (long k = 0; k < KEYS; k++) {
            db.put(key(k), new byte[VALUE]);
        }
        db.syncWal();
    }

    private static byte[] key(long key) {
        return ByteBuffer.allocate(8).putLong(key).array();
    }

    @Override
    public void put(long key, byte[] value) throws RocksDBException {
        db.put(durable, key(key), value);
    }

    @Override
    public byte[] get(long key) throws RocksDBException {
        return db.get(key(key));
    }

    @Override
    public void close() {
        db.close();
    }
}
