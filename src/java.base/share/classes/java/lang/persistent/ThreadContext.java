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
    private final Level none = new Level(this, null);
    private Level innermost = none;
    private long lastNumber;        // of a transaction of this thread
    private HeldLock locks;         // the one acquired last, first
    private TxnScope scope;         // the innermost, while a transaction is open
    private TxnScope bottom;        // stays on the stack between transactions
    private int allocateDepth;

    private ThreadContext(Thread thread) {
        this.thread = thread;
    }

    static ThreadContext current() {
        return CURRENT.get();
    }

    // ---- Levels of the transaction ----

    /**
     * A level of the thread's transaction: there is one for each depth, used again and again until it fails. Never part
     * of the transaction itself: the class is one of those that the VM does not allocate in the persistent heap.
     */
    static final class Level {
        final ThreadContext context;
        final Level outer;
        Level inner;                // once there has been one that has not failed since
        long number;                // of the transaction that is open at this level, or 0
        long failed;                // of the one that the failed commit of one nested in it has ended: the level's last

        Level(ThreadContext context, Level outer) {
            this.context = context;
            this.outer = outer;
        }
    }

    boolean isActive() {
        return innermost != none;
    }

    @ForceInline
    boolean isInnermost(Level level, long number) {
        return innermost == level && level.number == number;
    }

    @ForceInline
    Txn begin() {
        if (allocateDepth != 0) {
            return beginVolatile();
        }
        if (isActive()) {
            checkAccount();
        }
        Level level = innermost.inner;
        if (level == null) {
            level = innermost.inner = new Level(this, innermost);
        }
        Txn txn = new Txn(level, ++lastNumber);
        enter(level, lastNumber);
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

    private void enter(Level level, long number) {
        boolean outermost = !isActive();
        TxnScope newScope = scopeToBegin();
        if (outermost) {
            pin();
        }
        try {
            if (PersistentVM.ENABLED && !PersistentVM.tryBegin()) {
                if (outermost) {
                    rollbackAll();      // what checkAccount tells of, the other way round
                }
                PersistentVM.begin();
            }
        } catch (Throwable e) {
            if (outermost) {
                unpin();
            }
            throw e;
        }
        level.number = number;
        innermost = level;
        if (newScope != null) {
            scope = newScope;
            if (JLA.headStackableScope(thread) != newScope) {
                newScope.push();
                newScope.pushed = true;
            }
        }
    }

    /**
     * When there is no memory for what compiled code has left out, the VM removes a method of this class, too, without
     * running its handlers. If the VM's transaction had ended before, so have Java's levels.
     */
    private void checkAccount() {
        if (PersistentVM.ENABLED && PersistentVM.depth() == 0) {
            allFailed();
        }
    }

    private static void rollbackAll() {
        while (PersistentVM.depth() > 0) {
            PersistentVM.rollback();
        }
    }

    private void allFailed() {
        while (isActive()) {
            innermost.failed = innermost.number;
            innermost.outer.inner = null;       // the program may ask for the number at any time later
            ended();
        }
        released();
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
        ended();
        return seq;
    }

    /** The innermost level has ended. If it was the outermost, released follows. */
    @ForceInline
    private void ended() {
        innermost.number = 0;
        innermost = innermost.outer;
        if (isActive() && scope.around == innermost) {
            leaveScope();
        }
    }

    /** After the commit of a level: if it was the outermost, releases its locks, then waits until it is durable. */
    void committed(long seq) {
        if (isActive()) {
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
            ended();
            if (!isActive()) {
                released();
            }
        }
    }

    /** Rolls back the transaction of that level and what was begun in it. */
    void rollbackTo(Level level, long number) {
        while (level.number == number) {
            rollbackInnermost();
        }
    }

    /** The commit of the innermost level threw: nothing is left of any. */
    @ReservedStackAccess
    private void failed() {
        try {
            // Not the case unless the VM could not be called.
            rollbackAll();
        } finally {
            ended();
            allFailed();
        }
    }

    /** The outermost level has ended. */
    private void released() {
        TxnScope ended = scope;
        scope = null;           // unlock may begin a transaction
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
            ended.remove();
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
     * The scope for a new level; null if it is the scope of the level around it, in which no other has been opened since.
     * Pushing a scope and popping it again would cost more than the rest of a short transaction. So one at
     * the bottom of the stack stays there. But not where ScopedValue may have found the stack empty, and so
     * expects it to be empty afterwards: once a value has been bound.
     */
    private TxnScope scopeToBegin() {
        StackableScope head = JLA.headStackableScope(thread);
        if (head != null) {
            if (head == scope) {
                return null;
            }
            if (head == bottom) {
                return bottom;
            }
        }
        TxnScope newScope = new TxnScope(scope, innermost);
        if (head == null) {
            // What a thread has in which none was ever bound, see ScopedValue.scopedValueBindings().
            bottom = (!isActive() && JLA.scopedValueBindings() == (Object) Thread.class) ? newScope : null;
        }
        return newScope;
    }

    /** The first level of the innermost scope has ended, and is not the outermost. */
    @ReservedStackAccess
    private void leaveScope() {
        TxnScope ended = scope;
        scope = ended.outer;
        ended.remove();
    }

    /**
     * Ends the levels that were begun in a structured scope, or by a thread, if that ends before them. Scopes are closed
     * from the innermost on, so what is open in this one then are its own levels.
     */
    private final class TxnScope extends StackableScope {
        final TxnScope outer;   // null if around is none
        final Level around;
        boolean pushed;         // and to be removed from the stack by who ends it

        TxnScope(TxnScope outer, Level around) {
            this.outer = outer;
            this.around = around;
        }

        /** Removes it from the stack, unless it stays at the bottom. */
        void remove() {
            if (pushed && this != bottom) {
                pushed = false;
                // A scope opened since then may be above.
                if (!tryPop()) {
                    unlink();
                }
            }
        }

        @Override
        protected boolean tryClose() {
            if (scope == this) {
                pushed = false;         // the stack removes it
                while (innermost != around) {
                    rollbackInnermost();
                }
            }
            return true;
        }
    }
}
