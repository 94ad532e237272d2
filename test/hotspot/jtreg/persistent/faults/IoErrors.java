/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary Errors of the heap's files: what was acknowledged stays, the VM stops with a sentence that names file and
 *          cause, and the next one opens the heap; short writes and interrupted calls are no errors
 * @run main/othervm/native/timeout=300 IoErrors
 */

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.management.ObjectName;

public class IoErrors {
    static class Program {
        /** Arguments: the faults to arm when all is well; how many of them to survive. */
        public static void main(String[] args) throws Exception {
            Faults.open();
            if (args.length == 0) {
                return;
            }
            Faults.work(64, 10);
            Faults.arm(args[0]);
            long survive = Long.parseLong(args[1]);
            // Without end, unless they are survived.
            Faults.work(64, cell -> Faults.fired() < survive);
            Faults.arm("");
            Faults.work(64, 10);
            Faults.print("survived");
        }
    }

    static class BackupProgram {
        /** Arguments: the faults to arm; where to. */
        public static void main(String[] args) throws Exception {
            Faults.open();
            Faults.work(2, 10);
            Faults.arm(args[0]);
            try {
                ManagementFactory.getPlatformMBeanServer().invoke(new ObjectName("com.sun.management:type=DiagnosticCommand"), "persistentheapBackup",
                        new Object[] {new String[] {args[1]}}, new String[] {String[].class.getName()});
                Faults.print("copied");
            } catch (RuntimeException e) {
                Faults.print("thrown " + e.getCause());         // the command's
            }
            Faults.expect(Faults.fired() > 0, "no fault");
        }
    }

    public static void main(String[] args) throws Exception {
        creating();
        working();
        opening();
        backups();
    }

    /** Before the heap is there: a sentence; then there is none, or a whole one. */
    static void creating() throws Exception {
        String[][] cases = {
            {"create data 1 EACCES", "data cannot be opened: Permission denied"},
            {"create log 1 EROFS", "log cannot be opened: Read-only file system"},
            {"create lock 1 EROFS", "the directory cannot be written: Read-only file system"},
            {"ftruncate data 1 EIO", "cannot be written: I/O error"},
            {"statvfs data 1 ENOSPC", "data needs ", " bytes but only 0 are free on its disk"},
            {"fallocate data 1 ENOSPC", "data cannot be given ", " bytes: No space left on device"},
            {"fallocate log 1 EDQUOT", "log cannot be given ", " bytes: Disk quota exceeded"},
            {"pwrite log 1 EIO", "log cannot be written: I/O error"},
            {"pwrite log 1 short", "log cannot be written: No space left on device"},
            {"fsync log 1 EIO", "log cannot be written: I/O error"},
            {"fsync data 1 EIO", "cannot be written: I/O error"},
            {"fsync heap-new 1 EIO", "cannot be written: fsync of the directory: I/O error"},
            {"pwrite data 1 ENOSPC", "data cannot be written: No space left on device"},
            {"fsync data 2 EIO", "data cannot be written: I/O error"},
        };
        Faults.Heap heap = new Faults.Heap("heap-new", Program.class, "-XX:PersistentHeapMedia=file", "-XX:PersistentHeapSize=32m",
                "-XX:PersistentHeapLogSize=1m");
        for (String[] c : cases) {
            Faults.Run run = heap.run(c[0]).exits(1).has("Error: ", heap.directory.toString());
            for (int i = 1; i < c.length; i++) {
                run.has(c[i]);
            }
        }
        // What a failed attempt left is no heap, or one that serves.
        heap.run("fallocate data 1 EINTR; fsync log 1 EINTR; ftruncate log 1 EINTR; pwrite data 1 EINTR; pwrite log 1 EINTR").exits(0).has("open ");
        heap.check();
        // A superblock of zeros with a log that cannot be read is no new heap.
        byte[] page = new byte[4096];
        Path data = heap.directory.resolve("data");
        try (var file = new java.io.RandomAccessFile(data.toFile(), "rw")) {
            byte[] superblock = new byte[page.length];
            file.readFully(superblock);
            file.seek(0);
            file.write(page);
            heap.run("pread log 1+ EIO").exits(1).has("Error: ", "superblock");
            file.seek(0);
            file.write(superblock);
        }
        heap.run("pread data 1 EIO").exits(1).has("data cannot be read: I/O error");
        heap.check();
    }

    static Faults.Heap heap;

    static void working() throws Exception {
        heap = new Faults.Heap("heap-io", Program.class, "-XX:PersistentHeapMedia=file", "-XX:PersistentHeapSize=32m",
                "-XX:PersistentHeapLogSize=1m", "-XX:PersistentHeapFlushMillis=1");
        String sentence = "persistent heap " + heap.directory + ": ";
        String[][] fatal = {
            {"pwrite log 1 EIO", "writing log failed: I/O error"},
            {"pwrite log 6 ENOSPC", "writing log failed: No space left on device"},
            {"pwrite log 3 short; pwrite log 4 EIO", "writing log failed: I/O error"},
            {"fdatasync log 2 EIO", "fdatasync of log failed: I/O error"},
            {"pwrite data 1 EIO", "writing data failed: I/O error"},
            {"pwrite data 30 ENOSPC", "writing data failed: No space left on device"},
            {"pwrite data 1+ EROFS; pwrite log 1+ EROFS", " failed: Read-only file system"},
            {"fdatasync data 1 EIO", "fdatasync of data failed: I/O error"},
        };
        for (String[] c : fatal) {
            heap.run(null, c[0], "1000000").stopped(sentence, c[1], "what was acknowledged is safe");
        }
        heap.run(null, "pwrite log 1+ short; pwrite data 1+ short", "500").exits(0).has("survived", " 0 differences");
        heap.run(null, "fdatasync log 1 EINTR; fdatasync data 1 EINTR; pwrite log 1 EINTR; pwrite data 1 EINTR", "4").exits(0).has("survived", " 0 differences");
        heap.check();
    }

    /** While the log is replayed. */
    static void opening() throws Exception {
        String sentence = "persistent heap " + heap.directory + ": ";
        String[][] cases = {
            {"pwrite data 1 EIO", "writing data failed: I/O error"},
            {"fdatasync data 1 EIO", "fdatasync of data failed: I/O error"},
            {"pwrite log 1 ENOSPC", "writing log failed: No space left on device"},
            {"fdatasync log 1 EIO", "fdatasync of log failed: I/O error"},
        };
        // So that there is something to replay.
        heap.run(null, "fdatasync data 1 EIO", "1000000").stopped(sentence);
        for (String[] c : cases) {
            heap.run(c[0]).stopped(sentence, c[1]);
        }
        heap.check();
        expectNoFiles("overflow-");
    }

    /** The names of a copy and its files are durable, where the file system has such a thing. */
    static void backups() throws Exception {
        Path parent = Files.createDirectory(Path.of("backups").toAbsolutePath());
        Faults.Heap from = new Faults.Heap("heap-from", BackupProgram.class, "-XX:PersistentHeapSize=32m", "-XX:PersistentHeapLogSize=1m");
        for (String name : new String[] {"backups", "copy"}) {
            from.run(null, "fsync " + name + " 1 EIO", parent.resolve("copy").toString()).exits(0).has("thrown ", "fsync of the directory: I/O error");
        }
        from.run(null, "fsync backups 1 EINVAL; fsync copy 1 EINVAL", parent.resolve("copy").toString()).exits(0).has("copied");
        new Faults.Heap("backups/copy", Program.class).check();
    }

    static void expectNoFiles(String start) throws Exception {
        try (var files = Files.list(heap.directory)) {
            files.forEach(f -> Faults.expect(!f.getFileName().toString().startsWith(start), f + " is left"));
        }
    }
}
