/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.real;

import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Real NAME MILLIS [SOURCES]: ordinary programs that know nothing of persistence; prints nanoseconds
 * per pass: processor time of the main thread, so that what else runs on the machine counts less. The first half of the time is warm-up;
 * the result is the mean of the best third of the passes of the second half.
 */
public final class Real {
    interface Pass {
        long run() throws Exception;
    }

    static volatile long sink;

    public static void main(String[] args) throws Exception {
        Pass pass = switch (args[0]) {
            case "sort" -> Real::sort;
            case "objects" -> Real::objects;
            case "streams" -> Real::streams;
            case "json" -> json();
            case "maps" -> Real::maps;
            case "strings" -> Real::strings;
            case "matrix" -> Real::matrix;
            case "lists" -> Real::lists;
            case "javac" -> javac(Path.of(args[2]));
            default -> throw new IllegalArgumentException(args[0]);
        };
        long nanos = Long.parseLong(args[1]) * 1_000_000;
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        List<Long> times = new ArrayList<>();
        long before = threads.getCurrentThreadCpuTime();
        long spent = 0;
        do {
            sink += pass.run();
            long now = threads.getCurrentThreadCpuTime();
            spent += now - before;
            if (spent > nanos / 2) {
                times.add(now - before);
            }
            before = now;
        } while (spent < nanos || times.size() < 2);
        System.out.printf(java.util.Locale.ROOT, "RESULT %.3f%n",
                times.stream().sorted().limit((times.size() + 2) / 3).mapToLong(Long::longValue).average().orElseThrow());
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    // ---- Sorting: primitives, references, a parallel-free comparator chain ----

    private static long sort() {
        bench.Random random = new bench.Random();
        int[] ints = new int[200_000];
        String[] strings = new String[40_000];
        for (int i = 0; i < ints.length; i++) {
            ints[i] = random.next(Integer.MAX_VALUE);
        }
        for (int i = 0; i < strings.length; i++) {
            strings[i] = Integer.toString(ints[i], 36);
        }
        Arrays.sort(ints);
        Arrays.sort(strings);
        return ints[0] + strings[7].hashCode();
    }

    // ---- Object graphs: a red-black tree of boxed values, many reference stores ----

    private static long objects() {
        bench.Random random = new bench.Random();
        TreeMap<Integer, Integer> tree = new TreeMap<>();
        for (int i = 0; i < 60_000; i++) {
            tree.merge(random.next(1 << 20), 1, Integer::sum);
            if (tree.size() > 30_000) {
                tree.pollFirstEntry();
            }
        }
        return tree.size();
    }

    private static long streams() {
        Map<Integer, Long> counted = IntStream.range(0, 100_000).boxed().map(i -> i * 31 % 1009)
                .filter(i -> i % 3 != 0).collect(Collectors.groupingBy(i -> i % 100, Collectors.counting()));
        List<String> names = IntStream.range(0, 30_000).mapToObj(i -> "name" + i % 5000).distinct().sorted()
                .collect(Collectors.toList());
        return counted.size() + names.size() + IntStream.range(0, 300_000).mapToLong(i -> i * (long) i).sum();
    }

    private static long maps() {
        Map<String, AtomicLong> map = new HashMap<>();
        for (int i = 0; i < 120_000; i++) {
            map.computeIfAbsent("k" + (i * 7919L % 20_011), k -> new AtomicLong()).addAndGet(i);
        }
        long sum = 0;
        for (Map.Entry<String, AtomicLong> e : map.entrySet()) {
            sum += e.getValue().get();
        }
        return sum;
    }

    private static long strings() {
        StringBuilder b = new StringBuilder();
        for (int i = 0; i < 60_000; i++) {
            b.append(i).append(':').append(Integer.toHexString(i)).append(i % 10 == 0 ? '\n' : ' ');
        }
        long sum = 0;
        for (String line : b.toString().split("\n")) {
            for (String word : line.split(" ")) {
                sum += word.substring(word.indexOf(':') + 1).hashCode();
            }
        }
        return sum;
    }

    /** Vector loops over primitive arrays. */
    private static long matrix() {
        int n = 192;
        double[] a = new double[n * n], b = new double[n * n], c = new double[n * n];
        for (int i = 0; i < n * n; i++) {
            a[i] = i % 17;
            b[i] = i % 13;
        }
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < n; k++) {
                double x = a[i * n + k];
                for (int j = 0; j < n; j++) {
                    c[i * n + j] += x * b[k * n + j];
                }
            }
        }
        return (long) c[n + 1];
    }

    /** Old objects that get references to young ones. */
    private static final Object[][] OLD = new Object[2000][50];

    private static long lists() {
        long sum = 0;
        for (int i = 0; i < 400_000; i++) {
            Object[] row = OLD[i * 31 % OLD.length];
            row[i % 50] = new int[] {i};
            sum += row.length;
        }
        List<Integer> list = new ArrayList<>();
        for (int i = 0; i < 200_000; i++) {
            list.add(i);
        }
        return sum + list.size();
    }

    // ---- A JSON parser ----

    private static Pass json() {
        StringBuilder b = new StringBuilder("[");
        for (int i = 0; i < 4000; i++) {
            b.append(i == 0 ? "" : ",").append("{\"id\":").append(i).append(",\"name\":\"user ").append(i)
                    .append("\\n\",\"tags\":[\"a\",\"b\",\"c").append(i % 7).append("\"],\"score\":").append(i * 0.25)
                    .append(",\"active\":").append(i % 2 == 0).append(",\"parent\":null}");
        }
        String text = b.append(']').toString();
        return () -> ((List<?>) new Parser(text).value()).size();
    }

    private static final class Parser {
        private final String text;
        private int at;

        Parser(String text) {
            this.text = text;
        }

        private char peek() {
            while (Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            return text.charAt(at);
        }

        private boolean take(char c) {
            if (peek() == c) {
                at++;
                return true;
            }
            return false;
        }

        Object value() {
            char c = peek();
            switch (c) {
                case '{': {
                    at++;
                    Map<String, Object> map = new HashMap<>();
                    if (!take('}')) {
                        do {
                            peek();
                            String key = string();
                            take(':');
                            map.put(key, value());
                        } while (take(','));
                        take('}');
                    }
                    return map;
                }
                case '[': {
                    at++;
                    List<Object> list = new ArrayList<>();
                    if (!take(']')) {
                        do {
                            list.add(value());
                        } while (take(','));
                        take(']');
                    }
                    return list;
                }
                case '"':
                    return string();
                case 't':
                    at += 4;
                    return Boolean.TRUE;
                case 'f':
                    at += 5;
                    return Boolean.FALSE;
                case 'n':
                    at += 4;
                    return null;
                default: {
                    int start = at;
                    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
                        at++;
                    }
                    return Double.valueOf(text.substring(start, at));
                }
            }
        }

        private String string() {
            StringBuilder b = new StringBuilder();
            for (at++; text.charAt(at) != '"'; at++) {
                char c = text.charAt(at);
                if (c == '\\') {
                    c = switch (text.charAt(++at)) {
                        case 'n' -> '\n';
                        case 't' -> '\t';
                        default -> text.charAt(at);
                    };
                }
                b.append(c);
            }
            at++;
            return b.toString();
        }
    }

    // ---- javac on a part of java.base ----

    /** Compiles copies: beside the originals javac would take everything they refer to from source, too. */
    private static Pass javac(Path javaBase) throws Exception {
        Path root = Files.createTempDirectory("bench-javac");
        List<Path> files = new ArrayList<>();
        for (String p : List.of("java/text")) {
            Files.createDirectories(root.resolve(p));
            try (var list = Files.list(javaBase.resolve(p))) {
                for (Path f : list.filter(f -> f.toString().endsWith(".java") && !f.endsWith("package-info.java")).sorted().toList()) {
                    files.add(Files.copy(f, root.resolve(p).resolve(f.getFileName())));
                }
            }
        }
        Path out = Files.createDirectory(root.resolve("out"));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        return () -> {
            DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
            try (StandardJavaFileManager manager = compiler.getStandardFileManager(diagnostics, null, null)) {
                boolean ok = compiler.getTask(new StringWriter(), manager, diagnostics,
                        List.of("-proc:none", "-nowarn", "-d", out.toString(), "--patch-module", "java.base=" + root),
                        null, manager.getJavaFileObjectsFromPaths(files)).call();
                if (!ok) {
                    throw new IllegalStateException("javac: " + diagnostics.getDiagnostics().getFirst());
                }
            }
            return files.size();
        };
    }
}
