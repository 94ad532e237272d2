/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.driver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** build/bench/report.md and raw.csv, written again after every section. */
final class Report {
    record Section(String id, String title, String text, String load, List<Comparison> comparisons, List<String> extra) {}

    private final List<Section> sections = new ArrayList<>();
    private final String head;

    Report(String head) {
        this.head = head;
    }

    void add(Section section) throws IOException {
        sections.add(section);
        Chart.write(Path.of(Config.OUT, section.id + ".svg"), section);
        write();
    }

    static String time(double ns) {
        if (Double.isNaN(ns)) {
            return "–";
        }
        if (ns < 1000) {
            return String.format(Locale.ROOT, ns < 10 ? "%.2f ns" : ns < 100 ? "%.1f ns" : "%.0f ns", ns);
        }
        if (ns < 1e6) {
            return String.format(Locale.ROOT, ns < 1e4 ? "%.2f µs" : "%.1f µs", ns / 1e3);
        }
        return String.format(Locale.ROOT, ns < 1e9 ? "%.2f ms" : "%.1f ms", ns / 1e6);
    }

    static String shortest(double v) {
        return v == Math.rint(v) ? Long.toString((long) v) : String.format(Locale.ROOT, "%s", v);
    }

    static String ratio(double v) {
        if (Double.isNaN(v)) {
            return "–";
        }
        return String.format(Locale.ROOT, v < 2 ? "%.3f" : v < 20 ? "%.2f" : "%.0f", v);
    }

    private void write() throws IOException {
        StringBuilder b = new StringBuilder(head);
        StringBuilder csv = new StringBuilder("section,what,side,round,ns\n");
        for (Section s : sections) {
            b.append("\n## ").append(s.title).append("\n\n").append(s.text.strip()).append("\n\nLoad at the beginning: ")
                    .append(s.load).append(".\n\n");
            if (!s.comparisons.isEmpty()) {
                b.append("![").append(s.title).append("](").append(s.id).append(".svg)\n\n");
                table(b, s);
            }
            for (String line : s.extra) {
                b.append(line).append('\n');
            }
            for (Comparison c : s.comparisons) {
                for (int i = 0; i < c.sides.length; i++) {
                    for (int r = 0; r < c.values[i].length; r++) {
                        csv.append(String.format(Locale.ROOT, "%s,\"%s\",\"%s\",%d,%.3f%n", s.id, c.what, c.sides[i].name(), r + 1,
                                c.values[i][r]));
                    }
                }
            }
        }
        Files.writeString(Path.of(Config.OUT, "report.md"), b);
        Files.writeString(Path.of(Config.OUT, "raw.csv"), csv);
    }

    private static void table(StringBuilder b, Section s) {
        b.append("| what | Everheap (min – max) | beside (min – max) | ratio: median (min – max) | target | met |\n|---|---|---|---|---|---|\n");
        for (Comparison c : s.comparisons) {
            for (int i = 1; i < c.sides.length; i++) {
                b.append("| ").append(i == 1 ? c.what : "").append(" | ").append(i == 1 ? spread(c, 0) : "").append(" | ")
                        .append(c.sides[i].name()).append(": ").append(spread(c, i)).append(" | ");
                Comparison.Target target = null;
                for (Comparison.Target t : c.targets) {
                    if (t.side() == i) {
                        target = t;
                    }
                }
                double[] r = c.ratio(i);
                b.append(Double.isNaN(r[1]) ? "–" : describe(r, c.faster, target == null ? c.faster : target.faster()));
                b.append(" | ").append(target == null ? "" : target).append(" | ")
                        .append(target == null || Double.isNaN(r[1]) ? "" : target.met(value(c, i, target)) ? "yes" : "**no**").append(" |\n");
            }
            if (!c.note.isEmpty()) {
                b.append("| | ").append(c.note).append(" | | | | |\n");
            }
        }
        b.append('\n');
    }

    /** A ratio in the words in which its target is given. */
    private static String describe(double[] r, boolean isFaster, boolean wantFaster) {
        double[] v = r;
        String after = "";
        if (isFaster != wantFaster || wantFaster && r[1] < 1) {
            v = new double[] {1 / r[2], 1 / r[1], 1 / r[0]};
            after = wantFaster ? " slower" : "";
        } else if (wantFaster) {
            after = " faster";
        }
        return (wantFaster ? "" : "takes ") + "**" + ratio(v[1]) + "×**" + after + " (" + ratio(v[0]) + " – " + ratio(v[2]) + ")";
    }

    /** The ratio in the direction in which the target counts. */
    private static double value(Comparison c, int side, Comparison.Target target) {
        double r = c.ratio(side)[1];
        return target.faster() == c.faster ? r : 1 / r;
    }

    private static String spread(Comparison c, int side) {
        if (c.failures[side] != null) {
            return "failed: " + c.failures[side];
        }
        double[] v = c.spread(side);
        return time(v[1]) + " (" + time(v[0]) + " – " + time(v[2]) + ")";
    }
}
