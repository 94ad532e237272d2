/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench;

/** The same cheap generator as in peers/pmem.h. */
public final class Random {
    private long seed = 0x9E3779B97F4A7C15L;

    public Random() {}

    public Random(long salt) {
        seed += salt * 0x632BE59BD9B4E019L;
    }

    public int next(int bound) {
        seed ^= seed << 13;
        seed ^= seed >>> 7;
        seed ^= seed << 17;
        return (int) ((seed >>> 33) % bound);
    }

    public long bits() {
        return seed;
    }
}
