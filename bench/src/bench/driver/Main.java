/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.driver;

import static bench.driver.Launch.java;
import static bench.driver.Launch.jmh;
import static bench.driver.Launch.peer;

import bench.driver.Comparison.Measurement;
import bench.driver.Comparison.Side;
import bench.driver.Comparison.Target;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Runs the sections one after another and writes the report. */
public final class Main {
    private static final String JDK = Config.JDK, MEMORY = Config.MEMORY, DISK = Config.DISK;
    private static final int PEER_MILLIS = Config.FULL ? 2000 : 400;
    private static Report report;

    private static Target[] none() {
        return new Target[0];
    }

    private static Target[] faster(double... bounds) {
        Target[] t = new Target[bounds.length];
        for (int i = 0; i < t.length; i++) {
            t[i] = new Target(i + 1, true, bounds[i]);
        }
        return t;
    }

    private static Target[] most(double... bounds) {
        Target[] t = new Target[bounds.length];
        for (int i = 0; i < t.length; i++) {
            t[i] = new Target(i + 1, false, bounds[i]);
        }
        return t;
    }

    private static Measurement micro(String benchmark, String... params) {
        return jmh(JDK, "bench.micro." + benchmark, MEMORY, params);
    }

    private static Measurement pmem(String work) {
        return peer(MEMORY, "micro", "%d/pool", work, Integer.toString(PEER_MILLIS));
    }

    private static Measurement per(int operations, Measurement m) {
        return () -> m.measure() / operations;
    }

    public static void main(String[] args) throws Exception {
        Instant start = Instant.now();
        try {
            report = new Report(head());
        } catch (IOException e) {
            System.err.println("bench: " + e.getMessage());
            System.exit(1);
        }
        if (Config.wants("volatile")) { besideV(); }
        if (Config.wants("pmemobj")) { besidePmemobj(); }
        if (Config.wants("disk")) { besidePmemobjOnDisk(); }
        if (Config.wants("durable")) { durable(); }
        if (Config.wants("process")) { survivesProcess(); }
        if (Config.wants("programs")) { programs(); }
        if (Config.wants("unused")) { unused(); }
        if (Config.FULL && Config.wants("upstream") || Config.ONLY.contains("upstream")) { upstream(); }
        if (Config.wants("opening")) { opening(); }
        if (Config.wants("growth")) { growth(); }
        report.add(new Report.Section("end", "Run", "Took " + Duration.between(start, Instant.now()).toSeconds() + " s.", load(), List.of(),
                List.of()));
        System.out.println("report: " + Config.OUT + "/report.md");
    }

    private static void section(String id, String title, String text, int rounds, List<Comparison> comparisons,
                                List<String> extra) throws IOException {
        System.out.println(title);
        String load = load();
        comparisons.forEach(c -> c.run(rounds));
        report.add(new Report.Section(id, title, text, load, comparisons, extra));
    }

    // ---- The sections ----

    private static void besideV() throws IOException {
        List<Comparison> all = new ArrayList<>();
        for (String what : List.of("fields", "chase", "array")) {
            all.add(new Comparison("read, " + what, false, most(1.02),
                    new Side("P", micro("Reads." + what, "side", "P")), new Side("V", micro("Reads." + what, "side", "V"))));
        }
        for (String what : List.of("first", "repeated")) {
            all.add(new Comparison("store in a transaction, " + what, false, most(what.equals("first") ? 6 : 3),
                    new Side("P", micro("Stores." + what, "side", "P")), new Side("V", micro("Stores." + what, "side", "V")),
                    new Side("V, VM without the flag", jmh(JDK, "bench.micro.Stores." + what, null, "side", "V"))));
        }
        all.add(new Comparison("new of 64 bytes", false, most(2),
                new Side("P", micro("Allocation.inP")), new Side("V", micro("Allocation.inV"))));
        section("volatile", "Persistent beside volatile objects", """
                The same code on objects of P and of V (JMH, a fork per round). 4,096 objects of 64 bytes, in the caches. Stores: without the
                transaction's begin and commit; first: each of 4,096 locations once; repeated: 16 locations again and again.
                Allocation: objects die at once; collections of P and V are in the time.""", Config.ROUNDS, all, List.of());
    }

    private static void besidePmemobj() throws IOException {
        List<Comparison> all = new ArrayList<>();
        all.add(new Comparison("new of 64 bytes, not committed", true, faster(40, 40),
                new Side("P", micro("Allocation.inP")), new Side("pmemobj, 100 per transaction", pmem("alloc-tx")),
                new Side("pmemobj, reserve and publish 32", pmem("alloc-reserve"))));
        String ordinary = "V, no transaction";
        int[] fields = {1, 8, 64}, lines = {2, 4, 25};
        double[] bounds = {4, 10, 25};
        for (int i = 0; i < fields.length; i++) {
            String n = Integer.toString(fields[i]);
            Comparison c = new Comparison("transaction of " + n + " random fields", true,
                    new Target[] {new Target(1, true, bounds[i]), new Target(2, false, 2)},
                    new Side("P", micro("Transactions.update", "fields", n)), new Side("pmemobj", pmem("update" + n)),
                    new Side("floor: " + lines[i] + " lines streamed, a fence",
                            peer(MEMORY, "floor", "%d/ring", Integer.toString(lines[i]), "200")),
                    new Side("in C by hand: the stores, what was there before, the record",
                            peer(MEMORY, "floor", "%d/ring", Integer.toString(lines[i]), "200", n)),
                    new Side(ordinary, micro("Transactions.ordinary", "fields", n)));
            all.add(c);
        }
        all.add(new Comparison("empty transaction", true, none(), new Side("P", micro("Transactions.empty")),
                new Side("pmemobj", pmem("empty"))));
        all.add(new Comparison("allocate 64 bytes and link, 1 per transaction", true, faster(4),
                new Side("P", micro("Structures.link", "batch", "1")), new Side("pmemobj", pmem("link1")),
                new Side(ordinary, micro("OrdinaryStructures.link", "batch", "1"))));
        all.add(new Comparison("the same, 100 per transaction, each", true, faster(10),
                new Side("P", per(100, micro("Structures.link", "batch", "100"))), new Side("pmemobj", pmem("link100")),
                new Side(ordinary, per(100, micro("OrdinaryStructures.link", "batch", "100")))));
        all.add(new Comparison("list insert", true, faster(8), new Side("P", micro("Structures.list")),
                new Side("pmemobj", pmem("list")), new Side(ordinary, micro("OrdinaryStructures.list"))));
        all.add(new Comparison("hash map insert", true, faster(8), new Side("P", micro("Structures.insert")),
                new Side("pmemobj", pmem("insert")), new Side(ordinary, micro("OrdinaryStructures.insert"))));
        all.add(new Comparison("hash map get", true, faster(2), new Side("P", micro("Structures.get")),
                new Side("pmemobj", pmem("get"))));
        all.add(new Comparison("store outside a transaction", true, none(), new Side("P", micro("Transactions.store")),
                new Side("pmemobj, store and pmemobj_persist", pmem("store"))));
        section("pmemobj", "Beside libpmemobj on tmpfs", """
                Both on tmpfs, libpmemobj with PMEM_IS_PMEM_FORCE=1; C (gcc -O2) against Java (JMH). Same object and value sizes, same structures
                (bench/peers/micro.c, bench/src/bench/micro). Promise on both sides: when an operation returns, it survives the process, whole. A
                store outside a transaction is weaker here: in order and never torn, durable with the next commit or within 100 ms; theirs is
                durable at once. What P drops is freed by its collector, in the measured time; libpmemobj's is freed outside of it. The floor is
                what streaming the record's cache lines (48 bytes and 24 per field) and one fence cost in C; by hand: that with the random
                stores and with keeping what was there before, for a rollback, but without conflicts, checksums, or anybody who brings it
                home. What the same accesses cost without any of that is the last side's. Memory is touched before (-XX:+AlwaysPreTouch), as libpmemobj's pool is when it is made.""",
                Config.ROUNDS, all, List.of());
    }

    private static void besidePmemobjOnDisk() throws IOException {
        List<Comparison> all = new ArrayList<>();
        for (String[] w : new String[][] {{"transaction of 1 random field", "Transactions.update", "update1", "fields", "1"},
                {"transaction of 8 random fields", "Transactions.update", "update8", "fields", "8"},
                {"transaction of 64 random fields", "Transactions.update", "update64", "fields", "64"},
                {"allocate 64 bytes and link, 1 per transaction", "Structures.link", "link1", "batch", "1"},
                {"list insert", "Structures.list", "list"}, {"hash map insert", "Structures.insert", "insert"}}) {
            all.add(new Comparison(w[0], true, none(),
                    new Side("P", jmh(JDK, "bench.micro." + w[1], DISK, java.util.Arrays.copyOfRange(w, 3, w.length))),
                    new Side("pmemobj", peer(DISK, "micro", "%d/pool", w[2], Integer.toString(2 * PEER_MILLIS)))));
        }
        section("disk", "Beside libpmemobj on a disk", """
                Both on the file system of the build directory, one thread. Promise on both sides: when a transaction returns it survives the
                loss of power (as far as the disk keeps what it acknowledged): fdatasync of the log here, msync there.""", Config.FULL ? 5 : 2, all, List.of());
    }

    private static final List<String> OPENS = List.of("--enable-native-access=ALL-UNNAMED", "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED", "--add-opens=java.base/java.io=ALL-UNNAMED",
            "--add-opens=java.base/java.util=ALL-UNNAMED", "--add-opens=java.base/java.nio=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED", "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
            "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED", "--add-exports=jdk.unsupported/sun.misc=ALL-UNNAMED",
            "--add-opens=jdk.compiler/com.sun.tools.javac=ALL-UNNAMED",
            "--add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
            "-Dchronicle.analytics.disable=true");

    private static final String DURABLE_MILLIS = Config.FULL ? "5000" : "1200";

    private static Side store(String name, String parent, int threads) {
        boolean ours = name.equals("everheap");
        return new Side(ours ? "P" : name, java(ours || Config.STOCK.isEmpty() ? JDK : Config.STOCK, parent,
                ours ? List.of("-XX:PersistentHeap=%d/heap") : OPENS, "bench.durable.Durable", name, "%d", Integer.toString(threads),
                DURABLE_MILLIS));
    }

    private static void durable() throws IOException {
        List<Comparison> all = new ArrayList<>();
        for (int threads : new int[] {1, 8, 64}) {
            all.add(new Comparison("update, " + threads + (threads == 1 ? " thread" : " threads"), true, faster(2, 2, 2), store("everheap", DISK, threads),
                    store("h2", DISK, threads), store("rocksdb", DISK, threads), store("mapdb", DISK, threads),
                    new Side("a record, in C", peer(DISK, "group", "%d/ring", Integer.toString(threads), DURABLE_MILLIS))));
        }
        List<String> extra = new ArrayList<>();
        section("durable", "Durable updates on a disk, beside Java stores", """
                100,000 values of 64 bytes with keys of 8; threads update random ones; nanoseconds are elapsed time by all updates of all threads.
                Promise of all: an update survives the loss of power when it returns. Everheap: a transaction per update, under one of 1,024 locks. H2
                MVStore: put, commit, sync. RocksDB: setSync(true). MapDB: transactionEnable(), commit. H2 and MapDB have no group commit of their own:
                bench.durable.Group gives them one. The peers run on the stock JDK. Not here, since they never force what they write (strace: no fsync, fdatasync or msync):
                EclipseStore and Chronicle Map; see the next section. Target: twice the best peer at each number of threads. The last side is what
                blocking threads, one write and one fdatasync for a group of records cost in C (bench/peers/group.c).""",
                Config.FULL ? 5 : 2, all, List.of());
        double one = all.get(0).spread(0)[1], many = all.get(2).spread(0)[1];
        extra.add(String.format(Locale.ROOT, "Throughput with 64 threads: **%.1f×** that of one thread (target ≥ 20×: %s).", one / many,
                one / many >= 20 ? "yes" : "**no**"));
        double plain = all.get(0).spread(4)[1] / all.get(2).spread(4)[1];
        if (!Double.isNaN(plain)) {
            extra.add(String.format(Locale.ROOT, "That of the program in C: %.1f×.", plain));
        }
        report.add(new Report.Section("durable-threads", "Group commit", "From the rows above.", load(), List.of(), extra));
    }

    private static void survivesProcess() throws IOException {
        List<Comparison> all = new ArrayList<>();
        for (int threads : new int[] {1, 8, 64}) {
            all.add(new Comparison("update, " + threads + (threads == 1 ? " thread" : " threads"), true, none(), store("everheap", MEMORY, threads),
                    store("chronicle", MEMORY, threads), store("eclipsestore", MEMORY, threads)));
        }
        section("process", "Updates that survive the process, beside Java stores", """
                As before, on tmpfs, with the weaker promise that these peers make: an update survives the end of the process, not the loss of
                power. Here an update is a transaction (atomic with others if the program wants), there a put into a mapped file (Chronicle Map: a crash in it leaves its lock) or a
                write to a file channel (EclipseStore).""", Config.FULL ? 5 : 2, all, List.of());
    }

    private static Comparison program(String what, double bound, String name, int size, int count, String... peers) {
        String s = Integer.toString(size), n = Integer.toString(count);
        List<Side> sides = new ArrayList<>();
        sides.add(new Side("P", java(JDK, MEMORY, List.of("-XX:PersistentHeap=%d/heap", "-XX:+IgnoreUnrecognizedVMOptions", "-XX:PersistentHeapSize=2g",
                "-XX:PersistentHeapInitialSize=512m"), "bench.programs.Programs", name, s, n)));
        for (String p : peers) {
            sides.add(new Side("pmemobj" + (p.contains("every") ? ", adds every store" : ""), peer(MEMORY, "programs", "%d/pool", p, s, n)));
        }
        return new Comparison(what, true, faster(bound), sides.toArray(Side[]::new));
    }

    private static void programs() throws IOException {
        List<Comparison> all = new ArrayList<>();
        all.add(program("binary tree, depth 4, per node", 1, "tree", 4, 5000, "tree"));
        all.add(program("binary tree, depth 10, per node", 1, "tree", 10, 100, "tree"));
        all.add(program("binary tree, depth 16, per node", 1, "tree", 16, 2, "tree"));
        if (Config.FULL) {
            all.add(program("binary tree, depth 21, per node", 1, "tree", 21, 1, "tree"));
        }
        int[] sizes = Config.FULL ? new int[] {1000, 10_000, 100_000, 1_000_000, 10_000_000} : new int[] {1000, 1_000_000};
        for (int size : sizes) {
            all.add(program("sps, " + size + " elements, one transaction, per swap", 1, "sps-one", size, 100_000, "sps-one"));
            all.add(program("sps, " + size + " elements, a transaction each, per swap", 1, "sps-each", size, 50_000, "sps-each"));
        }
        all.add(program("n-body, a transaction per step", 1, "nbody", 5, 50_000, "nbody"));
        all.add(program("fannkuch of 8, one transaction, per permutation", 1, "fannkuch", 8, 1, "fannkuch", "fannkuch-every"));
        all.add(program("fill-heap, half reachable, per object", 1, "fill", 100, 200_000, "fill"));
        section("programs", "The programs of the go-pmem paper, beside libpmemobj", """
                Both on tmpfs (bench/peers/programs.c, bench/src/bench/programs); the last run of several in one process. fannkuch on libpmemobj in two ways: the arrays are
                added to the transaction once (as one writes it by hand; the stores then cost nothing), and every store adds its location
                (as a compiler would). Which of the targets are 5 is not known here (the paper's figures were not at hand): the target is "ahead".""",
                Config.ROUNDS, all, List.of());
    }

    private static Measurement real(String jdk, boolean flag, String name, String heap) {
        List<String> options = new ArrayList<>(List.of("-Xms512m", "-Xmx" + heap));
        if (flag) {
            options.add("-XX:PersistentHeap=%d/heap");
        }
        if (name.equals("jshell")) {
            return () -> {
                try (Launch.Scratch scratch = new Launch.Scratch(MEMORY)) {
                    List<String> command = new ArrayList<>(List.of("bash", "-c", "TIMEFORMAT='RESULT %U %S'; time \"$@\"", "bash", jdk + "/bin/jshell", "--execution", "local",
                            "-J-Djava.util.prefs.userRoot=" + scratch.path, "-J-XX:+UseG1GC"));
                    options.forEach(o -> command.add("-J" + o.replace("%d", scratch.path.toString())));
                    command.addAll(List.of("-s", Config.ROOT + "/bench/programs.jshell"));
                    String[] seconds = Launch.run(command, null).getLast().split(" ");
                    return 1e9 * (Double.parseDouble(seconds[1]) + Double.parseDouble(seconds[2]));
                }
            };
        }
        return java(jdk, MEMORY, options, "bench.real.Real", name, name.equals("javac") ? "12000" : Config.FULL ? "8000" : "4000", Config.JAVA_BASE);
    }

    private static void geometric(List<Comparison> all, int side, String what, double bound, List<String> lines) {
        double sum = 0;
        double worst = 0;
        int n = 0;
        for (Comparison c : all) {
            double r = c.ratio(side)[1];
            if (!Double.isNaN(r)) {
                sum += Math.log(r);
                worst = Math.max(worst, r);
                n++;
            }
        }
        if (n > 0) {
            double mean = Math.exp(sum / n);
            lines.add(String.format(Locale.ROOT, "%s: geometric mean **%.3f** of %d programs, largest %.3f (target %s: %s).%n", what, mean, n, worst,
                    "≤ " + bound, mean <= bound ? "yes" : "**no**"));
        }
    }

    private static void unused() throws IOException {
        List<String> names = new ArrayList<>(List.of("sort", "objects", "streams", "json", "maps", "strings", "matrix", "lists", "jshell"));
        if (!Config.JAVA_BASE.isEmpty()) {
            names.add("javac");
        }
        List<Comparison> flag = new ArrayList<>(), stock = new ArrayList<>();
        List<String> extra = new ArrayList<>();
        System.out.println("Programs that do not use P");
        String load = load();
        for (String name : names) {
            List<Side> sides = new ArrayList<>(List.of(new Side("flag", real(JDK, true, name, "5g")), new Side("no flag", real(JDK, false, name, "5g"))));
            if (!Config.STOCK.isEmpty()) {
                sides.add(new Side("stock", real(Config.STOCK, false, name, "5g")));
            }
            Comparison c = new Comparison(name, false, none(), sides.toArray(Side[]::new));
            c.run(Config.ROUNDS);
            flag.add(c.of(most(1.08), 0, 1));
            if (!Config.STOCK.isEmpty()) {
                stock.add(c.of(none(), 1, 2));
            }
        }
        geometric(flag, 1, "With the flag, P unused, against without it", 1.02, extra);
        for (String name : List.of("sort", "objects")) {
            Comparison c = new Comparison(name + ", in a small heap", false, none(),
                    new Side("flag", real(JDK, true, name, "512m")), new Side("no flag", real(JDK, false, name, "512m")));
            c.run(Config.ROUNDS);
            flag.add(c);
        }
        report.add(new Report.Section("flag", "With the flag, P unused", """
                Ordinary programs in the same VM with and without -XX:PersistentHeap (nothing in P). Processor time, since other programs use the machine, too. sort to lists and javac: of the
                main thread (without the collector's threads); passes in one process, the mean of the best third of those in the second half of the time; javac compiles java.text. jshell: a
                script, the whole process from start to end. -Xmx5g: without the flag, references of a heap below 4 GB need no shift; with it they do, since P and V
                share one range of addresses. The two lines "in a small heap" (-Xmx512m; not in the mean) show what that costs.""", load, flag, extra));
        if (stock.isEmpty()) {
            report.add(new Report.Section("stock", "Without the flag, beside stock", "No stock JDK of this version was found (set STOCK=DIR): not measured.",
                    load, List.of(), List.of()));
        } else {
            List<String> lines = new ArrayList<>();
            geometric(stock, 1, "Without the flag, against stock", 1.005, lines);
            report.add(new Report.Section("stock", "Without the flag, beside stock", """
                    The same programs without the flag, against a stock JDK of the same version (its own build, by another compiler and with other options: part of a
                    difference can be that).""", load, stock, lines));
        }
    }

    /** Benchmarks of the JDK itself, those of test/micro that bench/run.sh could compile. */
    private static void upstream() throws IOException {
        List<Comparison> all = new ArrayList<>();
        for (String b : System.getProperty("bench.upstream", "").split(" ")) {
            if (!b.isEmpty()) {
                Measurement plain = jmh(JDK, b, null);
                all.add(new Comparison(b.replace("org.openjdk.bench.", ""), false, none(), new Side("flag", jmh(JDK, b, MEMORY)), new Side("no flag", plain),
                        new Side("stock", jmh(Config.STOCK.isEmpty() ? JDK : Config.STOCK, b, null))));
            }
        }
        List<String> extra = new ArrayList<>();
        section("upstream", "OpenJDK's micro benchmarks", """
                Some of test/micro: with the flag (P unused) against the same VM without, and against stock, both with the heap above 4 GB
                (-XX:HeapBaseMinAddress=4g): references need a shift there, as they do with the flag, which makes the loops of some of them take twice as long.""",
                Config.ROUNDS, all, extra);
        geometric(all, 1, "With the flag, against without", 1.02, extra);
        geometric(all.stream().map(c -> c.of(none(), 1, 2)).toList(), 1, "Without the flag, against stock", 1.005, extra);
    }

    private static void opening() throws IOException {
        List<Comparison> all = new ArrayList<>();
        List<String> extra = new ArrayList<>();
        for (int stores : Config.FULL ? new int[] {1000, 10_000, 100_000, 1_000_000, 10_000_000} : new int[] {1000, 10_000, 100_000, 1_000_000}) {
            String n = Integer.toString(stores);
            Measurement ours = () -> {
                try (Launch.Scratch scratch = new Launch.Scratch(MEMORY)) {
                    return killAndOpen(scratch, n, extra);
                }
            };
            Measurement theirs = () -> {
                try (Launch.Scratch scratch = new Launch.Scratch(MEMORY)) {
                    String pool = scratch.path.resolve("pool").toString();
                    try {
                        Launch.run(List.of(Config.PEERS + "/recover", pool, n), MEMORY);
                    } catch (IOException e) {
                        // it kills itself
                        if (!e.getMessage().startsWith("exit code 137")) {
                            throw e;
                        }
                    }
                    return Launch.result(Launch.run(List.of(Config.PEERS + "/recover", pool), MEMORY));
                }
            };
            List<Side> sides = new ArrayList<>(List.of(new Side("P", ours)));
            if (!Config.PEERS.isEmpty()) {
                sides.add(new Side("pmemobj", theirs));
            }
            all.add(new Comparison("opening after " + n + " stores", true, faster(1), sides.toArray(Side[]::new)));
        }
        section("opening", "Opening after a kill", """
                A heap of 64 MB of objects; a process commits one transaction of that many stores and is killed (SIGKILL) as soon as that has
                returned, before or while the applier brings it home. Then the VM's own figure of the time it took to open (recovery, mapping, classes, tracing: "opened in"
                of -Xlog:pheap), without the rest of a VM's start, as libpmemobj's is that of pmemobj_open. libpmemobj: killed inside a transaction of as many stores, which pmemobj_open rolls back. Both on tmpfs; afterwards
                every store is checked to be there (there: to be undone).""", Config.FULL ? 5 : 2, all, extra);
    }

    private static double killAndOpen(Launch.Scratch scratch, String stores, List<String> extra) throws IOException, InterruptedException {
        List<String> base = List.of(JDK + "/bin/java", "-XX:+UseG1GC", "-XX:PersistentHeap=" + scratch.path.resolve("heap"),
                "-Xlog:pheap=info:stdout", "-Xlog:disable", "-Xlog:pheap=info:stdout", "-cp", Config.CLASS_PATH, "bench.programs.Recovery");
        List<String> command = new ArrayList<>(base);
        command.addAll(List.of("fill", stores));
        Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
        boolean ready = false;
        StringBuilder seen = new StringBuilder();
        try (BufferedReader in = p.inputReader()) {
            for (String line; !ready && (line = in.readLine()) != null; ) {
                ready = line.equals("ready");
                seen.append(line).append(' ');
            }
            p.destroyForcibly().waitFor();
        }
        if (!ready) {
            throw new IOException("no transaction: " + seen);
        }
        command = new ArrayList<>(base);
        command.addAll(List.of("check", stores));
        List<String> lines = Launch.run(command, null);
        List<String> again = Launch.run(command, null);     // the log is empty now
        double opened = Double.NaN, started = Double.NaN;
        String replayed = "0";
        for (String line : lines) {
            if (line.contains("opened in ")) {
                opened = nanos(line, "opened in ");
                started = nanos(line, "in between: ");
            } else if (line.contains("records replayed")) {
                replayed = line.replaceAll(".*?([0-9]+) records replayed.*", "$1");
            }
        }
        if (Double.isNaN(opened)) {
            throw new IOException("the VM's log does not say how long opening took");
        }
        double clean = again.stream().filter(l -> l.contains("opened in ")).mapToDouble(l -> nanos(l, "opened in ")).findFirst().orElse(Double.NaN);
        extra.add("- " + stores + " stores: opened in " + Report.time(opened) + " (with the VM's start " + Report.time(started) + "), records replayed: "
                + replayed + "; opened again with nothing to replay in " + Report.time(clean));
        return opened;
    }

    /** The milliseconds that stand behind what. */
    private static double nanos(String line, String what) {
        return Double.parseDouble(line.replaceAll(".*" + what + "([0-9.]+) ms.*", "$1")) * 1e6;
    }

    // ---- Growth: not pairs but rows ----

    private static Measurement growth(boolean flag, int mb, int stores, int threads) {
        List<String> options = flag
                ? List.of("-Xms512m", "-Xmx512m", "-XX:+IgnoreUnrecognizedVMOptions", "-XX:PersistentHeap=%d/heap", "-XX:PersistentHeapSize=" + (mb * 2L + 512) + "m",
                        "-XX:PersistentHeapInitialSize=" + (mb + mb / 8 + 128) + "m")
                : List.of("-Xms" + (mb * 3L / 2 + 512) + "m", "-Xmx" + (mb * 3L / 2 + 512) + "m");
        return java(JDK, MEMORY, options, "bench.programs.Growth", Integer.toString(mb), Integer.toString(stores),
                Integer.toString(threads), Config.FULL ? "3000" : "800");
    }

    private static void growth() throws IOException {
        List<Integer> live = new ArrayList<>();
        List<String> extra = new ArrayList<>();
        long available = Long.parseLong(line("/proc/meminfo", "MemAvailable").replaceAll(" .*", "")) >> 10;
        for (int mb : Config.FULL ? new int[] {10, 100, 1000, 2000, 4000, 8000} : new int[] {10, 100, 1000, 2000}) {
            if (mb * 5L / 2 + 1000 <= available) {      // the file on tmpfs and its pages in use
                live.add(mb);
            } else {
                extra.add("- " + mb + " MB of live data: skipped, " + available + " MB of memory are available here");
            }
        }
        List<Comparison> all = new ArrayList<>();
        int rounds = Config.FULL ? 5 : 2;
        for (int mb : live) {
            all.add(new Comparison("live " + mb + " MB, 10 stores, 1 thread", false, none(), new Side("P", growth(true, mb, 10, 1)),
                    new Side("V, no flag", growth(false, mb, 10, 1))));
        }
        int sizes = all.size();
        for (int stores : new int[] {1, 10, 100, 1000}) {
            all.add(new Comparison("live 100 MB, " + stores + " stores, 1 thread", false, none(), new Side("P", growth(true, 100, stores, 1)),
                    new Side("V, no flag", growth(false, 100, stores, 1))));
        }
        int batches = all.size();
        for (int threads : new int[] {1, 2, 8, 64}) {
            all.add(new Comparison("live 100 MB, 10 stores, " + threads + " threads", false, none(), new Side("P", growth(true, 100, 10, threads)),
                    new Side("V, no flag", growth(false, 100, 10, threads))));
        }
        section("growth", "Growth", """
                Cost per store to random objects of 1 KB (elapsed time by all stores of all threads), on tmpfs, against the same program on V
                without the flag: what caches and page tables cost grows on both sides. Every page of the live data has been stored to before. A
                transaction of one store is mostly begin, commit and the fence: cost per store cannot be flat down to 1.""", rounds, all, List.of());
        flat(all.subList(0, sizes), "live data", extra);
        flat(all.subList(sizes, batches), "stores per transaction", extra);
        flat(all.subList(batches, all.size()), "threads", extra);
        report.add(new Report.Section("growth-flat", "Flatness", "Target: cost per operation flat within ± 15 %.", load(), List.of(), extra));
    }

    private static void flat(List<Comparison> rows, String what, List<String> lines) {
        double low = Double.MAX_VALUE, high = 0;
        for (Comparison c : rows) {
            double v = c.spread(0)[1];
            if (!Double.isNaN(v)) {
                low = Math.min(low, v);
                high = Math.max(high, v);
            }
        }
        if (high > 0) {
            lines.add(String.format(Locale.ROOT, "- over %s: %s to %s per store, ± %.0f %% around their mean (%s)", what, Report.time(low),
                    Report.time(high), 100 * (high - low) / (high + low), (high - low) / (high + low) <= 0.15 ? "yes" : "**no**"));
        }
    }

    // ---- The machine ----

    static String load() {
        try {
            return Files.readString(Path.of("/proc/loadavg")).strip();
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String line(String file, String key) {
        try (var lines = Files.lines(Path.of(file))) {
            return lines.filter(l -> l.startsWith(key)).map(l -> l.substring(l.indexOf(':') + 1).strip()).findFirst().orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String version(String jdk) throws IOException, InterruptedException {
        return jdk.isEmpty() ? "none" : String.join(" ", Launch.run(List.of(jdk + "/bin/java", "-version"), null).subList(1, 3));
    }

    private static String head() throws IOException, InterruptedException {
        String everheap = version(JDK);
        if (everheap.contains("fastdebug") || everheap.contains("slowdebug")) {
            throw new IOException("the VM in " + JDK + " is a debug VM; timing needs the release VM (make/smoke-image.sh)");
        }
        return String.format(Locale.ROOT, """
                # Everheap: measurements

                Ratios count; times drift on shared machines. The sides of a comparison were run in turn, round by round, in the same call, each in a process of its own. "takes
                R×" is our time by the other's, "R× faster" the other's by ours, "R× slower" ours by the other's, the median of the rounds' ratios. Spread: smallest and largest round.

                | | |
                |---|---|
                | date | %s |
                | machine | %s, %d processors, %s, Linux %s |
                | load (1, 5, 15 minutes; running/all) | %s |
                | Everheap | %s |
                | stock | %s |
                | libpmemobj | %s |
                | tmpfs, disk | %s, %s |
                | rounds | %d, %s |
                """, Instant.now(), line("/proc/cpuinfo", "model name"), Runtime.getRuntime().availableProcessors(), line("/proc/meminfo", "MemTotal"),
                System.getProperty("os.version"), load(), everheap, version(Config.STOCK), System.getProperty("bench.pmemobj", "none"),
                type(MEMORY), type(DISK), Config.ROUNDS, Config.FULL ? "FULL" : "short run");
    }

    private static String type(String dir) throws IOException {
        return Files.getFileStore(Path.of(dir)).type();
    }
}
