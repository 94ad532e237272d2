/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;

/** Runs jheap in this process, and JVMs. */
final class Tools {
    record Result(int exit, String out) {}

    static final String JAVA_HOME = System.getProperty("test.jdk", System.getProperty("java.home"));
    static final String CLASSES = System.getProperty("test.class.path", System.getProperty("java.class.path"));
    static final ToolProvider JHEAP = ToolProvider.findFirst("jheap").orElse(null);

    private Tools() {}

    static Result jheap(Object... args) {
        String[] strings = new String[args.length];
        for (int i = 0; i < args.length; i++) strings[i] = args[i].toString();
        StringWriter text = new StringWriter();
        PrintWriter out = new PrintWriter(text);
        int exit = JHEAP.run(out, out, strings);
        out.flush();
        return new Result(exit, text.toString());
    }

    static Process start(Path heap, Class<?> main, List<String> options, String... args) throws Exception {
        List<String> line = new ArrayList<>(List.of(JAVA_HOME + "/bin/java", "-Xmx128m", "-XX:PersistentHeap=" + heap));
        line.addAll(options);
        line.addAll(List.of("-cp", CLASSES, main.getName()));
        line.addAll(List.of(args));
        return new ProcessBuilder(line).redirectErrorStream(true).start();
    }

    static Result finish(Process p) throws Exception {
        p.getOutputStream().close();
        String out = new String(p.getInputStream().readAllBytes());
        if (!p.waitFor(200, TimeUnit.SECONDS)) {
            p.destroyForcibly();
            throw new AssertionError("the child hangs: " + out);
        }
        return new Result(p.exitValue(), out);
    }

    static void killSelf() throws Exception {
        new ProcessBuilder("kill", "-9", "" + ProcessHandle.current().pid()).start();
    }

    static void check(boolean ok, String format, Object... args) {
        if (!ok) throw new AssertionError(String.format(format, args));
    }

    static void expect(String what, Result r, int exit, String... parts) {
        check(r.exit == exit, "%s: exit %d instead of %d:%n%s", what, r.exit, exit, r.out);
        for (String part : parts) {
            check(r.out.contains(part), "%s lacks '%s':%n%s", what, part, r.out);
        }
    }
}
