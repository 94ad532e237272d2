/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package java.lang.persistent;

import java.util.concurrent.locks.Lock;
import jdk.internal.access.JavaLangAccess;
import jdk.internal.access.SharedSecrets;
import jdk.internal.vm.Continuation;
import jdk.internal.vm.StackableScope;
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
    private Txn innermost;
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

    Txn innermost() {
        return innermost;
    }

    // ---- Levels of the transaction ----

    Txn begin() {
        // What describes the transaction must not be part of it.
        int depth = suspendAllocate();
        try {
            Txn txn = new Txn(this, innermost);
            TxnScope newScope = (innermost == null) ? scopeToBegin() : null;
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
            innermost = txn;
            if (newScope != null) {
                scope = newScope;
                if (JLA.headStackableScope(thread) != newScope) {
                    newScope.push();
                }
            }
            return txn;
        } finally {
            resumeAllocate(depth);
        }
    }

    void commitInnermost() {
        Txn txn = innermost;
        long seq = 0;
        if (PersistentVM.ENABLED) {
            try {
                if (!PersistentVM.tryCommit()) {
                    seq = PersistentVM.commit();
                }
            } catch (Throwable e) {
                try {
                    failed(txn);
                } catch (Throwable suppressed) {
                    e.addSuppressed(suppressed);
                }
                throw e;
            }
        }
        txn.ended(Txn.State.COMMITTED);
        innermost = txn.outer;
        if (innermost == null) {
            try {
                released();
            } finally {
                if (seq != 0) {
                    PersistentVM.awaitDurable(seq);
                }
            }
        }
    }

    @ReservedStackAccess
    void rollbackInnermost() {
        Txn txn = innermost;
        try {
            if (PersistentVM.ENABLED) {
                PersistentVM.rollback();
            }
        } finally {
            txn.ended(Txn.State.ROLLED_BACK);
            innermost = txn.outer;
            if (innermost == null) {
                released();
            }
        }
    }

    /** Rolls back txn and what was begun in it. */
    void rollbackTo(Txn txn) {
        while (!txn.isEnded()) {
            rollbackInnermost();
        }
    }

    /** The commit of txn threw: nothing is left of any level. */
    @ReservedStackAccess
    private void failed(Txn txn) {
        try {
            // Not the case unless the VM could not be called.
            while (PersistentVM.depth() > 0) {
                PersistentVM.rollback();
            }
        } finally {
            txn.ended(Txn.State.ROLLED_BACK);
            for (Txn t = txn.outer; t != null; t = t.outer) {
                t.ended(Txn.State.FAILED);
            }
            innermost = null;
            released();
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
                while (innermost != null) {
                    rollbackInnermost();
                }
            }
            return true;
        }
    }
}
