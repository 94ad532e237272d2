/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The bytes of a large file, mostly zeros. A fork shares the pages until one of the two writes.
 */
final class Pages {
    static final int SIZE = 4096;
    private static final byte[] ZEROS = new byte[SIZE];
    private static final VarHandle INTS =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private byte[][] pages;
    private boolean[] own;

    Pages() {
        this(new byte[16][]);
    }

    private Pages(byte[][] pages) {
        this.pages = pages;
        this.own = new boolean[pages.length];
    }

    Pages fork() {
        Arrays.fill(own, false);
        return new Pages(pages.clone());
    }

    private byte[] writable(int page) {
        if (page >= pages.length) {
            int length = Math.max(page + 1, pages.length * 2);
            pages = Arrays.copyOf(pages, length);
            own = Arrays.copyOf(own, length);
        }
        if (!own[page]) {
            pages[page] = (pages[page] == null) ? new byte[SIZE] : pages[page].clone();
            own[page] = true;
        }
        return pages[page];
    }

    byte[] page(int page) {
        byte[] found = (page < pages.length) ? pages[page] : null;
        return (found == null) ? ZEROS : found;
    }

    void write(long at, byte[] from, int start, int length) {
        while (length > 0) {
            int inPage = (int) (at % SIZE);
            int part = Math.min(length, SIZE - inPage);
            System.arraycopy(from, start, writable((int) (at / SIZE)), inPage, part);
            at += part;
            start += part;
            length -= part;
        }
    }

    void read(long at, byte[] to, int start, int length) {
        while (length > 0) {
            int inPage = (int) (at % SIZE);
            int part = Math.min(length, SIZE - inPage);
            System.arraycopy(page((int) (at / SIZE)), inPage, to, start, part);
            at += part;
            start += part;
            length -= part;
        }
    }

    byte[] read(long at, int length) {
        byte[] bytes = new byte[length];
        read(at, bytes, 0, length);
        return bytes;
    }

    /** At a multiple of 4. */
    int getInt(long at) {
        return (int) INTS.get(page((int) (at / SIZE)), (int) (at % SIZE));
    }

    /** At a multiple of 8. */
    long getLong(long at) {
        return (long) LONGS.get(page((int) (at / SIZE)), (int) (at % SIZE));
    }

    static int getInt(byte[] bytes, int at) {
        return (int) INTS.get(bytes, at);
    }

    static long getLong(byte[] bytes, int at) {
        return (long) LONGS.get(bytes, at);
    }

    int count() {
        return pages.length;
    }

    boolean isZero(int page) {
        return page >= pages.length || pages[page] == null || Arrays.equals(pages[page], ZEROS);
    }

    /** The first byte from `from` on in which the two differ, or -1. */
    static long mismatch(Pages a, Pages b, long from) {
        int end = Math.max(a.pages.length, b.pages.length);
        for (int i = (int) (from / SIZE); i < end; i++) {
            byte[] x = a.page(i);
            byte[] y = b.page(i);
            if (x != y) {
                int at = Arrays.mismatch(x, y);
                if (at >= 0) {
                    return (long) i * SIZE + at;
                }
            }
        }
        return -1;
    }
}
