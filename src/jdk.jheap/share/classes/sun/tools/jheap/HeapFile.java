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
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A heap as its files hold it, once the log is applied, in memory: nothing is written.
 * What is wrong with the files is in problems; then the rest is the best that could be found.
 */
final class HeapFile implements AutoCloseable {
    final Path dir;
    final String data;                // its path
    final Problems problems = new Problems();
    final Superblock superblock;
    final boolean superblockLost;
    final long logSize;
    final RedoLog log;
    final Image image;
    final ClassTable table;
    final long objectsEnd;            // in data
    final String classPath;
    private final long[] lines;
    private boolean linesBeyond;
    private final HeapLock lock;
    private final Arena arena = Arena.ofConfined();

    HeapFile(Path dir, String classPath, boolean salvage) {
        this.dir = dir;
        this.classPath = classPath;
        this.data = dir.resolve("data").toString();
        if (!Files.isDirectory(dir)) throw new HeapException("%s is not a directory", dir);
        if (!Files.isRegularFile(dir.resolve("data")) || !Files.isRegularFile(dir.resolve("log"))) {
            throw new HeapException("%s is not a persistent heap: it has no files data and log", dir);
        }
        lock = new HeapLock(dir);
        try {
            image = new Image(map(dir.resolve("data")));
            MemorySegment logFile = map(dir.resolve("log"));
            logSize = logFile.byteSize();
            log = new RedoLog(dir, logFile);
            byte[] page = image.read(0, Superblock.PAGE);
            RedoLog.Checkpoint any = log.findCheckpoint(null);
            if (Superblock.isZero(page) && (any == null || any.generation() == 0)) {
                throw new HeapException("%s was never finished: it holds nothing", dir);
            }
            Superblock sb = Superblock.of(page);
            if (sb.unknownVersion() != -1 && sb.hasChecksum()) {
                throw new HeapException("%s has format version %d but this jheap knows version %d; use the JDK that wrote it",
                                        data, sb.unknownVersion(), Superblock.VERSION);
            }
            String problem = sb.problem(data);
            superblockLost = problem != null;
            if (problem != null) {
                problems.add("%s", problem);
                sb = Superblock.create(Math.max(logSize, Superblock.MIN_LOG), Superblock.OBJECT_AREA_UNIT, true, System.currentTimeMillis());
            }
            superblock = sb;
            if (!superblockLost && logSize != sb.logSize()) {
                problems.add("%s/log has %d bytes instead of %d", dir, logSize, sb.logSize());
            }
            if (image.size() < Superblock.OBJECTS + Superblock.OBJECT_AREA_UNIT) {
                problems.add("%s is truncated: it has %d bytes", data, image.size());
            }
            objectsEnd = Math.max(Superblock.OBJECTS, image.size() / 8 * 8);
            byte[] uuid = superblockLost ? any == null ? null : any.uuid() : sb.uuid();
            log.replay(uuid, image, problems);
            if (log.checkpoint == null && salvage) log.salvage(image);
            lines = new long[(int) ((objectsEnd - Superblock.OBJECTS) / Superblock.LINE_SIZE / 64 + 1)];
            readLines();
            table = ClassTable.read(image, data, salvage, problems);
            if (root() == 0 && table.byName("java/lang/persistent/RootDirectory") != null) {
                problems.add("%s is damaged: the reference to the root directory at offset %#x is gone", data, Superblock.ROOT);
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private MemorySegment map(Path file) {
        try (FileChannel ch = FileChannel.open(file)) {
            long size = ch.size();
            return size == 0 ? MemorySegment.ofArray(new byte[0]) : ch.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
        } catch (NoSuchFileException e) {
            throw new HeapException("%s does not exist", file);
        } catch (IOException e) {
            throw new HeapException("%s cannot be read: %s", file, e.getMessage());
        }
    }

    private void readLines() {
        final int part = 64 << 10;
        byte[] zeros = new byte[part];
        byte[] bytes = new byte[part];
        for (long at = 0; at < Superblock.LINE_TABLE_SIZE; at += part) {
            image.read(Superblock.LINE_TABLE + at, bytes, 0, part);
            if (java.util.Arrays.equals(bytes, zeros)) continue;
            for (int i = 0; i < part; i += 8) {
                readLines((at + i) / 8, MemorySegment.ofArray(bytes).get(Bytes.LONG, i));
            }
        }
    }

    private void readLines(long i, long word) {
        if (word == 0) return;
        if (i < lines.length) lines[(int) i] = word;
        long end = (objectsEnd - Superblock.OBJECTS) / Superblock.LINE_SIZE;
        if (!linesBeyond && i * 64 + (64 - Long.numberOfLeadingZeros(word)) > end) {
            linesBeyond = true;
            problems.add("%s is truncated or its line table damaged: objects at offset %#x, beyond its end at %#x",
                         data, Superblock.OBJECTS + i * 64 * Superblock.LINE_SIZE, image.size());
        }
    }

    boolean isTaken(long at) {
        long line = (at - Superblock.OBJECTS) / Superblock.LINE_SIZE;
        return line >= 0 && line / 64 < lines.length && (lines[(int) (line / 64)] >>> line & 1) != 0;
    }

    long linesTaken() {
        long n = 0;
        for (long w : lines) n += Long.bitCount(w);
        return n;
    }

    /** The reference to the root directory. */
    long root() {
        return image.getLong(Superblock.ROOT);
    }

    /** Other commands than verify and repair go on with a whole heap only. */
    void requireWhole() {
        if (!problems.isEmpty()) {
            throw new HeapException("%s; see 'jheap verify %s', and 'jheap repair' or restore the heap from a backup", problems.first(), dir);
        }
    }

    static long offsetOf(long reference) {
        return (reference << Superblock.REFERENCE_SHIFT) - Superblock.REFERENCE_BASE + Superblock.OBJECTS;
    }

    static long addressOf(long at) {
        return at - Superblock.OBJECTS + Superblock.REFERENCE_BASE;
    }

    static boolean isSymbol(long reference) {
        return reference << Superblock.REFERENCE_SHIFT < Superblock.REFERENCE_BASE;
    }

    // ---- Objects that are known to be whole ----

    ClassTable.ClassInfo classAt(long at) {
        return table.byId.get(image.getInt(at + 8));
    }

    int lengthAt(long at) {
        return image.getInt(at + 12);
    }

    long sizeAt(long at) {
        ClassTable.ClassInfo c = classAt(at);
        return c.sizeOf(c.isArray() ? lengthAt(at) : 0);
    }

    long reference(long slot) {
        return Integer.toUnsignedLong(image.getInt(slot));
    }

    /** The text of a java.lang.String, or null if it is not whole. */
    String stringAt(long at) {
        ClassTable.ClassInfo c = classAt(at);
        if (c == null || !c.isString()) return null;
        ClassTable.Field value = c.field("value");
        ClassTable.Field coder = c.field("coder");
        if (value == null || coder == null) return null;
        long ref = reference(at + value.offset());
        if (isSymbol(ref)) return null;
        long array = offsetOf(ref);
        ClassTable.ClassInfo a = array + 16 <= image.size() ? classAt(array) : null;
        if (a == null || !a.name.equals("[B")) return null;
        int length = lengthAt(array);
        if (length < 0 || array + 16 + length > image.size()) return null;
        byte[] bytes = image.read(array + 16, length);
        if (image.getByte(at + coder.offset()) == 0) return new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
        return new String(bytes, java.nio.charset.StandardCharsets.UTF_16LE);
    }

    @Override
    public void close() {
        arena.close();
        lock.close();
    }
}
