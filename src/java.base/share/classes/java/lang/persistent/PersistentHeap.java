/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package java.lang.persistent;

import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import jdk.internal.vm.annotation.DontInline;

/**
 * The persistent heap of this virtual machine: its named roots, allocation in it, and
 * its state.
 *
 * <p>
 * A virtual machine started with the option {@code -XX:PersistentHeap=<directory>} has
 * a persistent heap, which that directory holds; all others have none. Objects
 * get into it by {@link Persistent new @Persistent} or {@link #allocate allocate}, and
 * are found again in later runs through <em>roots</em>: names, each of which stands for
 * one object. What can be reached from the roots survives.
 *
 * {@snippet lang = java:
 * class Counter { long value; }
 *
 * Counter counter = PersistentHeap.root("counter", Counter.class,
 *                                       () -> new @Persistent Counter());
 * Txn.run(() -> counter.value++);
 * System.out.println("run number " + counter.value);
 * }
 *
 * <h2 id="roots">Roots</h2>
 * The directory of roots is itself persistent, and changes to it are stores like any others: made
 * in a {@linkplain Txn transaction} they become durable or are rolled back with it,
 * and made outside of one they are a transaction of their own. A thread which changed a
 * root in a transaction holds the directory's lock until its outermost transaction
 * has ended; until then other threads wait in the methods that read or change
 * roots. A name may be any string. Each costs a copy of the string and a few words of the
 * persistent heap, and looking it up is looking up a hash table and comparing
 * strings: roots are meant for the few objects at which a program enters its data,
 * not for the data.
 *
 * <p>
 * The heap is open, and has its roots, when {@code main} is called, and in the static initializers of
 * the classes that have instances in it, which run before that. It is not yet in an agent's {@code premain} method
 * and in the initializers of enums and other classes whose constants and static final values the heap's objects
 * refer to, since these values are needed to open it: there the methods that read or change roots throw
 * {@link IllegalStateException}, and an initializer that does not catch it keeps the virtual machine from starting.
 *
 * <p>
 * All methods may be called by any thread.
 * Unless noted otherwise, passing {@code null} to a method of this class throws
 * {@link NullPointerException}.
 *
 * @see java.lang.persistent
 * @since 25
 */
public final class PersistentHeap {
    /** Held to read the root directory; by a transaction that changed it, to its end. */
    private static final ReentrantLock ROOTS = new ReentrantLock();

    private PersistentHeap() {}

    /**
     * {@return whether this virtual machine has a persistent heap}
     */
    public static boolean isEnabled() {
        return PersistentVM.ENABLED;
    }

    /**
     * Returns whether an object lies in the persistent heap. It need not be
     * reachable from a root, nor be part of a committed transaction yet.
     *
     * @param obj the object, can be {@code null}
     * @return whether {@code obj} lies in the persistent heap; {@code false} if it
     *         is {@code null}
     */
    public static boolean contains(Object obj) {
        return PersistentVM.ENABLED && PersistentVM.contains(obj);
    }

    /**
     * Returns the object of a root.
     *
     * @param <T> the type of the object
     * @param name the name of the root
     * @param type the class of which the object must be an instance
     * @return the object; {@code null} if there is no root of this name, in particular
     *         if there is no persistent heap
     * @throws ClassCastException if the object is not an instance of {@code type}
     */
    public static <T> T root(String name, Class<T> type) {
        Objects.requireNonNull(name);
        Objects.requireNonNull(type);
        if (!PersistentVM.ENABLED) {
            return null;
        }
        ThreadContext context = ThreadContext.current();
        lockRoots(context);
        try {
            RootDirectory directory = directory();
            return cast(name, type, (directory != null) ? directory.get(name) : null);
        } finally {
            ROOTS.unlock();
        }
    }

    /**
     * Returns the object of a root, creating both if there is no root of this name.
     * If there is none, {@code supplier} is called and the root is
     * set to its result, in one transaction that is nested in the
     * current one if the thread has one. Other threads wait meanwhile: all
     * of them get the same object.
     *
     * @param <T> the type of the object
     * @param name the name of the root
     * @param type the class of which the object must be an instance
     * @param supplier supplies the object if there is none
     * @return the object
     * @throws ClassCastException if the object is not an instance of {@code type}
     * @throws NullPointerException if the supplier returns {@code null}
     * @throws VolatileReferenceException if the supplied object, or one that it
     *         refers to, is volatile and cannot be made persistent, and this method
     *         commits the outermost transaction
     * @throws IllegalStateException if there is no persistent heap
     */
    public static <T> T root(String name, Class<T> type, Supplier<? extends T> supplier) {
        Objects.requireNonNull(supplier);
        checkEnabled();
        T present = root(name, type);
        if (present != null) {
            return present;
        }
        try (Txn txn = Txn.begin()) {
            txn.lock(ROOTS);
            T value = root(name, type);
            if (value == null) {
                value = type.cast(Objects.requireNonNull(supplier.get(),
                        "The supplier of a root returned null"));
                directoryForUpdate().put(name, value);
            }
            txn.commit();
            return value;
        }
    }

    /**
     * Sets a root, or removes it: in the current transaction, or else in a
     * transaction of its own, which is durable when this method returns. The object must
     * be able to stand in a {@linkplain java.lang.persistent##references field of a
     * persistent object}; that is checked by the commit.
     *
     * @param name the name of the root
     * @param value the object that the name stands for from now on; {@code null} removes
     *        the root, if there is one of this name
     * @throws VolatileReferenceException if there is no current transaction and
     *         {@code value}, or an object that it refers to, is volatile and cannot be made persistent
     * @throws IllegalStateException if there is no persistent heap
     */
    public static void setRoot(String name, Object value) {
        Objects.requireNonNull(name);
        checkEnabled();
        try (Txn txn = Txn.begin()) {
            txn.lock(ROOTS);
            if (value != null) {
                directoryForUpdate().put(name, value);
            } else {
                RootDirectory directory = directory();
                if (directory != null) {
                    directory.remove(name);
                }
            }
            txn.commit();
        }
    }

    /**
     * {@return the names of the roots, as an immutable set that does not follow later
     * changes; empty if there is no persistent heap}
     */
    public static Set<String> rootNames() {
        if (!PersistentVM.ENABLED) {
            return Set.of();
        }
        ThreadContext context = ThreadContext.current();
        lockRoots(context);
        try {
            RootDirectory directory = directory();
            return (directory != null) ? Set.of(directory.names()) : Set.of();
        } finally {
            ROOTS.unlock();
        }
    }

    /**
     * Calls an operation; the objects and arrays that the current thread creates until
     * it returns, or throws, are persistent. Thus code that knows nothing
     * of persistence can build persistent structures:
     *
     * {@snippet lang = java:
     * Map<String, Account> accounts = PersistentHeap.allocate(() -> new HashMap<>());
     * Txn.run(() -> PersistentHeap.setRoot("accounts", accounts));
     * // ... whoever adds to it does so in allocate, too: put creates objects
     * Txn.run(() -> PersistentHeap.allocate(() -> accounts.put("ann", new Account())));
     * }
     *
     * <p>
     * Instances of {@linkplain java.lang.persistent##refused classes which cannot be
     * persistent}, exceptions the virtual machine throws, and what it creates
     * in order to load and initialize classes are volatile as ever. Temporary objects become
     * garbage in the persistent heap; keep operations short.
     * <p>
     * The effect does not depend on transactions, and calls may nest. Threads started by
     * the operation are not affected. A virtual thread is pinned to its carrier during
     * the call. If there is no persistent heap, the operation is just called.
     *
     * @param <R> the type of the operation's result
     * @param <X> the type of the exception the operation may throw
     * @param op the operation
     * @return the operation's result
     * @throws X if the operation throws it
     * @throws OutOfMemoryError if the persistent heap is full
     */
    // Inlined into its caller, what op created and the compiler could keep off the heap
    // would come into being after op, where allocations are volatile again.
    @DontInline
    public static <R, X extends Throwable> R allocate(ScopedValue.CallableOp<? extends R, X> op)
            throws X {
        Objects.requireNonNull(op);
        if (!PersistentVM.ENABLED) {
            return op.call();
        }
        ThreadContext context = ThreadContext.current();
        context.enterAllocate();
        try {
            return op.call();
        } finally {
            context.exitAllocate();
        }
    }

    /**
     * Makes durable the stores to persistent objects that this thread made outside of
     * transactions before this call, and the stores of other threads which happen-before
     * them. They are when this method returns. Stores of the current
     * transaction are not affected. Has no effect if there is no persistent heap.
     */
    public static void force() {
        if (PersistentVM.ENABLED) {
            PersistentVM.force();
        }
    }

    /**
     * Collects the persistent heap: finds the persistent objects that cannot be reached any more, from the roots,
     * from volatile objects, threads or open transactions, and makes their space free. When this
     * method returns that is done. Without it the virtual machine does the same when the persistent
     * heap fills up. Has no effect if there is no persistent heap.
     *
     * @implNote The ordinary heap is collected at the same time; {@link System#gc()} does the same, and
     * the options for it ({@code -XX:+DisableExplicitGC}, {@code -XX:+ExplicitGCInvokesConcurrent}) apply.
     */
    public static void gc() {
        if (PersistentVM.ENABLED) {
            PersistentVM.gc();
        }
    }

    /**
     * {@return the size in bytes of the space for objects in the persistent heap; 0 if
     * there is no persistent heap}
     */
    public static long capacity() {
        return PersistentVM.ENABLED ? PersistentVM.capacity() : 0;
    }

    /**
     * {@return the number of bytes of the persistent heap that are in use or kept for the
     * next allocations of a thread, at most {@link #capacity()}; 0 if there is no
     * persistent heap}
     */
    public static long used() {
        return PersistentVM.ENABLED ? PersistentVM.used() : 0;
    }

    private static void checkEnabled() {
        if (!PersistentVM.ENABLED) {
            throw new IllegalStateException("This virtual machine has no persistent heap;"
                    + " start it with -XX:PersistentHeap=<directory>");
        }
    }

    private static <T> T cast(String name, Class<T> type, Object value) {
        if (value != null && !type.isInstance(value)) {
            throw new ClassCastException("Root \"" + name + "\" is an instance of "
                    + value.getClass().getName() + ", not of " + type.getName());
        }
        return type.cast(value);
    }

    private static void lockRoots(ThreadContext context) {
        int depth = context.suspendAllocate();
        try {
            ROOTS.lock();
        } finally {
            context.resumeAllocate(depth);
        }
    }

    private static RootDirectory directory() {
        return (RootDirectory) PersistentVM.rootDirectory();
    }

    private static RootDirectory directoryForUpdate() {
        RootDirectory directory = directory();
        if (directory == null) {
            directory = new @Persistent RootDirectory();
            PersistentVM.setRootDirectory(directory);
        }
        return directory;
    }
}
