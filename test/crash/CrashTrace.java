/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** A file that -XX:PersistentHeapTrace has written; see persistentTrace.hpp. */
final class CrashTrace {
    static final int OPENED = 1;
    static final int STORED = 2;
    static final int FLUSHED = 3;
    static final int FENCED = 4;
    static final int WRITTEN = 5;
    static final int SYNC_BEGUN = 6;
    static final int SYNC_ENDED = 7;
    static final int RESIZED = 8;
    static final int CREATED = 9;
    static final int DELETED = 10;
    static final int DIRECTORY_SYNCED = 11;
    static final int APPENDED = 12;
    static final int DURABLE = 13;
    static final int ACKNOWLEDGED = 14;
    static final String[] NAMES = {
        "", "opened", "store", "flush", "fence", "write", "sync begins", "sync ends", "resize", "create",
        "delete", "directory sync", "append", "durable", "acknowledged"
    };
    private static final int HEADER = 32;

    final byte[] bytes;
    private int[] starts = new int[1024];
    private int count;

    CrashTrace(Path file) throws IOException {
        bytes = Files.readAllBytes(file);
        for (long at = 0; at + HEADER <= bytes.length; ) {
            long next = at + HEADER + (Integer.toUnsignedLong(Pages.getInt(bytes, (int) at + 28)) + 7) / 8 * 8;
            if (next > bytes.length) {
                break;          // the process ended in between
            }
            if (count == starts.length) {
                starts = Arrays.copyOf(starts, count * 2);
            }
            starts[count++] = (int) at;
            at = next;
        }
    }

    int count() {
        return count;
    }

    int type(int i) {
        return Pages.getInt(bytes, starts[i]);
    }

    int thread(int i) {
        return Pages.getInt(bytes, starts[i] + 4);
    }

    /** Or the sequence number. */
    long file(int i) {
        return Pages.getLong(bytes, starts[i] + 8);
    }

    /** Or the size. */
    long offset(int i) {
        return Pages.getLong(bytes, starts[i] + 16);
    }

    int length(int i) {
        return Pages.getInt(bytes, starts[i] + 24);
    }

    int payload(int i) {
        return starts[i] + HEADER;
    }

    String describe(int i) {
        return "event " + i + " (" + NAMES[type(i)] + " " + file(i) + " " + offset(i) + " " + length(i) + ", thread " + thread(i) + ")";
    }
}
