/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package sun.tools.jheap;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.zip.CRC32;

/** Little-endian reads of a file's bytes, and their checksum. */
final class Bytes {
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final long PART = 1 << 30;

    private Bytes() {}

    static void crc(CRC32 crc, MemorySegment s, long from, long length) {
        while (length > 0) {
            long part = Math.min(length, PART);
            crc.update(s.asSlice(from, part).asByteBuffer());
            from += part;
            length -= part;
        }
    }

    static int crc(MemorySegment s, long from, long length) {
        CRC32 crc = new CRC32();
        crc(crc, s, from, length);
        return (int) crc.getValue();
    }

    static long alignUp(long n, long to) {
        return (n + to - 1) / to * to;
    }
}
