/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package sun.tools.jheap;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;

/** jheap: inspects, verifies, copies and repairs persistent heaps that no JVM has open. */
public final class Main {
    private static final int OK = 0;
    private static final int PROBLEMS = 1;
    private static final int USAGE = 2;

    private static final String HELP = """
            Usage: jheap <command> [<options>] <heap> [<argument>]

            Inspects, verifies, copies and repairs the persistent heap in the directory <heap>,
            that of -XX:PersistentHeap, while no JVM has it open. What a JVM that was killed has
            left in the log counts, and the files are not changed.

            Commands:
              info <heap>            show sizes, log, tables, and whether the heap is whole
              verify <heap>          check superblock, log, tables, and every reachable object and
                                     reference; show what is wrong, and where
              histogram <heap>       count the reachable objects and their bytes by class
              roots <heap>           show the names of the roots, and what they refer to
              backup <heap> <dir>    write a copy, with the log applied, to the new directory <dir>,
                                     and verify it
              dump <heap> <file>     write the reachable objects to a new heap dump (HPROF)
              repair <heap> <dir>    write what is reachable and consistent to a new heap in <dir>;
                                     show what is lost

            Options:
              -cp <path>, --class-path <path>
                                     the program's classes: then the types of references to them
                                     are checked, too (verify, repair)
              -?, -h, --help         show this help
              --version              show the version

            Exit code: 0 if all is well, 1 if something is wrong with the heap or the command could
            not do its work, 2 if the command line is wrong.
            """;

    private final PrintWriter out;
    private final PrintWriter err;

    private Main(PrintWriter out, PrintWriter err) {
        this.out = out;
        this.err = err;
    }

    public static void main(String[] args) {
        PrintWriter out = writer(System.out);
        PrintWriter err = writer(System.err);
        int code = new Main(out, err).run(args);
        out.flush();
        err.flush();
        System.exit(code);
    }

    private static PrintWriter writer(PrintStream s) {
        return new PrintWriter(s, false, s.charset());
    }

    /** For java.util.spi.ToolProvider. */
    public static final class Provider implements ToolProvider {
        /** Used by ServiceLoader. */
        public Provider() {}

        @Override
        public String name() {
            return "jheap";
        }

        @Override
        public int run(PrintWriter out, PrintWriter err, String... args) {
            return new Main(out, err).run(args);
        }
    }

    private int usage(String format, Object... args) {
        err.printf(java.util.Locale.ROOT, "jheap: " + format + "%n", args);
        err.println("Try 'jheap --help'.");
        return USAGE;
    }

    private int run(String[] args) {
        List<String> rest = new ArrayList<>();
        String classPath = null;
        boolean options = true;
        for (int i = 0; i < args.length; i++) {
            String a = args[i];
            if (!options || !a.startsWith("-")) {
                rest.add(a);
            } else if (a.equals("--")) {
                options = false;
            } else if (a.equals("-h") || a.equals("-?") || a.equals("--help")) {
                out.print(HELP);
                return OK;
            } else if (a.equals("--version") || a.equals("-version")) {
                out.println("jheap " + Runtime.version());
                return OK;
            } else if (a.equals("-cp") || a.equals("--class-path")) {
                if (++i == args.length) return usage("%s needs a path", a);
                classPath = args[i];
            } else if (a.startsWith("--class-path=")) {
                classPath = a.substring("--class-path=".length());
            } else {
                return usage("unknown option %s", a);
            }
        }
        if (rest.isEmpty()) return usage("name a command: info, verify, histogram, roots, backup, dump or repair");
        String command = rest.get(0);
        String second = switch (command) {
            case "info", "verify", "histogram", "roots" -> null;
            case "backup", "repair" -> "a new directory";
            case "dump" -> "a new file";
            default -> "";
        };
        if (second != null && second.isEmpty()) return usage("unknown command %s", command);
        if (rest.size() < 2) return usage("%s needs the directory of a heap", command);
        if (second != null && rest.size() < 3) return usage("%s needs %s", command, second);
        if (rest.size() > (second == null ? 2 : 3)) return usage("%s: what is %s?", command, rest.get(second == null ? 2 : 3));
        try {
            Path to = second == null ? null : Path.of(rest.get(2));
            boolean salvage = command.equals("repair");
            try (TypeOracle types = new TypeOracle(classPath);
                 HeapFile heap = new HeapFile(Path.of(rest.get(1)), classPath, salvage)) {
                return switch (command) {
                    case "info"      -> info(heap);
                    case "verify"    -> verify(heap, types);
                    case "histogram" -> histogram(heap, types);
                    case "roots"     -> roots(heap, types);
                    case "backup"    -> backup(heap, types, to);
                    case "dump"      -> dump(heap, types, to);
                    default          -> repair(heap, types, to);
                };
            }
        } catch (HeapException e) {
            err.println("jheap: " + e.getMessage());
        } catch (InvalidPathException e) {
            err.println("jheap: " + e.getInput() + " is no path");
        } catch (FileAlreadyExistsException e) {
            err.println("jheap: " + e.getFile() + " exists; name a new one");
        } catch (AccessDeniedException e) {
            err.println("jheap: " + e.getFile() + " cannot be written: permission denied");
        } catch (IOException e) {
            err.println("jheap: " + (e.getMessage() == null ? e.toString() : e.getMessage()));
        } catch (InternalError e) {
            // A page of a mapped file that cannot be read.
            err.println("jheap: a file of " + rest.get(1) + " cannot be read or was cut while it was read: " + e.getMessage());
        } catch (RuntimeException e) {
            err.println("jheap: heap " + rest.get(1) + " is damaged in a way that jheap does not know (" + e + " at " +
                        e.getStackTrace()[0] + "); please report it");
        } catch (OutOfMemoryError e) {
            err.println("jheap: not enough memory for heap " + rest.get(1) + ": give more with -J-Xmx");
        }
        return PROBLEMS;
    }

    private static String bytes(long n) {
        return n >= 10L << 20 ? (n >> 20) + " MB" : n >= 10 << 10 ? (n >> 10) + " KB" : n + " bytes";
    }

    private int info(HeapFile heap) {
        Superblock sb = heap.superblock;
        out.printf(java.util.Locale.ROOT, "Persistent heap %s%n", heap.dir);
        if (!heap.superblockLost) {
            out.printf(java.util.Locale.ROOT, "  format        : version %d, uuid %s%n", Superblock.VERSION, sb.uuidText());
            out.printf(java.util.Locale.ROOT, "  created       : %s%n", Instant.ofEpochMilli(sb.createdMillis()));
        }
        out.printf(java.util.Locale.ROOT, "  data          : %s%n", bytes(heap.image.size()));
        out.printf(java.util.Locale.ROOT, "  objects       : %s in lines in use, file has room for %s", bytes(heap.linesTaken() * Superblock.LINE_SIZE),
                   bytes(heap.objectsEnd - Superblock.OBJECTS));
        out.printf(java.util.Locale.ROOT, heap.superblockLost ? "%n" : ", created for up to %s%n", bytes(sb.maxObjectArea()));
        out.printf(java.util.Locale.ROOT, "  class table   : %d classes, %d symbols, %s of %s%n", heap.table.classes.size(), heap.table.symbols.size(),
                   bytes(heap.table.end), bytes(Superblock.CLASS_TABLE_SIZE));
        RedoLog.Checkpoint c = heap.log.checkpoint;
        if (c != null) {
            out.printf(java.util.Locale.ROOT, "  log           : %s; checkpoint %d, epoch %d, applied up to sequence number %d%n", bytes(heap.logSize),
                       c.generation(), Integer.toUnsignedLong(c.epoch()), c.seq());
            out.printf(java.util.Locale.ROOT, "                  %d records to be applied, up to sequence number %d%s%n", heap.log.records, heap.log.lastSeq,
                       heap.log.torn ? "; then an unfinished one" : "");
        }
        out.printf(java.util.Locale.ROOT, "  root directory: %s%n", heap.root() == 0 ? "none" : String.format(java.util.Locale.ROOT, "address %#x", heap.root() << Superblock.REFERENCE_SHIFT));
        return report(heap.problems);
    }

    private int report(Problems problems) {
        for (String line : problems.lines()) out.println(line);
        return problems.isEmpty() ? OK : PROBLEMS;
    }

    private int verify(HeapFile heap, TypeOracle types) {
        Tracer t = new Tracer(heap, types, heap.problems, false);
        t.run(heap.root());
        report(heap.problems);
        out.printf(java.util.Locale.ROOT, "%s: %d objects and %d references verified, %d log records; %s%n", heap.dir, t.seen.count(), t.references,
                   heap.log.records, heap.problems.isEmpty() ? "no problems" :
                   heap.problems.count() == 1 ? "1 problem" : heap.problems.count() + " problems");
        return heap.problems.isEmpty() ? OK : PROBLEMS;
    }

    /** Of a heap that is whole: else throws. */
    private static ObjectMap objects(HeapFile heap, TypeOracle types) {
        heap.requireWhole();
        Tracer t = new Tracer(heap, types, heap.problems, false);
        t.run(heap.root());
        heap.requireWhole();
        return t.seen;
    }

    private int histogram(HeapFile heap, TypeOracle types) {
        Histogram.print(heap, objects(heap, types), out);
        return OK;
    }

    private int roots(HeapFile heap, TypeOracle types) {
        objects(heap, types);
        for (Roots.Root r : Roots.of(heap)) {
            if (r.at() == 0) {
                out.printf(java.util.Locale.ROOT, "%s: %s%n", r.name(), r.what());
            } else {
                out.printf(java.util.Locale.ROOT, "%s: %s at %#x%n", r.name(), r.what(), HeapFile.addressOf(r.at()));
            }
        }
        return OK;
    }

    private int backup(HeapFile heap, TypeOracle types, Path to) throws IOException {
        ObjectMap objects = objects(heap, types);
        Backup.write(heap, to);
        long copied = verifyCopy(heap, types, to);
        if (copied != objects.count()) throw new HeapException("%s: the copy has %d objects instead of %d", to, copied, objects.count());
        out.printf(java.util.Locale.ROOT, "%s: copied to %s, up to sequence number %d, and verified: %d objects%n", heap.dir, to, heap.log.lastSeq, copied);
        return OK;
    }

    private static long verifyCopy(HeapFile heap, TypeOracle types, Path to) {
        try (HeapFile copy = new HeapFile(to, heap.classPath, false)) {
            Tracer t = new Tracer(copy, types, copy.problems, false);
            t.run(copy.root());
            if (!copy.problems.isEmpty()) throw new HeapException("the copy is not good: %s", copy.problems.first());
            return t.seen.count();
        }
    }

    private int dump(HeapFile heap, TypeOracle types, Path to) throws IOException {
        ObjectMap objects = objects(heap, types);
        long truncated = Hprof.write(heap, objects, to);
        out.printf(java.util.Locale.ROOT, "%s: %d objects dumped to %s (%s)%n", heap.dir, objects.count(), to, bytes(Files.size(to)));
        if (truncated > 0) out.printf(java.util.Locale.ROOT, "%d arrays were too long for the format and are cut%n", truncated);
        return OK;
    }

    private int repair(HeapFile heap, TypeOracle types, Path to) throws IOException {
        Repair repair = new Repair(heap, types);
        repair.write(to);
        long copied = verifyCopy(heap, types, to);
        report(heap.problems);
        report(repair.problems());
        long n = heap.problems.count() + repair.problems().count();
        out.printf(java.util.Locale.ROOT, "%s: %d objects salvaged to %s; %s%n", heap.dir, copied, to,
                   n == 0 ? "nothing was wrong" : "lost is what the lines above name, and what only that referred to");
        try (HeapFile copy = new HeapFile(to, heap.classPath, false)) {
            List<String> names = new ArrayList<>();
            for (Roots.Root r : Roots.of(copy)) names.add(r.name() + ": " + r.what());
            out.printf(java.util.Locale.ROOT, "roots: %s%n", String.join("; ", names));
        }
        return n == 0 ? OK : PROBLEMS;
    }
}
