/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * The files of a heap, and what recovery must make of them: doc/file-format.md once more, with nothing of
 * the VM's code.
 */
final class HeapImage {
    static final long ROOT = 4096;
    static final long LINES = 64 << 10;
    static final int LINES_SIZE = 8 << 20;
    static final long CLASSES = (8 << 20) + (512 << 10);
    static final int CLASSES_SIZE = (7 << 20) + (512 << 10);
    static final long OBJECTS = 16 << 20;
    static final long AREA_UNIT = 32 << 20;

    private static final long SUPER_MAGIC = 0x3170616568726576L;
    private static final int SUPER_SIZE = 184;
    private static final long CHECKPOINT_MAGIC = 0x3174706b63686576L;
    private static final int CHECKPOINT_SIZE = 56;
    private static final int SLOT = 4096;
    private static final int RING = 2 * SLOT;
    private static final int RECORD_MAGIC = 0x52485645;
    private static final int HEADER = 48;
    private static final int WRITES = 1;
    private static final int PAD = 2;
    private static final int OVERFLOW = 3;

    Pages data;             // null: there is no such file
    long dataSize;
    byte[] log;             // of the size of the file; null: there is no such file
    final Map<Long, byte[]> overflow = new TreeMap<>();

    // ---- What recovery found ----

    enum Outcome {
        /** A heap, its data recovered up to `sequence`. */
        OPENED,
        /** A heap whose creation was cut short: a new one. */
        CREATED,
        /** Damage, see `why`. */
        REFUSED
    }

    Outcome outcome;
    String why;
    /** Of the checkpoint; then of the last record recovered. */
    long applied;
    long sequence;
    /** Behind that is the header of a record, whole or not, that does not count. */
    boolean torn;

    private Outcome refuse(String why) {
        this.why = why;
        return outcome = Outcome.REFUSED;
    }

    static int crc(byte[] bytes, int from, int length) {
        CRC32 crc = new CRC32();
        crc.update(bytes, from, length);
        return (int) crc.getValue();
    }

    private boolean isCheckpoint(int at, byte[] uuid) {
        if (at + CHECKPOINT_SIZE > log.length || Pages.getLong(log, at) != CHECKPOINT_MAGIC
                || Pages.getInt(log, at + 52) != crc(log, at, 52)) {
            return false;
        }
        for (int i = 0; uuid != null && i < 16; i++) {
            if (log[at + 8 + i] != uuid[i]) {
                return false;
            }
        }
        return true;
    }

    /** The log was formatted and never used: creation was cut short in the superblock. */
    private boolean isFreshLog() {
        if (log == null || log.length < 3 * SLOT || !isCheckpoint(0, null) || Pages.getLong(log, 24) != 0) {
            return false;
        }
        for (int i = SLOT; i < 3 * SLOT; i++) {
            if (log[i] != 0) {
                return false;
            }
        }
        return true;
    }

    /** The log was used, whatever the superblock says. */
    private boolean logHas(long generation) {
        for (int i = 0; log != null && i < 2; i++) {
            if (isCheckpoint(i * SLOT, null) && Pages.getLong(log, i * SLOT + 24) >= generation) {
                return true;
            }
        }
        return false;
    }

    /** Changes `data` as recovery does; the image is used up. */
    Outcome recover() {
        outcome = null;
        boolean unfinished = data == null || dataSize == 0;
        if (!unfinished && dataSize < Pages.SIZE) {
            return refuse("data is truncated");
        }
        byte[] first = (data == null) ? null : data.read(0, SUPER_SIZE);
        boolean valid = !unfinished && Pages.getLong(first, 0) == SUPER_MAGIC
                && Pages.getInt(first, 8) == 2 && Pages.getInt(first, 12) == SUPER_SIZE
                && Pages.getInt(first, SUPER_SIZE - 8) == crc(first, 0, SUPER_SIZE - 8);
        boolean otherVersion = !unfinished && Pages.getLong(first, 0) == SUPER_MAGIC
                && Pages.getInt(first, 8) != 0 && Pages.getInt(first, 8) != 2;
        if (unfinished || data.isZero(0) || !valid && !otherVersion && isFreshLog()) {
            if (logHas(1)) {
                return refuse("the superblock is gone");
            }
            return outcome = Outcome.CREATED;
        }
        if (!valid) {
            return refuse("the superblock is damaged");
        }
        if (dataSize < OBJECTS + AREA_UNIT) {
            return refuse("data is truncated");
        }
        if (log == null || log.length != data.getLong(112)) {
            return refuse("log has another size than it should have");
        }
        byte[] uuid = data.read(16, 16);
        int best = -1;
        for (int i = 0; i < 2; i++) {
            if (isCheckpoint(i * SLOT, uuid)
                    && (best < 0 || Pages.getLong(log, i * SLOT + 24) > Pages.getLong(log, best + 24))) {
                best = i * SLOT;
            }
        }
        if (best < 0) {
            return refuse("no checkpoint");
        }
        long start = Pages.getLong(log, best + 32);
        applied = Pages.getLong(log, best + 40);
        int epoch = Pages.getInt(log, best + 48);
        int ring = (log.length - RING) / 8 * 8;

        // The whole log is looked at before anything is applied.
        long lsn = start;
        sequence = applied;
        while (true) {
            if (ring - lsn % ring < HEADER) {
                lsn += ring - lsn % ring;
            }
            int length = record(lsn, sequence + 1, epoch, ring);
            int at = RING + (int) (lsn % ring);
            if (length < 0) {
                break;
            }
            int type = Pages.getInt(log, at + 44);
            if (type != PAD) {
                sequence++;
                byte[] writes = writes(at, type, length, sequence);
                int from = (type == OVERFLOW) ? 0 : at + HEADER;
                if (writes == null || !apply(null, writes, from, (type == OVERFLOW) ? writes.length : length)) {
                    return refuse("record " + sequence + " is not what it should be");
                }
            }
            lsn += HEADER + length;
        }
        for (long at = lsn; at < lsn + ring; at += 8) {
            int i = RING + (int) (at % ring);
            if (Pages.getInt(log, i) == RECORD_MAGIC && ring - at % ring >= HEADER
                    && Pages.getLong(log, i + 8) == at) {
                long seq = Pages.getLong(log, i + 16);
                int e = Pages.getInt(log, i + 40);
                torn |= seq > sequence && e == epoch;
                if (seq > sequence && (e == epoch ? Pages.getLong(log, i + 24) > sequence
                        : Integer.compareUnsigned(e, epoch) > 0) && record(at, seq, e, ring) >= 0) {
                    return refuse("record " + (sequence + 1) + " was durable and is gone: so says record " + seq);
                }
            }
        }

        long end = lsn;
        long last = sequence;
        sequence = applied;
        for (lsn = start; lsn < end && sequence < last; ) {
            if (ring - lsn % ring < HEADER) {
                lsn += ring - lsn % ring;
            }
            int at = RING + (int) (lsn % ring);
            int type = Pages.getInt(log, at + 44);
            int length = (int) Pages.getLong(log, at + 32);
            if (type != PAD) {
                sequence++;
                byte[] writes = writes(at, type, length, sequence);
                int from = (type == OVERFLOW) ? 0 : at + HEADER;
                apply(data, writes, from, (type == OVERFLOW) ? writes.length : length);
            }
            lsn += HEADER + length;
        }
        return outcome = Outcome.OPENED;
    }

    /** Length of the payload of the record there, or -1. */
    private int record(long lsn, long seq, int epoch, int ring) {
        int at = RING + (int) (lsn % ring);
        long rest = ring - lsn % ring;
        if (rest < HEADER || Pages.getInt(log, at) != RECORD_MAGIC || Pages.getLong(log, at + 8) != lsn
                || Pages.getLong(log, at + 16) != seq || Pages.getInt(log, at + 40) != epoch) {
            return -1;
        }
        long length = Pages.getLong(log, at + 32);
        if (length < 0 || length > rest - HEADER) {
            return -1;
        }
        CRC32 crc = new CRC32();
        if (Pages.getInt(log, at + 44) == PAD) {
            crc.update(log, at + 8, 24);
            crc.update(new byte[8]);
            crc.update(log, at + 40, 8);
            return (int) crc.getValue() == Pages.getInt(log, at + 4) && length == rest - HEADER ? (int) length : -1;
        }
        crc.update(log, at + 8, HEADER - 8 + (int) length);
        return (int) crc.getValue() == Pages.getInt(log, at + 4) ? (int) length : -1;
    }

    private byte[] writes(int at, int type, int length, long seq) {
        if (type == WRITES) {
            return log;
        }
        if (type != OVERFLOW || length != 16) {
            return null;
        }
        byte[] bytes = overflow.get(seq);
        return bytes != null && bytes.length == Pages.getLong(log, at + HEADER)
                && crc(bytes, 0, bytes.length) == Pages.getInt(log, at + HEADER + 8) ? bytes : null;
    }

    /** Puts a list of writes to its place, or only checks it, if `to` is null. */
    private boolean apply(Pages to, byte[] writes, int from, int length) {
        return apply(to, writes, from, length, dataSize);
    }

    static boolean apply(Pages to, byte[] writes, int from, int length, long limit) {
        int end = from + length;
        while (from < end) {
            if (end - from < 16) {
                return false;
            }
            long offset = Pages.getLong(writes, from);
            int bytes = Pages.getInt(writes, from + 8);
            long padded = (bytes + 7L) / 8 * 8;
            from += 16;
            if (bytes < 0 || padded > end - from || offset < ROOT || offset > limit - bytes) {
                return false;
            }
            if (to != null) {
                to.write(offset, writes, from, bytes);
            }
            from += (int) padded;
        }
        return true;
    }

    HeapImage copy() {
        HeapImage copy = new HeapImage();
        copy.data = (data == null) ? null : data.fork();
        copy.dataSize = dataSize;
        copy.log = (log == null) ? null : log.clone();
        copy.overflow.putAll(overflow);
        return copy;
    }

    // ---- Files ----

    static HeapImage read(Path directory) throws IOException {
        HeapImage image = new HeapImage();
        if (!Files.exists(directory)) {
            return image;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (name.equals("data")) {
                    image.data = new Pages();
                    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
                        image.dataSize = in.length();
                        byte[] chunk = new byte[1 << 20];
                        int n;
                        for (long at = 0; (n = in.read(chunk)) > 0; at += n) {
                            for (int i = 0; i < n; i += Pages.SIZE) {
                                int part = Math.min(Pages.SIZE, n - i);
                                for (int b = i; b < i + part; b++) {
                                    if (chunk[b] != 0) {
                                        image.data.write(at + i, chunk, i, part);
                                        break;
                                    }
                                }
                            }
                        }
                    }
                } else if (name.equals("log")) {
                    image.log = Files.readAllBytes(file);
                } else if (name.startsWith("overflow-")) {
                    image.overflow.put(Long.parseLong(name.substring(9)), Files.readAllBytes(file));
                }
            }
        }
        return image;
    }

    void write(Path directory) throws IOException {
        Files.createDirectories(directory);
        if (data != null) {
            try (RandomAccessFile out = new RandomAccessFile(directory.resolve("data").toFile(), "rw")) {
                out.setLength(dataSize);
                for (int i = 0; i < data.count() && (long) i * Pages.SIZE < dataSize; i++) {
                    if (!data.isZero(i)) {
                        out.seek((long) i * Pages.SIZE);
                        out.write(data.page(i), 0, (int) Math.min(Pages.SIZE, dataSize - (long) i * Pages.SIZE));
                    }
                }
            }
        }
        if (log != null) {
            Files.write(directory.resolve("log"), log);
        }
        for (Map.Entry<Long, byte[]> file : overflow.entrySet()) {
            Files.write(directory.resolve("overflow-" + file.getKey()), file.getValue());
        }
    }
}
