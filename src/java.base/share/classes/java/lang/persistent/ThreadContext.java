/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package java.lang.persistent;

import java.util.Arrays;
import java.util.concurrent.locks.Lock;
import jdk.internal.access.JavaLangAccess;
import jdk.internal.access.SharedSecrets;
import jdk.internal.vm.Continuation;
import jdk.internal.vm.StackableScope;
import jdk.internal.vm.annotation.ForceInline;
import jdk.internal.vm.annotation.ReservedStackAccess;

/**
 * What a thread has open: the levels of its transaction, the locks these hold, and
 * the nesting of PersistentHeap.allocate. Used by its own thread only.
 */
final class ThreadContext {
    private static final ThreadLocal<ThreadContext> CURRENT = new ThreadLocal<>() {
        @Override
        protected ThreadContext initialValue() {
            return new ThreadContext(Thread.currentThread());
        }
    };

    private static final JavaLangAccess JLA = SharedSecrets.getJavaLangAccess();

    final Thread thread;
    private int depth;                          // how many levels are open
    private long[] numbers = new long[4];       // of their transactions, outermost first
    private long lastNumber;
    private long[] failed = {};                 // of those that a commit in them ended, until they are closed
    private HeldLock locks;         // the one acquired last, first
    private TxnScope scope;         // while a transaction is open
    private TxnScope bottom;        // stays on the stack between transactions
    private int allocateDepth;

    private ThreadContext(Thread thread) {
        this.thread = thread;
    }

    static ThreadContext current() {
        return CURRENT.get();
    }

    // ---- Levels of the transaction ----

    boolean isActive() {
        return depth > 0;
    }

    /** Any thread may ask this: what it is told is of some time. */
    @ForceInline
    boolean isOpen(int level, long number) {
        long[] open = numbers;
        return level <= depth && level <= open.length && open[level - 1] == number;
    }

    @ForceInline
    boolean isInnermost(int level, long number) {
        return level == depth && numbers[level - 1] == number;
    }

    @ForceInline
    Txn begin() {
        if (allocateDepth != 0) {
            return beginVolatile();
        }
        Txn txn = new Txn(this, depth + 1, ++lastNumber);
        enter(lastNumber);
        return txn;
    }

    /** What describes the transaction must not be part of it. */
    private Txn beginVolatile() {
        int suspended = suspendAllocate();
        try {
            return begin();
        } finally {
            resumeAllocate(suspended);
        }
    }

    private void enter(long number) {
        if (depth == numbers.length) {
            numbers = Arrays.copyOf(numbers, 2 * depth);
        }
        TxnScope newScope = (depth == 0) ? scopeToBegin() : null;
        if (newScope != null) {
            pin();
        }
        try {
            if (PersistentVM.ENABLED && !PersistentVM.tryBegin()) {
                PersistentVM.begin();
            }
        } catch (Throwable e) {
            if (newScope != null) {
                unpin();
            }
            throw e;
        }
        numbers[depth++] = number;
        if (newScope != null) {
            scope = newScope;
            if (JLA.headStackableScope(thread) != newScope) {
                newScope.push();
            }
        }
    }

    /** Returns what to call committed with. */
    long commitInnermost() {
        long seq = 0;
        if (PersistentVM.ENABLED) {
            try {
                if (!PersistentVM.tryCommit()) {
                    seq = PersistentVM.commit();
                }
            } catch (Throwable e) {
                try {
                    failed();
                } catch (Throwable suppressed) {
                    e.addSuppressed(suppressed);
                }
                throw e;
            }
        }
        depth--;
        return seq;
    }

    /** After the commit of a level: if it was the outermost, releases its locks, then waits until it is durable. */
    void committed(long seq) {
        if (depth > 0) {
            return;
        }
        try {
            released();
        } finally {
            if (seq != 0) {
                PersistentVM.awaitDurable(seq);
            }
        }
    }

    @ReservedStackAccess
    void rollbackInnermost() {
        try {
            if (PersistentVM.ENABLED) {
                PersistentVM.rollback();
            }
        } finally {
            if (--depth == 0) {
                released();
            }
        }
    }

    /** Rolls back that level and what was begun in it. */
    void rollbackTo(int level) {
        while (depth >= level) {
            rollbackInnermost();
        }
    }

    // Transactions that the failed commit of one nested in them has ended. Most programs have none.

    boolean hasFailed() {
        return failed.length > 0;
    }

    boolean hasFailed(long number) {
        for (long f : failed) {
            if (f == number) {
                return true;
            }
        }
        return false;
    }

    void forget(long number) {
        if (hasFailed(number)) {
            int suspended = suspendAllocate();
            try {
                long[] left = new long[failed.length - 1];
                int n = 0;
                for (long f : failed) {
                    if (f != number) {
                        left[n++] = f;
                    }
                }
                failed = left;
            } finally {
                resumeAllocate(suspended);
            }
        }
    }

    /** Those of so many levels from the outermost on have been ended. */
    private void remember(int levels) {
        int suspended = suspendAllocate();
        try {
            int before = failed.length;
            long[] more = Arrays.copyOf(failed, before + levels);
            System.arraycopy(numbers, 0, more, before, levels);
            failed = more;
        } finally {
            resumeAllocate(suspended);
        }
    }

    /** The commit of the innermost level threw: nothing is left of any. */
    @ReservedStackAccess
    private void failed() {
        int outer = depth - 1;
        try {
            // Not the case unless the VM could not be called.
            while (PersistentVM.depth() > 0) {
                PersistentVM.rollback();
            }
        } finally {
            depth = 0;
            try {
                if (outer > 0) {
                    remember(outer);
                }
            } finally {
                released();
            }
        }
    }

    /** The outermost level has ended. */
    private void released() {
        TxnScope ended = scope;
        scope = null;
        Throwable problem = null;
        int depth = suspendAllocate();
        try {
            while (locks != null) {
                HeldLock held = locks;
                locks = held.next;
                try {
                    held.lock.unlock();
                } catch (Throwable e) {
                    if (problem == null) {
                        problem = e;
                    } else {
                        problem.addSuppressed(e);
                    }
                }
            }
        } finally {
            resumeAllocate(depth);
            // A scope opened since then may be above; what stays on the stack is inert.
            if (ended != bottom && !ended.closing) {
                ended.tryPop();
            }
            unpin();
        }
        switch (problem) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new AssertionError(problem);
        }
    }

    // ---- Locks ----

    void lock(Lock lock) {
        int depth = suspendAllocate();
        try {
            HeldLock held = new HeldLock(lock, locks);
            lock.lock();
            locks = held;
        } finally {
            resumeAllocate(depth);
        }
    }

    private static final class HeldLock {
        final Lock lock;
        final HeldLock next;

        HeldLock(Lock lock, HeldLock next) {
            this.lock = lock;
            this.next = next;
        }
    }

    // ---- PersistentHeap.allocate ----

    void enterAllocate() {
        pin();
        try {
            PersistentVM.enterAllocate();
            allocateDepth++;
        } catch (Throwable e) {
            unpin();
            throw e;
        }
    }

    void exitAllocate() {
        allocateDepth--;
        PersistentVM.exitAllocate();
        unpin();
    }

    /**
     * Until resumeAllocate, this thread's objects are volatile ones. Bookkeeping and
     * waiting for locks happen outside of allocate: a rollback must not undo them.
     */
    int suspendAllocate() {
        int depth = allocateDepth;
        for (int i = 0; i < depth; i++) {
            PersistentVM.exitAllocate();
        }
        allocateDepth = 0;
        return depth;
    }

    void resumeAllocate(int depth) {
        allocateDepth = depth;
        for (int i = 0; i < depth; i++) {
            PersistentVM.enterAllocate();
        }
    }

    // ---- Virtual threads: the VM keeps transactions by carrier ----

    private void pin() {
        if (thread.isVirtual()) {
            Continuation.pin();
        }
    }

    private void unpin() {
        if (thread.isVirtual()) {
            Continuation.unpin();
        }
    }

    /**
     * Pushing a scope and popping it again would cost more than the rest of a short transaction. So one at
     * the bottom of the stack stays there. But not where ScopedValue may have found the stack empty, and so
     * expects it to be empty afterwards: once a value has been bound.
     */
    private TxnScope scopeToBegin() {
        StackableScope head = JLA.headStackableScope(thread);
        if (head != null && head == bottom) {
            return bottom;
        }
        TxnScope newScope = new TxnScope();
        if (head == null) {
            // What a thread has in which none was ever bound, see ScopedValue.scopedValueBindings().
            bottom = (JLA.scopedValueBindings() == (Object) Thread.class) ? newScope : null;
        }
        return newScope;
    }

    /**
     * Ends the transaction if its thread, or the structured scope in which it was
     * begun, ends before it.
     */
    private final class TxnScope extends StackableScope {
        boolean closing;        // the stack removes it

        @Override
        protected boolean tryClose() {
            if (scope == this) {
                closing = true;
                while (depth > 0) {
                    rollbackInnermost();
                }
            }
            return true;
        }
    }
}
