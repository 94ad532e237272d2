/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary -XX:+AlwaysPreTouch touches the free memory of the persistent heap when it is opened, and opened again; what it grows by
 *          is touched when it is used
 * @library /test/jdk/java/lang/persistent
 * @build Heap
 * @run main PreTouch
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.nio.file.Files;
import java.nio.file.Path;

public class PreTouch {
    /** What the process has in memory, in MB. */
    static long resident() throws Exception {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
        }
        throw new AssertionError("no VmRSS in /proc/self/status");
    }

    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            PersistentHeap.setRoot("small", new long @Persistent [100]);
            System.out.println("before " + resident() + ".");
            // Needs more than the file has: it grows to at least 512 MB. One element of it is stored to.
            long[] large = new long @Persistent [(int) (280L << 20 >> 3)];
            large[large.length / 2] = 1;
            System.out.println("after " + resident() + ".");
            return;
        }
        Heap plain = new Heap("plain", "-Xms32m", "-Xmx64m", "-XX:PersistentHeapSize=2g", "-XX:PersistentHeapInitialSize=256m");
        long[] first = measured(plain.run(PreTouch.class, "run"));
        Heap touched = new Heap("touched", "-Xms32m", "-Xmx64m", "-XX:PersistentHeapSize=2g", "-XX:PersistentHeapInitialSize=256m", "-XX:+AlwaysPreTouch");
        long[] second = measured(touched.run(PreTouch.class, "run"));
        long[] third = measured(touched.run(PreTouch.class, "run"));
        // Other memory differs a little between runs; the heap's is 256 MB, of which an old one may have a part in use.
        check("without the flag", first[0] < 240, first[0]);
        check("with it", second[0] > first[0] + 200, second[0]);
        check("opened again", third[0] > first[0] + 180, third[0]);
        check("grown", second[1] > second[0] + 200, second[1]);
    }

    static long[] measured(Heap.Result result) {
        long[] values = new long[2];
        values[0] = Long.parseLong(result.output().replaceAll("(?s).*before (\\d+)\\..*", "$1"));
        values[1] = Long.parseLong(result.output().replaceAll("(?s).*after (\\d+)\\..*", "$1"));
        System.out.println(values[0] + " MB, then " + values[1] + " MB");
        return values;
    }

    static void check(String what, boolean ok, long megabytes) {
        if (!ok) throw new AssertionError(what + ": " + megabytes + " MB are resident");
    }
}
