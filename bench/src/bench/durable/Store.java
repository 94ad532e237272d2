/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.durable;

/** A map from long to 64 bytes whose updates are durable when put returns. Keys 0 to KEYS-1 exist. */
interface Store extends AutoCloseable {
    int KEYS = 100_000;
    int VALUE = 64;

    void put(long key, byte[] value) throws Exception;

    byte[] get(long key) throws Exception;
}
