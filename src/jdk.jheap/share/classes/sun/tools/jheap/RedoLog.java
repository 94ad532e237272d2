/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package sun.tools.jheap;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;

/** The file log: reads and checks it, and applies what is durable in it to an image. */
final class RedoLog {
    static final int SLOT = 4096;
    static final long RING = 2 * SLOT;
    static final int HEADER = 48;

    private static final long CHECKPOINT_MAGIC = 0x3174706b63686576L;     // "vehckpt1"
    private static final int CHECKPOINT_SIZE = 56;
    private static final int RECORD_MAGIC = 0x52485645;                   // "EVHR"
    private static final int WRITES = 1;
    private static final int PAD = 2;
    private static final int OVERFLOW = 3;

    /** Where the log begins. */
    record Checkpoint(byte[] uuid, long generation, long lsn, long seq, int epoch) {}

    private final Path dir;
    private final MemorySegment log;
    private final MemorySegment ring;
    private final long size;

    Checkpoint checkpoint;          // null if neither is valid
    long records;                   // replayed
    long lastSeq;
    long endLsn;
    boolean torn;

    RedoLog(Path dir, MemorySegment log) {
        this.dir = dir;
        this.log = log;
        this.size = Math.max(0, (log.byteSize() - RING) / 8 * 8);
        this.ring = size == 0 ? MemorySegment.NULL : log.asSlice(RING, size);
    }

    /** The valid checkpoint with the higher generation; of any heap if uuid is null. */
    Checkpoint findCheckpoint(byte[] uuid) {
        Checkpoint best = null;
        for (int i = 0; i < 2; i++) {
            long at = (long) i * SLOT;
            if (at + CHECKPOINT_SIZE + 4 > log.byteSize() || log.get(Bytes.LONG, at) != CHECKPOINT_MAGIC ||
                log.get(Bytes.INT, at + 52) != Bytes.crc(log, at, 52)) {
                continue;
            }
            byte[] id = new byte[16];
            MemorySegment.copy(log, at + 8, MemorySegment.ofArray(id), 0, 16);
            Checkpoint c = new Checkpoint(id, log.get(Bytes.LONG, at + 24), log.get(Bytes.LONG, at + 32),
                                          log.get(Bytes.LONG, at + 40), log.get(Bytes.INT, at + 48));
            if ((uuid == null || Arrays.equals(uuid, id)) &&
                (best == null || Long.compareUnsigned(c.generation, best.generation) > 0)) {
                best = c;
            }
        }
        return best;
    }

    private long at(long lsn) {
        return Long.remainderUnsigned(lsn, size);
    }

    private long restOfLap(long lsn) {
        return size - at(lsn);
    }

    private long skipShortRest(long lsn) {
        return restOfLap(lsn) < HEADER ? lsn + restOfLap(lsn) : lsn;
    }

    private int magic(long p)     { return ring.get(Bytes.INT, p); }
    private long lsn(long p)      { return ring.get(Bytes.LONG, p + 8); }
    private long seq(long p)      { return ring.get(Bytes.LONG, p + 16); }
    private long durable(long p)  { return ring.get(Bytes.LONG, p + 24); }
    private long length(long p)   { return ring.get(Bytes.LONG, p + 32); }
    private int epoch(long p)     { return ring.get(Bytes.INT, p + 40); }
    private int type(long p)      { return ring.get(Bytes.INT, p + 44); }

    /** Whether the record at lsn is whole, and the one with that sequence number. */
    private boolean isRecord(long lsn, long seq, int epoch) {
        long rest = restOfLap(lsn);
        if (rest < HEADER) return false;
        long p = at(lsn);
        long length = length(p);
        if (magic(p) != RECORD_MAGIC || lsn(p) != lsn || epoch(p) != epoch || seq(p) != seq ||
            length < 0 || length > rest - HEADER || length % 8 != 0) {
            return false;
        }
        CRC32 crc = new CRC32();
        if (type(p) == PAD) {
            byte[] header = new byte[HEADER];
            MemorySegment h = MemorySegment.ofArray(header);
            MemorySegment.copy(ring, p, h, 0, HEADER);
            h.set(Bytes.LONG, 32, 0);
            crc.update(header, 8, HEADER - 8);
            return ring.get(Bytes.INT, p + 4) == (int) crc.getValue() && length == rest - HEADER;
        }
        Bytes.crc(crc, ring, p + 8, HEADER - 8 + length);
        return ring.get(Bytes.INT, p + 4) == (int) crc.getValue();
    }

    /** Behind the end of the log stands a record that proves that seq was durable. */
    private boolean isDamage(long lsn, long seq, int epoch) {
        long p = at(lsn);
        for (long n = 0; n < size; n += 8, p = p + 8 == size ? 0 : p + 8) {
            if (size - p < HEADER || magic(p) != RECORD_MAGIC) continue;
            long here = lsn + n;
            if (lsn(p) == here && Long.compareUnsigned(seq(p), seq) >= 0 &&
                (epoch(p) == epoch ? Long.compareUnsigned(durable(p), seq) >= 0
                                   : Integer.compareUnsigned(epoch(p), epoch) > 0) &&
                isRecord(here, seq(p), epoch(p))) {
                return true;
            }
        }
        return false;
    }

    private static boolean areValidWrites(MemorySegment payload, long length, long first, long limit) {
        long p = 0;
        while (p < length) {
            if (length - p < 16) return false;
            long offset = payload.get(Bytes.LONG, p);
            long bytes = Integer.toUnsignedLong(payload.get(Bytes.INT, p + 8));
            long padded = Bytes.alignUp(bytes, 8);
            if (padded > length - p - 16) return false;
            if (offset < first || offset > limit || bytes > limit - offset) return false;
            p += 16 + padded;
        }
        return true;
    }

    private static void apply(MemorySegment payload, long length, Image image) {
        for (long p = 0; p < length; ) {
            long offset = payload.get(Bytes.LONG, p);
            long bytes = Integer.toUnsignedLong(payload.get(Bytes.INT, p + 8));
            image.write(offset, payload, p + 16, bytes);
            p += 16 + Bytes.alignUp(bytes, 8);
        }
    }

    /** Checks the writes of the record at p, and applies them if image is given. */
    private boolean isGood(long p, long limit, Image image) {
        MemorySegment payload = ring.asSlice(p + HEADER, length(p));
        if (type(p) == WRITES) {
            if (!areValidWrites(payload, payload.byteSize(), Superblock.ROOT, limit)) return false;
            if (image != null) apply(payload, payload.byteSize(), image);
            return true;
        }
        if (type(p) != OVERFLOW || payload.byteSize() < 16) return false;
        Path file = dir.resolve("overflow-" + Long.toUnsignedString(seq(p)));
        try (Arena arena = Arena.ofConfined()) {
            long length = payload.get(Bytes.LONG, 0);
            if (!Files.isRegularFile(file) || Files.size(file) != length || length == 0) return false;
            MemorySegment s;
            try (FileChannel ch = FileChannel.open(file)) {
                s = ch.map(FileChannel.MapMode.READ_ONLY, 0, length, arena);
            }
            if (Bytes.crc(s, 0, length) != payload.get(Bytes.INT, 8) ||
                !areValidWrites(s, length, Superblock.ROOT, limit)) {
                return false;
            }
            if (image != null) apply(s, length, image);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Applies the records from the checkpoint to the end of the log. Damage is a problem; then
     * what stands before it is applied.
     */
    void replay(byte[] uuid, Image image, Problems problems) {
        Path file = dir.resolve("log");
        checkpoint = findCheckpoint(uuid);
        if (checkpoint == null || checkpoint.lsn % 8 != 0) {
            checkpoint = null;
            problems.add("%s is damaged or belongs to another heap: neither checkpoint is valid", file);
            return;
        }
        if (size < HEADER) {
            problems.add("%s is truncated: it has %d bytes", file, log.byteSize());
            return;
        }
        long lsn = checkpoint.lsn;
        lastSeq = checkpoint.seq;
        while (true) {
            lsn = skipShortRest(lsn);
            if (!isRecord(lsn, lastSeq + 1, checkpoint.epoch)) break;
            long p = at(lsn);
            if (type(p) != PAD) {
                if (!isGood(p, image.size(), image)) {
                    problems.add("%s is damaged: record %d at offset %#x is not what it should be", file, lastSeq + 1, RING + p);
                    endLsn = lsn;
                    return;
                }
                lastSeq++;
                records++;
            }
            lsn += HEADER + length(p);
        }
        endLsn = lsn;
        if (isDamage(lsn, lastSeq + 1, checkpoint.epoch)) {
            problems.add("%s is damaged: record %d at offset %#x was durable and is gone", file, lastSeq + 1, RING + at(lsn));
        } else if (restOfLap(lsn) >= HEADER) {
            long p = at(lsn);
            torn = magic(p) == RECORD_MAGIC && lsn(p) == lsn && epoch(p) == checkpoint.epoch;
        }
    }

    /**
     * Without a checkpoint: applies the newest records that follow each other without a gap. What is
     * older is home already, or lost. Returns their number.
     */
    long salvage(Image image) {
        java.util.List<Long> found = new java.util.ArrayList<>();
        int newest = 0;
        for (long p = 0; p + HEADER <= size; p += 8) {
            if (magic(p) != RECORD_MAGIC || lsn(p) % 8 != 0 || at(lsn(p)) != p || !isRecord(lsn(p), seq(p), epoch(p))) continue;
            if (Integer.compareUnsigned(epoch(p), newest) > 0) {
                newest = epoch(p);
                found.clear();
            }
            if (epoch(p) == newest && type(p) != PAD) found.add(p);
        }
        found.sort((a, b) -> Long.compareUnsigned(seq(a), seq(b)));
        int first = found.size() - 1;
        while (first > 0 && seq(found.get(first - 1)) + 1 == seq(found.get(first))) first--;
        for (int i = Math.max(first, 0); i < found.size(); i++) {
            if (!isGood(found.get(i), image.size(), image)) break;
            lastSeq = seq(found.get(i));
            records++;
        }
        return records;
    }

    /** A log without records, of a heap that was opened before. */
    static byte[] newHeader(byte[] uuid, long lsn, long seq) {
        byte[] header = new byte[(int) RING];
        MemorySegment s = MemorySegment.ofArray(header);
        s.set(Bytes.LONG, 0, CHECKPOINT_MAGIC);
        MemorySegment.copy(MemorySegment.ofArray(uuid), 0, s, 8, 16);
        s.set(Bytes.LONG, 24, 1);
        s.set(Bytes.LONG, 32, lsn);
        s.set(Bytes.LONG, 40, seq);
        s.set(Bytes.INT, 48, 1);
        s.set(Bytes.INT, 52, Bytes.crc(s, 0, 52));
        return header;
    }
}
