/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary A full disk while the file grows or a record gets a file of its own: an exception that names the cause, nothing
 *          of it is stored, and the program goes on
 * @run main/othervm/native/timeout=300 DiskFull
 */

import java.io.IOException;
import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.persistent.TxnException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

public class DiskFull {
    /** More than a quarter of the log: such a record goes to a file. */
    static final int LARGE = 100_000;

    static class Program {
        static Faults.Root root;

        public static void main(String[] args) throws Exception {
            root = Faults.open();
            if (root.values != null) {
                checkValues();
                Faults.print("values " + root.values[0]);
            }
            switch (args[0]) {
                case "grow" -> grow();
                case "records" -> records(args[1]);
                case "copy" -> {            // outside a transaction
                    Faults.arm("pwrite overflow 1+ ENOSPC");
                    System.arraycopy(filled(99), 0, root.values, 0, LARGE);
                }
                case "apply" -> {
                    fill(77);
                    awaitApplied(args[1]);
                    Faults.arm("open overflow 1+ EMFILE");
                    fill(78);
                    awaitApplied(args[1]);
                    Faults.expect(Faults.fired() == 0, "a descriptor for what was acknowledged");
                    Faults.arm("pwrite data 1 EIO");
                    fill(79);
                    Thread.sleep(Long.MAX_VALUE);
                }
                default -> {}
            }
        }

        // ---- The file grows ----

        static final List<Object> held = new ArrayList<>();

        static void allocate(int number) {
            for (int i = 0; i < number; i++) {
                held.add(new @Persistent long[100_000]);
            }
        }

        static void grow() throws Exception {
            Faults.arm("fallocate data 1 EINTR");
            allocate(50);                       // from 32 MB to 64
            Faults.expect(Faults.fired() == 1, "the file has not grown");
            Faults.print("grown");
            // Of what the file has already nothing is allocated again: without such a call of the file system that is a write.
            Faults.arm("refill data 1+ EIO");
            allocate(60);                       // to 128 or more
            Faults.expect(Faults.fired() == 0, "allocated again");
            for (String faults : new String[] {"fallocate data 1+ ENOSPC", "statvfs data 1+ ENOSPC", "fallocate data 1+ EDQUOT"}) {
                Faults.arm(faults);
                try {
                    allocate(1000);
                    throw new AssertionError("the disk is never full");
                } catch (OutOfMemoryError e) {
                    Faults.print("thrown " + e.getMessage());
                }
                Faults.expect(Faults.fired() > 0, "the file has not grown");
                // What needs no room, or little, goes on.
                root.plain++;
                Txn.run(() -> root.plain++);
                held.subList(0, 5).clear();
                Faults.work(2, 20);
                for (Object o : held) {
                    Faults.expect(((long[]) o)[99_999] == 0, "array");
                }
            }
            long before = PersistentHeap.used();
            Faults.arm("");
            allocate(100);
            Faults.expect(PersistentHeap.used() > before, "no room after mending");
            Faults.work(2, 20);
            Faults.print("grown again");
        }

        // ---- Records of their own ----

        static int[] filled(int value) {
            int[] a = new int[LARGE];
            Arrays.fill(a, value);
            return a;
        }

        static int[] persistentFilled(int value) {
            int[] a = new @Persistent int[LARGE];
            System.arraycopy(filled(value), 0, a, 0, LARGE);
            return a;
        }

        static void checkValues() {
            for (int v : root.values) {
                Faults.expect(v == root.values[0], "values differ");
            }
        }

        static void fill(int value) {
            int[] values = filled(value);
            Txn.run(() -> System.arraycopy(values, 0, root.values, 0, LARGE));
        }

        static void awaitApplied(String directory) throws Exception {
            while (hasOverflow(Path.of(directory))) {
                Thread.sleep(10);
            }
        }

        static void fails(String what, Runnable action) throws IOException {
            int before = root.values[0];
            try {
                action.run();
                throw new AssertionError(what + " did not fail");
            } catch (TxnException e) {
                Faults.print("thrown " + what + ": " + e.getMessage());
            }
            Faults.expect(Faults.fired() > 0, what + ": no fault");
            checkValues();
            Faults.expect(root.values[0] == before && root.any == null && PersistentHeap.root("large", int[].class) == null,
                    what + ": stored in memory");
        }

        static void records(String directory) throws Exception {
            root.values = persistentFilled(1);
            int value = 1;
            for (String faults : new String[] {"pwrite overflow 1+ ENOSPC", "pwrite overflow 1 short; pwrite overflow 2 ENOSPC", "pwrite overflow 1 EIO",
                    "fdatasync overflow 1 EIO", "create overflow 1 EMFILE", "create overflow 1 EROFS", "fsync " + directory + " 1 EIO"}) {
                int next = ++value;
                Faults.arm(faults);
                fails(faults + " in a transaction", () -> fill(next));
                Faults.arm(faults);
                fails(faults + " by a store", () -> root.any = persistentFilled(next));
                Faults.arm(faults);
                fails(faults + " by setRoot", () -> PersistentHeap.setRoot("large", persistentFilled(next)));
                Faults.arm(faults);
                fails(faults + " in a nested transaction", () -> Txn.run(() -> {
                    root.plain++;
                    Txn.run(() -> fill(next));
                }));
                // The disk is still full, but the log has room.
                Faults.work(2, 3);
                Faults.arm("");
                fill(next);
            }
            Faults.arm("pwrite overflow 1+ short");
            fill(++value);
            Faults.expect(Faults.fired() > 10, "no short writes");
            Faults.arm("");
            Faults.print("values " + value);
        }
    }

    static Faults.Heap heap(String name, String size, String... more) {
        List<String> options = new ArrayList<>(List.of("-XX:PersistentHeapMedia=file", "-XX:PersistentHeapInitialSize=32m",
                "-XX:PersistentHeapLogSize=1m", "-XX:PersistentHeapSize=" + size));
        options.addAll(List.of(more));
        return new Faults.Heap(name, Program.class, options.toArray(new String[0]));
    }

    public static void main(String[] args) throws Exception {
        Faults.Heap heap = heap("heap-grow", "512m");
        heap.run(null, "grow").exits(0).has("grown\n", "grown again\n", " 0 differences", "The persistent heap cannot grow: ",
                "thrown Persistent heap space: " + heap.directory + "/data cannot be given ", ": No space left on device; ", ": Disk quota exceeded; ",
                "thrown Persistent heap space: " + heap.directory + "/data needs ", " bytes but only 0 are free on its disk");
        heap.check("");

        heap = heap("heap-records", "64m");
        String file = heap.directory + "/overflow-";
        heap.run(null, "records", "heap-records").exits(0).has("values 9\n", " 0 differences", file, ": No space left on device; nothing of it was stored",
                ": I/O error; nothing of it was stored", ": Too many open files; ", ": Read-only file system; ");
        noOverflow(heap);
        heap.check("").has("values 9\n");

        // Nobody expects an exception there: doc/not-yet.md.
        heap.run(null, "copy").stopped("a transaction of ", file, ": No space left on device; nothing of it was stored");
        heap.check("").has("values 9\n");

        // The applier needs no descriptor. What it has not applied the next VM cannot read; then all is well.
        heap.run(null, "apply", heap.directory.toString()).stopped("persistent heap " + heap.directory + ": writing data failed: I/O error");
        heap.run("open overflow 1 EACCES", "").stopped(file, " cannot be read: Permission denied");
        heap.check("").has("values 79\n");
        noOverflow(heap);
    }

    static boolean hasOverflow(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.anyMatch(f -> f.getFileName().toString().startsWith("overflow-"));
        }
    }

    static void noOverflow(Faults.Heap heap) throws IOException {
        Faults.expect(!hasOverflow(heap.directory), "an overflow file is left");
    }
}
