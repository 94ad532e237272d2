/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package sun.tools.jheap;

/** Why a command cannot do its work: one sentence. */
final class HeapException extends RuntimeException {
    private static final long serialVersionUID = 1;

    HeapException(String format, Object... args) {
        super(args.length == 0 ? format : String.format(java.util.Locale.ROOT, format, args));
    }
}
