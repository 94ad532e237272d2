/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package sun.tools.jheap;

import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.util.HexFormat;

/** The first page of the file data, and where things stand behind it (doc/file-format.md). */
final class Superblock {
    static final long MAGIC = 0x3170616568726576L;        // "verheap1"
    static final int VERSION = 2;
    static final int SIZE = 184;
    private static final int CRC = 176;

    static final int PAGE = 4096;
    static final long ROOT = 4096;
    static final long LINE_TABLE = 64 << 10;
    static final long LINE_TABLE_SIZE = 8 << 20;
    static final long CLASS_TABLE = (8 << 20) + (512 << 10);
    static final long CLASS_TABLE_SIZE = (7 << 20) + (512 << 10);
    static final long OBJECTS = 16 << 20;
    static final long LINE_SIZE = 256;
    static final long OBJECT_AREA_UNIT = 32 << 20;
    static final long MAX_OBJECT_AREA = LINE_TABLE_SIZE * 8 * LINE_SIZE;
    static final long REFERENCE_BASE = 4L << 30;
    static final int REFERENCE_SHIFT = 3;
    static final long MIN_LOG = 1 << 20;

    final byte[] page;

    private Superblock(byte[] page) {
        this.page = page;
    }

    private MemorySegment segment() {
        return MemorySegment.ofArray(page);
    }

    private int getInt(int at) {
        return segment().get(Bytes.INT, at);
    }

    private long getLong(int at) {
        return segment().get(Bytes.LONG, at);
    }

    byte[] uuid() {
        byte[] uuid = new byte[16];
        System.arraycopy(page, 16, uuid, 0, 16);
        return uuid;
    }

    String uuidText() {
        return HexFormat.of().formatHex(uuid());
    }

    boolean compactStrings()  { return getInt(52) != 0; }
    long logSize()            { return getLong(112); }
    long maxObjectArea()      { return getLong(120); }
    long createdMillis()      { return getLong(136); }

    static Superblock of(byte[] page) {
        return new Superblock(page);
    }

    static boolean isZero(byte[] page) {
        for (byte b : page) {
            if (b != 0) return false;
        }
        return true;
    }

    /** A version this tool does not know, or -1. Other damage may look the same: the magic and checksum decide. */
    int unknownVersion() {
        return getLong(0) == MAGIC && getInt(8) != VERSION ? getInt(8) : -1;
    }

    boolean hasChecksum() {
        return getInt(CRC) == Bytes.crc(segment(), 0, CRC);
    }

    /** What is wrong with it, or null. */
    String problem(String data) {
        if (getLong(0) != MAGIC) {
            return data + " is not a persistent heap or its superblock is damaged";
        }
        if (getInt(12) != SIZE || !hasChecksum()) {
            return data + " is damaged: the superblock's checksum is wrong";
        }
        boolean known = getLong(32) == REFERENCE_BASE && getInt(40) == REFERENCE_SHIFT && getInt(44) == 8 &&
                        getInt(60) == LINE_SIZE &&
                        getLong(64) == LINE_TABLE && getLong(72) == CLASS_TABLE &&
                        getLong(96) == LINE_TABLE_SIZE && getLong(104) == CLASS_TABLE_SIZE &&
                        logSize() >= MIN_LOG && maxObjectArea() > 0 && maxObjectArea() <= MAX_OBJECT_AREA &&
                        maxObjectArea() % OBJECT_AREA_UNIT == 0 && getLong(128) == OBJECTS;
        if (!known) {
            return data + " is damaged: the superblock has values that no heap has";
        }
        if (getInt(48) != 0) {
            return data + " has compact object headers, which jheap does not know";
        }
        return null;
    }

    /** What a heap of these sizes has. The layout is the same in all heaps of this version. */
    static Superblock create(long logSize, long maxObjectArea, boolean compactStrings, long createdMillis) {
        byte[] page = new byte[PAGE];
        MemorySegment s = MemorySegment.ofArray(page);
        s.set(Bytes.LONG, 0, MAGIC);
        s.set(Bytes.INT, 8, VERSION);
        s.set(Bytes.INT, 12, SIZE);
        s.set(Bytes.LONG, 32, REFERENCE_BASE);
        s.set(Bytes.INT, 40, REFERENCE_SHIFT);
        s.set(Bytes.INT, 44, 8);
        s.set(Bytes.INT, 52, compactStrings ? 1 : 0);
        s.set(Bytes.INT, 60, (int) LINE_SIZE);
        s.set(Bytes.LONG, 64, LINE_TABLE);
        s.set(Bytes.LONG, 72, CLASS_TABLE);
        s.set(Bytes.LONG, 96, LINE_TABLE_SIZE);
        s.set(Bytes.LONG, 104, CLASS_TABLE_SIZE);
        s.set(Bytes.LONG, 112, logSize);
        s.set(Bytes.LONG, 120, maxObjectArea);
        s.set(Bytes.LONG, 128, OBJECTS);
        s.set(Bytes.LONG, 136, createdMillis);
        return new Superblock(page).withNewIdentity();
    }

    /** The same with another uuid: the files of two heaps are not to be mixed. */
    Superblock withNewIdentity() {
        byte[] copy = page.clone();
        byte[] uuid = new byte[16];
        new SecureRandom().nextBytes(uuid);
        System.arraycopy(uuid, 0, copy, 16, 16);
        MemorySegment s = MemorySegment.ofArray(copy);
        s.set(Bytes.INT, CRC, Bytes.crc(s, 0, CRC));
        return new Superblock(copy);
    }
}
