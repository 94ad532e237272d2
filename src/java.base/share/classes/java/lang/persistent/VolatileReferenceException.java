/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package java.lang.persistent;

/**
 * Thrown when a persistent object would come to refer to a volatile one that cannot
 * stand in the persistent heap: by the {@linkplain Txn#commit() commit} of a
 * transaction, and outside of transactions by the store itself, which has no effect
 * then. The detail message names the class of the persistent object, the field or
 * array index, and the class of the volatile object.
 * <p>
 * {@linkplain java.lang.persistent##references The package description} says
 * which references a persistent object may hold.
 *
 * @since 25
 */
public class VolatileReferenceException extends TxnException {
    @java.io.Serial
    private static final long serialVersionUID = -3180956372140091823L;

    /**
     * Constructs a {@code VolatileReferenceException} with the given detail message.
     *
     * @param message the detail message, can be {@code null}
     */
    public VolatileReferenceException(String message) {
        super(message);
    }
}
