/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary One heap under many JVM configurations, and what jcmd and a crash report say of it
 * @run main/othervm/timeout=300 RestartTest
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

public class RestartTest {
    enum Color { RED, GREEN { @Override public String toString() { return "g"; } }, BLUE }

    record Point(int x, long y, String name) {}

    static final class Root {
        int runs;
        double[] numbers;
        Object[] mixed;
        Map<Object, Object> map;
        int hash;
    }

    static class Child {
        public static void main(String[] args) throws Exception {
            Root root = PersistentHeap.root("root", Root.class);
            if (root == null) {
                Txn.run(() -> {
                    Root r = new @Persistent Root();
                    r.numbers = new @Persistent double[] {1.5, -0.0, Double.NaN};
                    r.mixed = new @Persistent Object[] {"text", 42, 'c', Color.GREEN, String.class, int.class,
                            new @Persistent Point(3, 4L << 40, "p\u20ac"), null};
                    r.map = PersistentHeap.allocate(() -> new HashMap<>());
                    r.hash = System.identityHashCode(r);
                    PersistentHeap.setRoot("root", r);
                });
                root = PersistentHeap.root("root", Root.class);
            }
            Root r = root;
            check(r.numbers.length == 3 && r.numbers[0] == 1.5 && 1 / r.numbers[1] < 0 && r.numbers[2] != r.numbers[2], "numbers");
            check(r.mixed[0].equals("text") && r.mixed[1].equals(42) && r.mixed[2].equals('c'), "boxes");
            check(r.mixed[3] == Color.GREEN && r.mixed[4] == String.class && r.mixed[5] == int.class && r.mixed[7] == null, "symbols");
            check(r.mixed[6].equals(new Point(3, 4L << 40, "p\u20ac")), "record");
            check(r.hash == System.identityHashCode(r), "identity hash");
            for (int i = 0; i < r.runs; i++) {
                check(r.map.get("run" + i).equals(i), "run " + i);
                check(r.map.get(Color.values()[i % 3]) != null, "enum key");
            }
            Txn.run(() -> PersistentHeap.allocate(() -> {
                r.map.put("run" + r.runs, r.runs);
                r.map.put(Color.values()[r.runs % 3], r.runs);
                r.runs++;
                return null;
            }));
            System.out.println("runs " + r.runs);
            if (args.length > 0) {
                System.in.read();
            }
        }

        static void check(boolean ok, String what) {
            if (!ok) throw new AssertionError(what);
        }
    }

    static final String JAVA_HOME = System.getProperty("java.home");

    static Process start(String... options) throws Exception {
        List<String> line = new ArrayList<>(List.of(JAVA_HOME + "/bin/java", "-XX:PersistentHeap=heap",
                "-XX:+UnlockDiagnosticVMOptions", "-XX:+PersistentHeapAudit", "-XX:+PersistentHeapVerify"));
        List<String> after = new ArrayList<>();
        for (String o : options) {
            (o.startsWith("-") ? line : after).add(o);
        }
        line.addAll(List.of("-cp", System.getProperty("test.class.path", System.getProperty("java.class.path")), Child.class.getName()));
        line.addAll(after);
        return new ProcessBuilder(line).redirectErrorStream(true).start();
    }

    static String run(String... options) throws Exception {
        Process p = start(options);
        p.getOutputStream().close();
        String out = new String(p.getInputStream().readAllBytes());
        if (p.waitFor() != 0) throw new AssertionError(Arrays.toString(options) + ": exit " + p.exitValue() + "\n" + out);
        return out;
    }

    static void has(String what, String text, String... parts) {
        for (String part : parts) {
            if (!text.contains(part)) throw new AssertionError(what + " lacks '" + part + "':\n" + text);
        }
    }

    public static void main(String[] args) throws Exception {
        String[][] configurations = {
            {"-XX:PersistentHeapSize=64m"}, {"-Xmx64m"}, {"-Xmx4g"}, {"-Xshare:off"}, {"-Xshare:auto", "-Xint"},
            {"-XX:+PersistentHeapForceSwizzle"}, {"-XX:+PersistentHeapForceSwizzle", "-Xshare:off", "-Xmx2g"},
            {"-XX:G1HeapRegionSize=32m", "-Xmx512m"}, {"-XX:TieredStopAtLevel=1"}, {"-XX:-TieredCompilation"},
            {"-XX:PersistentHeapMedia=file"}, {"-XX:PersistentHeapMedia=memory"}, {"-XX:+UseObjectMonitorTable"},
            {"-XX:PersistentHeapSize=96m"}, {}
        };
        int runs = 0;
        for (String[] c : configurations) {
            has(Arrays.toString(c), run(c), "runs " + ++runs + System.lineSeparator(), " 0 differences");
        }

        // jcmd
        Process p = start("wait");
        while (p.inputReader().read() != '\n') {}
        Process jcmd = new ProcessBuilder(JAVA_HOME + "/bin/jcmd", "" + p.pid(), "PersistentHeap.info").redirectErrorStream(true).start();
        String info = new String(jcmd.getInputStream().readAllBytes());
        has("PersistentHeap.info", info, "heap", "media", "objects", "class table", "log", "transactions");
        jcmd = new ProcessBuilder(JAVA_HOME + "/bin/jcmd", "" + p.pid(), "PersistentHeap.audit").redirectErrorStream(true).start();
        has("PersistentHeap.audit", new String(jcmd.getInputStream().readAllBytes()), " 0 differences");

        // A crash report
        p.toHandle();
        new ProcessBuilder("kill", "-SEGV", "" + p.pid()).start().waitFor();
        p.inputReader().transferTo(java.io.Writer.nullWriter());
        p.waitFor();
        Path report = Path.of("hs_err_pid" + p.pid() + ".log");
        has("hs_err", Files.readString(report), "Persistent heap: heap (");
        has("after the crash", run(), "runs " + (runs + 2));
    }
}
