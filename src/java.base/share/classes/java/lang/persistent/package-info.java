/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/**
 * Java objects that outlive the process: they are still there, with their last durable
 * values, when the virtual machine exits, is killed, or the machine loses power.
 *
 * <p>
 * A virtual machine started with
 * {@snippet :
 *   java -XX:PersistentHeap=/mnt/pmem/heap -XX:PersistentHeapSize=4g App
 * }
 * has, beside its ordinary, <em>volatile</em> heap, a <em>persistent</em> one, which the
 * named directory holds. It is created if it is missing, and is used by
 * one virtual machine at a time. Persistent objects are created by
 * {@link java.lang.persistent.Persistent new @Persistent}, changed by plain stores in
 * {@linkplain java.lang.persistent.Txn transactions}, and found again
 * through named {@linkplain java.lang.persistent.PersistentHeap roots}:
 *
 * {@snippet lang = java:
 * import java.lang.persistent.*;
 *
 * final class Account { long balance; String owner; Account next; }
 *
 * Account first = PersistentHeap.root("accounts", Account.class);   // null on the first run
 * if (first == null) {
 *     Txn.run(() -> PersistentHeap.setRoot("accounts", new @Persistent Account()));
 * }
 *
 * try (Txn txn = Txn.begin()) {
 *     from.balance -= 10;
 *     to.balance   += 10;
 *     txn.commit();           // durable and atomic when this returns
 * }
 * }
 *
 * A class needs no preparation, and its type does not tell where an object lies: the same class
 * can have instances in both heaps, and the same methods work on them.
 *
 * <h2 id="stores">Stores</h2>
 * <ul>
 * <li>Inside a transaction, all stores of its thread to fields and array elements of
 *     persistent objects are committed together or not at all.
 * <li>Outside of a transaction, each store is a transaction of its own. It becomes
 *     durable, without being waited for: at the latest with this thread's next commit, by
 *     {@link java.lang.persistent.PersistentHeap#force() PersistentHeap.force}, when
 *     the thread (unless it is a virtual one) or the virtual machine exits, or after
 *     {@code -XX:PersistentHeapFlushMillis} milliseconds. It is never torn,
 *     and a thread's stores become durable in program order. A store of a reference that
 *     cannot be made durable with all that it makes reachable has no effect and throws what
 *     {@link java.lang.persistent.Txn#commit() Txn.commit} would.
 * <li>Transactions are isolated by the program's locks, which must be held until the
 *     outermost transaction has ended:
 *     {@link java.lang.persistent.Txn#lock Txn.lock} does that. A {@code synchronized}
 *     statement inside a transaction releases its lock too early.
 * </ul>
 *
 * <h2 id="references">References</h2>
 * On the media a persistent object never refers to a volatile one. A field or array
 * element of a persistent object may be given
 * <ul>
 * <li>{@code null} or a reference to a persistent object;
 * <li>a {@code String} or boxed primitive value: if it is volatile, it is copied into
 *     the persistent heap by the commit, and the reference is replaced. The copy is equal to the original,
 *     but {@code ==} does not hold between them. A string that is stored in
 *     several places by one transaction is copied once;
 * <li>a {@code Class} object, an enum constant, or the value of a static final field:
 *     of the object's own class, of a class which has persistent instances, or
 *     of a superclass or enclosing class of these. They stand for themselves in every
 *     run, as does for example the object that {@link java.util.HashSet} maps all
 *     its elements to;
 * <li>any other volatile object if the field is declared {@code transient}: it is
 *     {@code null} after a restart. (References to persistent
 *     objects and to the ones named above survive in transient fields, too.)
 *     The transient fields of JDK classes are an exception, since many of them hold what the
 *     object consists of, such as the table of a {@link java.util.HashMap}: they may be given
 *     only its views: volatile objects that refer back to the object, or stand in a field of type
 *     {@link java.util.Set} or {@link java.util.Collection}.
 *     A map or collection is therefore changed in
 *     {@link java.lang.persistent.PersistentHeap#allocate PersistentHeap.allocate}.
 * </ul>
 * Any other reference makes the commit, or outside of a transaction the store itself, throw
 * {@link java.lang.persistent.VolatileReferenceException}.
 *
 * <h2 id="refused">Classes without persistent instances</h2>
 * Instances of some classes mean nothing in another process and are refused:
 * {@code Class}, {@link ClassLoader}, {@link Module}, {@link Thread}, {@link ThreadGroup}, {@link Throwable} and its subclasses,
 * {@link java.lang.ref.Reference} and its subclasses, classes with finalizers, method handles and var handles, the classes of
 * {@link java.lang.reflect} that stand for members, hidden
 * classes (thus the objects of lambda expressions), direct buffers, synchronizers such as
 * {@link java.util.concurrent.Semaphore} and
 * {@link java.util.concurrent.CountDownLatch}, and classes of class loaders that can be
 * unloaded. For them {@code new @Persistent} throws
 * {@link UnsupportedOperationException}, and
 * {@link java.lang.persistent.PersistentHeap#allocate PersistentHeap.allocate} creates
 * volatile instances. Locks of {@link java.util.concurrent.locks}
 * in persistent objects are unlocked after a restart.
 *
 * <h2 id="absent">Without a persistent heap</h2>
 * Code that uses this package also works in a virtual machine that was started without a
 * persistent heap: {@code new @Persistent} creates ordinary objects, transactions keep
 * their structure and do nothing else, and there are no roots; only
 * setting one throws {@link IllegalStateException}.
 *
 * @since 25
 */
package java.lang.persistent;
