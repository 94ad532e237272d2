/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package java.lang.persistent;

import jdk.internal.vm.annotation.IntrinsicCandidate;

/**
 * The virtual machine's side of this package.
 */
final class PersistentVM {
    static {
        registerNatives();
    }

    /** Whether the virtual machine runs with a persistent heap. */
    static final boolean ENABLED = isEnabled();

    private PersistentVM() {}

    private static native void registerNatives();

    private static native boolean isEnabled();

    static native boolean contains(Object o);

    /** Returns the durable directory object, null if the heap has none yet. */
    static native Object rootDirectory();

    /** Sets the directory object of a new heap; it is durable on return. */
    static native void setRootDirectory(Object o);

    /** Begins a transaction, or a savepoint in the current one. */
    static native void begin();

    /**
     * Ends the innermost level. For the outermost: returns the sequence number to
     * pass to {@link #awaitDurable}, or 0 if there is nothing to wait for. If
     * this throws, all levels have been rolled back and have ended.
     */
    static native long commit();

    // Short ways for generated code. False: nothing was done, call the method above.

    @IntrinsicCandidate
    static boolean tryBegin() {
        return false;
    }

    /** If true, there is nothing to wait for either. */
    @IntrinsicCandidate
    static boolean tryCommit() {
        return false;
    }

    static native void awaitDurable(long seq);

    /** Undoes and ends the innermost level. */
    static native void rollback();

    /** Returns the number of open levels. */
    static native int depth();

    static native void enterAllocate();

    static native void exitAllocate();

    static native void force();

    static native void gc();

    static native long capacity();

    static native long used();
}
