/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package java.lang.persistent;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Written on the type of an object or array creation expression: the object or
 * array is allocated in the persistent heap.
 *
 * {@snippet lang = java:
 * Account account = new @Persistent Account();
 * int[] counts = new @Persistent int[1000];       // the array is persistent
 * int[] same = new int @Persistent [1000];        // likewise
 * long[][] table = new @Persistent long[10][20];  // the arrays of both dimensions are
 * }
 *
 * <p>
 * The annotation says where an object lies, never what type it has: a method that
 * takes an {@code Account} takes persistent and volatile accounts alike, and the
 * annotation has no meaning on any other use of a type, such as the type of a
 * field, a parameter or a cast. It applies to this one expression: objects which the
 * constructor creates are persistent only if their creation expressions
 * are annotated too. To have all objects of a computation in the persistent heap,
 * for example those of a collection class of the platform, use
 * {@link PersistentHeap#allocate PersistentHeap.allocate}.
 * <p>
 * A new persistent object survives once it can be reached from a
 * {@linkplain PersistentHeap#setRoot root} through committed stores.
 * <p>
 * The creation expression throws {@link UnsupportedOperationException} if the class
 * {@linkplain java.lang.persistent##refused cannot have persistent instances}, and
 * {@link OutOfMemoryError} with the message "Persistent heap space" if the
 * persistent heap is full.
 * <p>
 * In a virtual machine started without the option {@code -XX:PersistentHeap} the
 * annotation has no effect.
 *
 * @since 25
 * @jls 4.11 Where Types Are Used
 * @jls 15.9 Class Instance Creation Expressions
 * @jls 15.10 Array Creation and Access Expressions
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE_USE)
public @interface Persistent {
}
