/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;

/** A heap that is damaged in all ways, and made whole again (offsets: doc/file-format.md). */
final class DamagedHeap implements AutoCloseable {
    static final int PAGE = 4096;
    static final int SUPERBLOCK = 184;
    static final int ROOT = 4096;
    static final int LINES = 64 << 10;
    static final int CLASSES = (8 << 20) + (512 << 10);
    static final int OBJECTS = 16 << 20;
    static final int RING = 8192;
    static final int HEADER = 48;

    /** A file of the heap, as it is to be. */
    private static final class Original {
        final Path path;
        final byte[] bytes;
        final FileChannel channel;
        final List<int[]> written = new ArrayList<>();
        boolean cut;

        Original(Path path) throws IOException {
            this.path = path;
            bytes = Files.readAllBytes(path);
            channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        }

        void write(int at, byte[] b) throws IOException {
            channel.write(ByteBuffer.wrap(b), at);
            written.add(new int[] {at, b.length});
        }

        void truncate(int size) throws IOException {
            channel.truncate(size);
            cut = true;
        }

        void restore() throws IOException {
            if (channel.size() > bytes.length) channel.truncate(bytes.length);
            if (cut) {
                // Holes where pages are zero.
                channel.write(ByteBuffer.wrap(new byte[1]), bytes.length - 1);
                for (int at = 0; at < bytes.length; at += PAGE) {
                    if (!isZero(at)) put(at, Math.min(PAGE, bytes.length - at));
                }
            }
            for (int[] w : written) put(w[0], Math.min(w[1], bytes.length - w[0]));
            written.clear();
            cut = false;
        }

        private void put(int at, int length) throws IOException {
            if (length > 0) channel.write(ByteBuffer.wrap(bytes, at, length), at);
        }

        private boolean isZero(int at) {
            for (int i = at; i < Math.min(bytes.length, at + PAGE); i++) {
                if (bytes[i] != 0) return false;
            }
            return true;
        }
    }

    record Record(int at, int end, long seq) {}

    final Path dir;
    private final Original data;
    private final Original log;
    final List<Record> records = new ArrayList<>();         // that opening replays
    private final int lineEnd;
    private final int classEnd;
    private final int objectEnd;
    private final int checkpoint;                           // the better one

    // Of the damage done last:
    private String what;
    boolean checked;            // a checksum covers it
    int single = -1;            // log: the only byte that was changed

    DamagedHeap(Path dir) throws IOException {
        this.dir = dir;
        data = new Original(dir.resolve("data"));
        log = new Original(dir.resolve("log"));
        ByteBuffer d = buffer(data.bytes);
        int end = LINES;
        for (int at = LINES; at < LINES + (1 << 20); at += 8) {
            if (d.getLong(at) != 0) end = at + 8;
        }
        lineEnd = end;
        int last = 0;
        for (int i = 0; i < (end - LINES) / 8; i++) {
            if (d.getLong(LINES + i * 8) != 0) last = OBJECTS + i * 64 * 256 + (64 - Long.numberOfLeadingZeros(d.getLong(LINES + i * 8))) * 256;
        }
        objectEnd = Math.max(last, OBJECTS + 64 * 256);
        int c = CLASSES;
        while (d.getInt(c) != 0) c += d.getInt(c);
        classEnd = Math.max(c, CLASSES + 64);
        ByteBuffer l = buffer(log.bytes);
        checkpoint = l.getLong(PAGE) != 0 && l.getLong(PAGE + 24) > l.getLong(24) ? PAGE : 0;
        int size = (log.bytes.length - RING) / 8 * 8;
        long lsn = l.getLong(checkpoint + 32);
        long seq = l.getLong(checkpoint + 40);
        while (true) {
            int at = RING + (int) (lsn % size);
            if (RING + size - at < HEADER) {
                lsn += RING + size - at;
                continue;
            }
            if (l.getInt(at) != 0x52485645 || l.getLong(at + 8) != lsn || l.getLong(at + 16) != seq + 1 ||
                l.getInt(at + 40) != l.getInt(checkpoint + 48)) {
                break;
            }
            int length = (int) l.getLong(at + 32);
            if (l.getInt(at + 44) != 2) {
                records.add(new Record(at, at + HEADER + length, ++seq));
            }
            lsn += HEADER + length;
        }
    }

    private static ByteBuffer buffer(byte[] b) {
        return ByteBuffer.wrap(b).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * What a kill leaves: a new heap, and records in its log that are not applied. Made from a run that
     * ended well: its log, as of its beginning, and data from before it.
     */
    static void create(Path dir, int changes) throws Exception {
        List<String> small = List.of("-XX:PersistentHeapSize=32m", "-XX:PersistentHeapLogSize=1m");
        Tools.expect("build", Tools.finish(Tools.start(dir, Graph.class, small, "build")), 0);
        Path before = dir.resolve("before");
        Files.copy(dir.resolve("data"), before);
        Tools.expect("change", Tools.finish(Tools.start(dir, Graph.class, List.of(), "change", "" + changes)), 0);
        Files.move(before, dir.resolve("data"), StandardCopyOption.REPLACE_EXISTING);
        Path log = dir.resolve("log");
        byte[] bytes = Files.readAllBytes(log);
        ByteBuffer l = buffer(bytes);
        int best = l.getLong(PAGE + 24) > l.getLong(24) ? PAGE : 0;
        long first = Long.MAX_VALUE;
        long lsn = 0;
        for (int at = RING; at + HEADER <= bytes.length; at += 8) {
            if (l.getInt(at) == 0x52485645 && l.getInt(at + 40) == l.getInt(best + 48) && l.getLong(at + 8) == at - RING &&
                l.getLong(at + 16) < first) {
                first = l.getLong(at + 16);
                lsn = l.getLong(at + 8);
            }
        }
        l.putLong(best + 32, lsn);
        l.putLong(best + 40, first - 1);
        CRC32 crc = new CRC32();
        crc.update(bytes, best, 52);
        l.putInt(best + 52, (int) crc.getValue());
        Files.write(log, bytes);
        Files.deleteIfExists(dir.resolve("lock"));
        try (DamagedHeap h = new DamagedHeap(dir)) {
            Tools.check(h.records.size() >= changes, "%d records for %d changes", h.records.size(), changes);
        }
    }

    String damage() {
        return what;
    }

    void restore() throws IOException {
        data.restore();
        log.restore();
    }

    /** The log without the records from i on. */
    void cutRecords(int i) throws IOException {
        for (Record r : records.subList(i, records.size())) log.write(r.at, new byte[r.end - r.at]);
    }

    void writeData(int at, byte[] b) throws IOException {
        data.write(at, b);
    }

    void writeLog(int at, byte[] b) throws IOException {
        log.write(at, b);
    }

    /** As it is to be. */
    int dataInt(int at) {
        return buffer(data.bytes).getInt(at);
    }

    int classEnd() {
        return classEnd;
    }

    private void flip(Original o, int at, int bit) throws IOException {
        o.write(at, new byte[] {(byte) (o.bytes[at] ^ 1 << bit)});
    }

    private static int between(Random r, int from, int to) {
        return from + r.nextInt(Math.max(1, to - from));
    }

    private int ringEnd() {
        return records.isEmpty() ? Math.min(log.bytes.length, RING + (64 << 10)) : records.get(records.size() - 1).end;
    }

    // A place in data that means something.
    private int place(Random r) {
        return switch (r.nextInt(10)) {
            case 0 -> between(r, ROOT, ROOT + 8);
            case 1, 2 -> between(r, LINES, lineEnd);
            case 3 -> between(r, CLASSES, classEnd);
            case 4 -> between(r, 0, data.bytes.length);
            default -> between(r, OBJECTS, objectEnd);
        };
    }

    void damage(Random r) throws IOException {
        checked = false;
        single = -1;
        switch (r.nextInt(16)) {
            case 0 -> {
                checked = true;
                int at = between(r, 0, SUPERBLOCK);
                flip(data, at, r.nextInt(8));
                what = "bit of the superblock at " + at;
            }
            case 1 -> {
                checked = true;
                byte[] b = new byte[r.nextBoolean() ? SUPERBLOCK : PAGE];
                r.nextBytes(b);
                data.write(0, b);
                what = "random superblock";
            }
            case 2 -> {
                // With a good checksum: nothing says it is wrong but the values.
                byte[] b = java.util.Arrays.copyOf(data.bytes, SUPERBLOCK);
                ByteBuffer bb = buffer(b);
                int at = 8 + 4 * r.nextInt(42);
                bb.putInt(at, r.nextBoolean() ? r.nextInt() : 1 << r.nextInt(32));
                CRC32 crc = new CRC32();
                crc.update(b, 0, 176);
                bb.putInt(176, (int) crc.getValue());
                data.write(0, b);
                what = "superblock with another value at " + at;
            }
            case 3 -> {
                checked = true;
                int at = between(r, CLASSES, classEnd);
                flip(data, at, r.nextInt(8));
                what = "bit of the class table at " + at;
            }
            case 4 -> {
                checked = true;
                int at = single = between(r, RING, ringEnd());
                flip(log, at, r.nextInt(8));
                what = "bit of the log at " + at;
            }
            case 5 -> {
                checked = true;
                int at = between(r, 0, 56) + (r.nextBoolean() ? PAGE : 0);
                flip(log, at, r.nextInt(8));
                what = "bit of a checkpoint at " + at;
            }
            case 6 -> {
                checked = true;
                int at = between(r, 0, ringEnd()) / 512 * 512;
                int n = 512 * (1 + r.nextInt(16));
                byte[] b = new byte[Math.min(n, log.bytes.length - at)];
                if (r.nextBoolean()) r.nextBytes(b);
                log.write(at, b);
                what = b.length + " bytes of the log at " + at;
            }
            case 7 -> {
                checked = true;
                int pages = log.bytes.length / PAGE;
                int a = r.nextInt(Math.min(pages, 2 + (ringEnd() - RING + PAGE - 1) / PAGE));
                int b = r.nextInt(pages);
                log.write(a * PAGE, java.util.Arrays.copyOfRange(log.bytes, b * PAGE, (b + 1) * PAGE));
                log.write(b * PAGE, java.util.Arrays.copyOfRange(log.bytes, a * PAGE, (a + 1) * PAGE));
                what = "pages " + a + " and " + b + " of the log swapped";
            }
            case 8 -> {
                // Written by whomever, with a good checksum.
                byte[] b = java.util.Arrays.copyOf(java.util.Arrays.copyOfRange(log.bytes, checkpoint, checkpoint + 56), 56);
                ByteBuffer bb = buffer(b);
                int at = 24 + 4 * r.nextInt(7);
                bb.putInt(at, r.nextBoolean() ? r.nextInt() : bb.getInt(at) + 8 * (r.nextInt(200) - 100));
                CRC32 crc = new CRC32();
                crc.update(b, 0, 52);
                bb.putInt(52, (int) crc.getValue());
                log.write(checkpoint, b);
                what = "checkpoint with another value at " + at;
            }
            case 9 -> {
                boolean ofLog = r.nextInt(3) == 0;
                Original o = ofLog ? log : data;
                int size = r.nextInt(4) == 0 ? r.nextInt(PAGE) : r.nextInt(o.bytes.length);
                if (r.nextBoolean()) size = size / PAGE * PAGE;
                o.truncate(size);
                what = (ofLog ? "log" : "data") + " cut to " + size;
            }
            case 10 -> {
                int at = place(r) / PAGE * PAGE;
                data.write(at, new byte[PAGE]);
                checked = at == 0;
                what = "zeroed page at " + at;
            }
            case 11 -> {
                int a = place(r) / PAGE * PAGE;
                int b = place(r) / PAGE * PAGE;
                data.write(a, java.util.Arrays.copyOfRange(data.bytes, b, b + PAGE));
                data.write(b, java.util.Arrays.copyOfRange(data.bytes, a, a + PAGE));
                what = "pages at " + a + " and " + b + " swapped";
            }
            case 12 -> {
                int at = place(r);
                byte[] b = new byte[1 + r.nextInt(64)];
                r.nextBytes(b);
                data.write(at, b);
                what = b.length + " random bytes at " + at;
            }
            case 13 -> {
                // Reference for reference, length for length.
                int to = between(r, OBJECTS, objectEnd) / 4 * 4;
                int from = between(r, OBJECTS, objectEnd) / 4 * 4;
                data.write(to, java.util.Arrays.copyOfRange(data.bytes, from, from + 4));
                what = "word at " + to + " replaced by that at " + from;
            }
            default -> {
                int at = place(r);
                flip(data, at, r.nextInt(8));
                what = "bit at " + at;
            }
        }
    }

    /** Another directory with the files as they are now. */
    void copyTo(Path to) throws IOException {
        Files.createDirectories(to);
        for (String n : new String[] {"data", "log"}) {
            Files.copy(dir.resolve(n), to.resolve(n), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    @Override
    public void close() throws IOException {
        data.channel.close();
        log.channel.close();
    }
}
