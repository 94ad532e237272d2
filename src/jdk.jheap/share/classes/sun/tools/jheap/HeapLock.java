/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package sun.tools.jheap;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The lock of a heap, shared: no JVM opens the heap meanwhile. A JVM holds it with flock, which Java's
 * file locks know nothing of.
 */
final class HeapLock implements AutoCloseable {
    private static final int O_RDONLY_CLOEXEC = 02000000;
    private static final int LOCK_SH = 1;
    private static final int LOCK_NB = 4;

    private static MethodHandle open;
    private static MethodHandle flock;
    private static MethodHandle close;

    private int fd;

    @SuppressWarnings("restricted")
    private static synchronized void link() {
        if (open != null) return;
        Linker linker = Linker.nativeLinker();
        ValueLayout.OfInt i = ValueLayout.JAVA_INT;
        close = linker.downcallHandle(linker.defaultLookup().findOrThrow("close"), FunctionDescriptor.of(i, i));
        flock = linker.downcallHandle(linker.defaultLookup().findOrThrow("flock"), FunctionDescriptor.of(i, i, i));
        open = linker.downcallHandle(linker.defaultLookup().findOrThrow("open"),
                                     FunctionDescriptor.of(i, ValueLayout.ADDRESS, i), Linker.Option.firstVariadicArg(2));
    }

    HeapLock(Path dir) {
        Path lock = dir.resolve("lock");
        fd = -1;
        if (!Files.exists(lock)) return;        // Never opened, or a copy: nobody holds it.
        link();
        try (Arena arena = Arena.ofConfined()) {
            byte[] path = lock.toString().getBytes(System.getProperty("sun.jnu.encoding", "UTF-8"));
            MemorySegment s = arena.allocate(path.length + 1);
            MemorySegment.copy(path, 0, s, ValueLayout.JAVA_BYTE, 0, path.length);
            fd = (int) open.invokeExact(s, O_RDONLY_CLOEXEC);
            if (fd < 0) throw new HeapException("%s cannot be opened, so it is not known whether the heap is in use", lock);
            if ((int) flock.invokeExact(fd, LOCK_SH | LOCK_NB) != 0) {
                close();
                throw new HeapException("persistent heap %s is in use by process %s; stop that first, or use jcmd %2$s PersistentHeap.backup",
                                        dir, holder(lock));
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new HeapException("%s cannot be locked: %s", lock, e);
        }
    }

    private static String holder(Path lock) {
        try {
            String pid = new String(Files.readAllBytes(lock), StandardCharsets.US_ASCII).trim();
            return pid.matches("[0-9]{1,10}") ? pid : "unknown";
        } catch (IOException e) {
            return "unknown";
        }
    }

    @Override
    public void close() {
        if (fd >= 0) {
            try {
                int ignored = (int) close.invokeExact(fd);
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
            fd = -1;
        }
    }
}
