/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package sun.tools.jheap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Writes the files of a new heap, from front to back. Its log is empty and durable first, its
 * superblock last: a heap that was cut short is refused by everybody.
 */
final class HeapWriter implements AutoCloseable {
    private static final int BUFFER = 1 << 20;

    private final Path dir;
    private final Superblock superblock;
    private final FileChannel data;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    private long position;

    HeapWriter(Path dir, Superblock superblock, long lsn, long seq, long dataSize) throws IOException {
        this.dir = dir;
        this.superblock = superblock;
        prepare(dir);
        long needed = dataSize + superblock.logSize();
        long usable = Files.getFileStore(dir).getUsableSpace();
        if (needed > usable) {
            throw new HeapException("%s needs %d bytes but only %d are free on its disk", dir, needed, usable);
        }
        try (FileChannel log = create("log")) {
            writeFully(log, ByteBuffer.wrap(RedoLog.newHeader(superblock.uuid(), lsn, seq)), 0);
            ByteBuffer zeros = ByteBuffer.allocate(BUFFER);
            for (long at = RedoLog.RING; at < superblock.logSize(); ) {
                zeros.clear().limit((int) Math.min(BUFFER, superblock.logSize() - at));
                at += writeFully(log, zeros, at);
            }
            log.force(true);
        }
        data = create("data");
        skipTo(Superblock.PAGE);
    }

    private static void prepare(Path dir) throws IOException {
        if (Files.exists(dir)) {
            if (!Files.isDirectory(dir)) throw new HeapException("%s is a file; name a new directory", dir);
            try (var files = Files.list(dir)) {
                if (files.findAny().isPresent()) throw new HeapException("%s is not empty; name a new directory", dir);
            }
        } else {
            Files.createDirectories(dir, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }

    private FileChannel create(String name) throws IOException {
        return FileChannel.open(dir.resolve(name), java.util.Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    private static int writeFully(FileChannel ch, ByteBuffer b, long at) throws IOException {
        int n = b.remaining();
        while (b.hasRemaining()) {
            at += ch.write(b, at);
        }
        return n;
    }

    private void flush() throws IOException {
        buffer.flip();
        position += writeFully(data, buffer, position);
        buffer.clear();
    }

    long position() {
        return position + buffer.position();
    }

    void put(byte[] bytes, int offset, int length) throws IOException {
        while (length > 0) {
            int part = Math.min(length, buffer.remaining());
            buffer.put(bytes, offset, part);
            offset += part;
            length -= part;
            if (!buffer.hasRemaining()) flush();
        }
    }

    void putLong(long v) throws IOException {
        byte[] b = new byte[8];
        java.lang.foreign.MemorySegment.ofArray(b).set(Bytes.LONG, 0, v);
        put(b, 0, 8);
    }

    /** Zeros up to there: the file is to have its space. */
    void skipTo(long at) throws IOException {
        byte[] zeros = new byte[1 << 16];
        for (long n = at - position(); n > 0; n = at - position()) {
            put(zeros, 0, (int) Math.min(n, zeros.length));
        }
    }

    void finish() throws IOException {
        flush();
        data.force(true);
        writeFully(data, ByteBuffer.wrap(superblock.page), 0);
        data.force(true);
        try (FileChannel d = FileChannel.open(dir)) {
            d.force(true);
        }
    }

    @Override
    public void close() throws IOException {
        data.close();
    }
}
