/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package sun.tools.jheap;

import java.util.Arrays;

/** A bit per 8 bytes of the object area, backed where objects are. */
final class ObjectMap {
    private static final int CHUNK = 1 << 20;           // bytes of objects
    private static final int WORDS = CHUNK / 8 / 64;

    private final long[][] chunks;
    private long count;

    ObjectMap(long end) {
        chunks = new long[(int) ((end - Superblock.OBJECTS + CHUNK - 1) / CHUNK)][];
    }

    boolean get(long at) {
        long o = at - Superblock.OBJECTS;
        long[] chunk = chunks[(int) (o / CHUNK)];
        return chunk != null && (chunk[(int) (o % CHUNK / 512)] >>> (o / 8) & 1) != 0;
    }

    /** False if it was set. */
    boolean set(long at) {
        long o = at - Superblock.OBJECTS;
        int i = (int) (o / CHUNK);
        if (chunks[i] == null) chunks[i] = new long[WORDS];
        long bit = 1L << (o / 8);
        int w = (int) (o % CHUNK / 512);
        boolean added = (chunks[i][w] & bit) == 0;
        chunks[i][w] |= bit;
        if (added) count++;
        return added;
    }

    /** The first one at or behind at; -1 if there is none. */
    long next(long at) {
        long o = at - Superblock.OBJECTS;
        int i = (int) (o / CHUNK);
        int w = (int) (o % CHUNK / 512);
        long mask = -1L << (o / 8);
        for (; i < chunks.length; i++, w = 0, mask = -1L) {
            if (chunks[i] == null) continue;
            for (; w < WORDS; w++, mask = -1L) {
                long bits = chunks[i][w] & mask;
                if (bits != 0) {
                    return Superblock.OBJECTS + (long) i * CHUNK + (long) w * 512 + Long.numberOfTrailingZeros(bits) * 8L;
                }
            }
        }
        return -1;
    }

    long count() {
        return count;
    }

    void clear() {
        Arrays.fill(chunks, null);
        count = 0;
    }
}
