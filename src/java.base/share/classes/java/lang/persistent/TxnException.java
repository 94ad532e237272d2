/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package java.lang.persistent;

/**
 * Thrown when a transaction cannot be committed. The whole transaction, with all
 * transactions nested in it and around it, has then been rolled back, its
 * {@linkplain Txn#lock locks} have been released, and it has ended.
 * <p>
 * Also thrown by a store of a reference outside of transactions, which is a transaction
 * of its own and has no effect then, and by {@link Txn#begin()}.
 *
 * @see Txn#commit()
 * @since 25
 */
public class TxnException extends RuntimeException {
    @java.io.Serial
    private static final long serialVersionUID = 4312908150284371609L;

    /**
     * Constructs a {@code TxnException} with the given detail message.
     *
     * @param message the detail message, can be {@code null}
     */
    public TxnException(String message) {
        super(message);
    }

    /**
     * Constructs a {@code TxnException} with the given detail message and cause.
     *
     * @param message the detail message, can be {@code null}
     * @param cause   the cause, can be {@code null}
     */
    public TxnException(String message, Throwable cause) {
        super(message, cause);
    }
}
