/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package java.lang.persistent;

import java.util.Objects;
import java.util.concurrent.locks.Lock;
import jdk.internal.vm.annotation.ForceInline;

/**
 * A transaction of the current thread: the stores which the thread makes to
 * persistent objects, in fields and array elements, between {@link #begin() begin}
 * and {@link #commit() commit} become durable together or not at all.
 *
 * {@snippet lang = java:
 * try (Txn txn = Txn.begin()) {
 *     txn.lock(bankLock);          // held until the transaction has ended
 *     from.balance -= amount;      // plain stores
 *     to.balance += amount;
 *     txn.commit();                // durable when this returns
 * }                                // leaving without commit rolls back
 * }
 *
 * <p>
 * Rolling back gives every location of a persistent object that the transaction
 * stored to the value it had before, in memory as on the media. Volatile objects
 * and local variables keep what they were given. {@link #run run} and
 * {@link #call call} commit when their body returns and roll back when it throws.
 *
 * <h2 id="nesting">Nesting</h2>
 * A transaction begun while another one of the same thread is open is
 * <em>nested</em> in it, and is a savepoint: rolling it back undoes the stores made
 * since it began and leaves the outer transaction open. Its commit hands its stores
 * over to the outer transaction; only the commit of the outermost makes
 * them durable. Nested transactions end before those around them do.
 *
 * <h2 id="isolation">Isolation</h2>
 * Stores are visible to other threads at once, by the Java Memory Model's rules and
 * no others: a transaction is isolated by the locks the program takes, and these must
 * be held until the outermost transaction has ended. Otherwise another thread could
 * read, and make durable, what is rolled back afterwards.
 * {@link #lock lock} acquires a {@link Lock} and holds it that long. In particular,
 * <strong>a {@code synchronized} statement inside a transaction, or a call of
 * {@code unlock()}, releases too early</strong>; a {@code synchronized} statement
 * around a whole outermost transaction is safe.
 *
 * <h2 id="threads">Threads</h2>
 * A transaction belongs to the thread that began it, and other threads can not use
 * it. A thread that terminates in a transaction rolls it back and releases its locks;
 * a transaction that is open when the virtual machine exits is rolled back. A
 * transaction which was begun in the dynamic scope of a {@link ScopedValue} binding or
 * in a {@link java.util.concurrent.StructuredTaskScope} and is open when that
 * scope ends is rolled back then; those around it, begun before that scope, stay open. A virtual
 * thread is pinned to its carrier while it has an open transaction.
 *
 * <h2 id="absent">Without a persistent heap</h2>
 * In a virtual machine started without the option {@code -XX:PersistentHeap},
 * transactions keep their structure, checks and locks; nothing is made
 * durable and nothing is undone.
 *
 * @since 25
 */
public final class Txn implements AutoCloseable {
    enum State {
        OPEN,
        COMMITTED,
        ROLLED_BACK,
        /** A nested transaction could not be committed, which rolled back this one. */
        FAILED
    }

    // The context knows what is open by levels and numbers, not by object: so this one escapes from nobody but
    // the program, and C2 leaves it out where the program keeps it to itself.
    private final ThreadContext.Level level;
    private final long number;          // no other of this thread has it
    private boolean committed;

    @ForceInline
    Txn(ThreadContext.Level level, long number) {
        this.level = level;
        this.number = number;
    }

    /**
     * Begins a transaction of the current thread, nested in its innermost open one if
     * it has one.
     *
     * @return the new transaction
     * @throws TxnException if the method that would end another transaction of this thread may have
     *         been lost for want of memory; none has begun then: close that one, or let the thread end,
     *         which rolls it back
     */
    @ForceInline
    public static Txn begin() {
        return ThreadContext.current().begin();
    }

    /**
     * Commits this transaction. If it is the outermost one, its stores are durable
     * when this method returns, together with all stores this thread made to
     * persistent objects before it began, and its locks have been released. If it
     * is nested, its stores are now part of the enclosing transaction.
     * <p>
     * An outermost transaction that has only read returns from this method when all that was committed
     * before is durable: what it has read from committed transactions can be acted upon. What is read outside of transactions may
     * still be lost by a crash; {@link PersistentHeap#force() PersistentHeap.force} waits for it.
     * <p>
     * If this method throws anything but {@link IllegalStateException} or
     * {@link WrongThreadException}, the whole
     * transaction has been rolled back and has ended, including the transactions
     * around this one: committing those throws {@code TxnException}, closing or rolling
     * them back has no effect. (There is one exception: when the {@code unlock} method of a
     * lock throws, the transaction is durable and all other locks were released before
     * the exception is passed on.)
     *
     * @throws VolatileReferenceException if a persistent object would refer
     *         to a volatile object that cannot be made persistent
     * @throws TxnException if the transaction cannot be committed for another
     *         reason, which the message names; or if it was rolled back
     *         because a transaction nested in it could not be committed
     * @throws OutOfMemoryError if the persistent heap has no room for the strings and
     *         boxed values that the transaction stored
     * @throws IllegalStateException if this transaction has ended already, or if a
     *         transaction nested in it is open; nothing has been done then
     * @throws WrongThreadException if another thread began this transaction
     */
    @ForceInline
    public void commit() {
        checkThread();
        ThreadContext context = level.context;
        if (!context.isInnermost(level, number)) {
            if (state() == State.FAILED) {
                throw new TxnException(FAILED_MESSAGE);
            }
            throw misuse(state());
        }
        long seq = context.commitInnermost();
        committed = true;
        context.committed(seq);
    }

    /**
     * Rolls this transaction back: the locations it stored to have the values they
     * had when it began. If it is the outermost one, its locks are released then.
     * Has no effect if the transaction has already been rolled back by a failed
     * commit of one nested in it.
     *
     * @throws IllegalStateException if this transaction has ended already, or if a
     *         transaction nested in it is open; nothing has been done then
     * @throws WrongThreadException if another thread began this transaction
     */
    public void rollback() {
        checkThread();
        if (!level.context.isInnermost(level, number)) {
            if (state() == State.FAILED) {
                return;
            }
            throw misuse(state());
        }
        level.context.rollbackInnermost();
    }

    /**
     * Rolls this transaction back unless it has ended. Transactions which were begun
     * inside it and are still open are rolled back first, and
     * {@code IllegalStateException} is thrown afterwards.
     *
     * @throws IllegalStateException if a transaction nested in this one was open
     * @throws WrongThreadException if this transaction is open and another thread
     *         began it
     */
    @Override
    @ForceInline
    public void close() {
        if (!isOpen()) {
            return;
        }
        checkThread();
        boolean nested = !level.context.isInnermost(level, number);
        level.context.rollbackTo(level, number);
        if (nested) {
            throw new IllegalStateException(
                    "A transaction nested in this one was still open; both were rolled back");
        }
    }

    /**
     * Acquires a lock, waiting for it if necessary, and holds it until the outermost
     * transaction of this thread ends, also when this transaction is
     * nested and is rolled back.
     * <p>
     * A commit releases the locks as soon as the transaction's place among the others
     * is determined, and then waits for it to become durable: since transactions
     * become durable in that order, whoever acquires the lock next
     * can not become durable without it, and its commit waits for it even if it has only read. A rollback releases them
     * after the stores were undone. Locks are released in the reverse of the
     * order in which they were acquired, one {@code unlock} for each call of this method.
     * <p>
     * A virtual thread waits pinned to its carrier, as in all of a transaction. A virtual thread that took the lock by
     * {@code lock.lock()}, outside of transactions, and was unmounted cannot be mounted again to release it when all
     * carriers are waiting in this method: virtual threads should take a lock that is used here only by this method,
     * which keeps its owner mounted.
     *
     * @param lock the lock
     * @throws IllegalStateException if this transaction has ended
     * @throws WrongThreadException if another thread began this transaction
     */
    public void lock(Lock lock) {
        Objects.requireNonNull(lock);
        checkThread();
        if (!isOpen()) {
            throw misuse(state());
        }
        level.context.lock(lock);
    }

    /**
     * Runs an operation in a transaction, which is committed when the operation
     * returns. If the operation throws, the transaction is rolled back and
     * the exception is passed on.
     *
     * @param op the operation
     * @throws VolatileReferenceException if the {@linkplain #commit() commit} throws it
     * @throws TxnException if the commit throws it
     */
    public static void run(Runnable op) {
        Objects.requireNonNull(op);
        try (Txn txn = begin()) {
            op.run();
            txn.commit();
        }
    }

    /**
     * Calls an operation in a transaction, which is committed when the operation
     * returns. If the operation throws, the transaction is rolled back and
     * the exception is passed on.
     *
     * @param <R> the type of the operation's result
     * @param <X> the type of the exception the operation may throw
     * @param op the operation
     * @return the operation's result
     * @throws X if the operation throws it
     * @throws VolatileReferenceException if the {@linkplain #commit() commit} throws it
     * @throws TxnException if the commit throws it
     */
    public static <R, X extends Throwable> R call(ScopedValue.CallableOp<? extends R, X> op)
            throws X {
        Objects.requireNonNull(op);
        try (Txn txn = begin()) {
            R result = op.call();
            txn.commit();
            return result;
        }
    }

    /**
     * {@return whether the current thread has an open transaction}
     */
    public static boolean isActive() {
        return ThreadContext.current().isActive();
    }

    private static final String FAILED_MESSAGE =
            "This transaction was rolled back when a transaction nested in it could not be committed";

    @ForceInline
    private void checkThread() {
        if (Thread.currentThread() != level.context.thread) {
            throw wrongThread(level.context.thread);
        }
    }

    private static WrongThreadException wrongThread(Thread owner) {
        return new WrongThreadException("This transaction belongs to " + owner
                + " and cannot be used by " + Thread.currentThread());
    }

    @ForceInline
    private boolean isOpen() {
        return level.number == number;
    }

    private State state() {
        if (isOpen()) {
            return State.OPEN;
        }
        return committed ? State.COMMITTED : level.failed == number ? State.FAILED : State.ROLLED_BACK;
    }

    private static IllegalStateException misuse(State state) {
        return new IllegalStateException(switch (state) {
            case OPEN -> "A transaction nested in this one is still open; end that one first";
            case COMMITTED -> "This transaction has already been committed";
            case ROLLED_BACK -> "This transaction has already been rolled back";
            case FAILED -> FAILED_MESSAGE;
        });
    }
}
