/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package sun.tools.jheap;

import java.lang.foreign.MemorySegment;

/**
 * The file data as it is once the log is applied: the file's bytes, and on top of them, in
 * memory, the pages that the log writes. Zeros behind the end.
 */
final class Image {
    private static final int SHIFT = 12;
    private static final int PAGE = 1 << SHIFT;

    private final MemorySegment base;
    private final long fileSize;
    private byte[][] pages;             // null where the log writes nothing

    Image(MemorySegment base) {
        this.base = base;
        this.fileSize = base.byteSize();
    }

    /** Of the file. */
    long size() {
        return fileSize;
    }

    private byte[] page(long at) {
        return pages == null || at >>> SHIFT >= pages.length ? null : pages[(int) (at >>> SHIFT)];
    }

    /** at is a multiple of 8, here and below of what is read. */
    long getLong(long at) {
        byte[] page = page(at);
        if (page != null) {
            return MemorySegment.ofArray(page).get(Bytes.LONG, at & (PAGE - 1));
        }
        return at + 8 <= fileSize ? base.get(Bytes.LONG, at) : 0;
    }

    int getInt(long at) {
        byte[] page = page(at);
        if (page != null) {
            return MemorySegment.ofArray(page).get(Bytes.INT, at & (PAGE - 1));
        }
        return at + 4 <= fileSize ? base.get(Bytes.INT, at) : 0;
    }

    byte getByte(long at) {
        byte[] page = page(at);
        if (page != null) {
            return page[(int) (at & (PAGE - 1))];
        }
        return at < fileSize ? base.get(java.lang.foreign.ValueLayout.JAVA_BYTE, at) : 0;
    }

    void read(long at, byte[] to, int offset, int length) {
        while (length > 0) {
            int inPage = (int) (at & (PAGE - 1));
            int part = Math.min(length, PAGE - inPage);
            byte[] page = page(at);
            if (page != null) {
                System.arraycopy(page, inPage, to, offset, part);
            } else {
                int present = (int) Math.max(0, Math.min(part, fileSize - at));
                if (present > 0) MemorySegment.copy(base, java.lang.foreign.ValueLayout.JAVA_BYTE, at, to, offset, present);
                java.util.Arrays.fill(to, offset + present, offset + part, (byte) 0);
            }
            at += part;
            offset += part;
            length -= part;
        }
    }

    byte[] read(long at, int length) {
        byte[] bytes = new byte[length];
        read(at, bytes, 0, length);
        return bytes;
    }

    /** In memory only. */
    void write(long at, MemorySegment from, long offset, long length) {
        if (pages == null) {
            pages = new byte[(int) ((fileSize + PAGE - 1) >>> SHIFT)][];
        }
        while (length > 0) {
            int inPage = (int) (at & (PAGE - 1));
            int part = (int) Math.min(length, PAGE - inPage);
            byte[] page = page(at);
            if (page == null) {
                page = read(at - inPage, PAGE);
                pages[(int) (at >>> SHIFT)] = page;
            }
            MemorySegment.copy(from, java.lang.foreign.ValueLayout.JAVA_BYTE, offset, page, inPage, part);
            at += part;
            offset += part;
            length -= part;
        }
    }
}
