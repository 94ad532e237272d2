/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package sun.tools.jheap;

import java.util.ArrayList;
import java.util.List;

/** What is wrong with a heap. */
final class Problems {
    private static final int KEPT = 200;

    private final List<String> messages = new ArrayList<>();
    private long count;

    void add(String format, Object... args) {
        if (count++ < KEPT) {
            messages.add(args.length == 0 ? format : String.format(java.util.Locale.ROOT, format, args));
        }
    }

    long count() {
        return count;
    }

    boolean isEmpty() {
        return count == 0;
    }

    String first() {
        return messages.get(0);
    }

    /** The messages, with a line that counts those that were not kept. */
    List<String> lines() {
        List<String> lines = new ArrayList<>(messages);
        if (count > messages.size()) {
            lines.add("... and " + (count - messages.size()) + " more");
        }
        return lines;
    }
}
