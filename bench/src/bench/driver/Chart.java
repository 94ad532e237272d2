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

/** A section's ratios as bars on a logarithmic axis, with the rounds' spread and the targets. */
final class Chart {
    private record Bar(String label, double[] ratio, Comparison.Target target, boolean faster) {}

    private static final int LEFT = 400, WIDTH = 460, ROW = 22, TOP = 46;

    private Chart() {}

    static void write(Path file, Report.Section section) throws IOException {
        List<Bar> bars = new ArrayList<>();
        for (Comparison c : section.comparisons()) {
            for (int i = 1; i < c.sides.length; i++) {
                double[] r = c.ratio(i);
                if (!Double.isNaN(r[1])) {
                    Comparison.Target target = null;
                    for (Comparison.Target t : c.targets) {
                        target = (t.side() == i) ? t : target;
                    }
                    bars.add(new Bar(c.what + " / " + c.sides[i].name(), r, target, c.faster));
                }
            }
        }
        if (bars.isEmpty()) {
            return;
        }
        double low = 1, high = 1;
        for (Bar b : bars) {
            low = Math.min(low, b.ratio[0]);
            high = Math.max(high, b.ratio[2]);
            if (b.target != null) {
                low = Math.min(low, b.target.bound());
                high = Math.max(high, b.target.bound());
            }
        }
        double from = Math.log10(low) - 0.02, to = Math.log10(high) + 0.05;
        boolean fine = to - from < 0.8;
        int height = TOP + bars.size() * ROW + 40;
        StringBuilder s = new StringBuilder();
        s.append(String.format(Locale.ROOT, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                + "font-family=\"sans-serif\" font-size=\"12\"><rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>%n", LEFT + WIDTH + 80, height));
        boolean faster = bars.getFirst().faster;
        s.append(String.format("<text x=\"10\" y=\"18\" font-size=\"14\" font-weight=\"bold\">%s</text>%n", escape(section.title())));
        s.append(String.format("<text x=\"10\" y=\"34\" fill=\"#555\">%s; line: smallest to largest round; red: target</text>%n",
                faster ? "times faster than the peer (right is better)" : "time as a multiple of the other's (left is better)"));
        for (double tick : fine ? new double[] {0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 4} : new double[] {0.01, 0.1, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000, 10000}) {
            double x = x(tick, from, to);
            if (x >= LEFT - 1 && x <= LEFT + WIDTH + 1) {
                s.append(String.format(Locale.ROOT, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"%s\"/><text x=\"%.1f\" y=\"%d\" "
                        + "text-anchor=\"middle\" fill=\"#555\">%s</text>%n", x, x, TOP - 4, height - 34, tick == 1 ? "#333" : "#ddd", x,
                        height - 18, Report.shortest(tick)));
            }
        }
        double one = x(1, from, to);
        int y = TOP;
        for (Bar b : bars) {
            double x = x(b.ratio[1], from, to);
            boolean good = b.target == null ? (b.faster ? b.ratio[1] >= 1 : b.ratio[1] <= 1.02)
                    : b.target.met(b.target.faster() == b.faster ? b.ratio[1] : 1 / b.ratio[1]);
            s.append(String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>%n", LEFT - 8, y + 14, escape(b.label)));
            s.append(String.format(Locale.ROOT, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n", Math.min(x, one), y + 3,
                    Math.max(1, Math.abs(x - one)), ROW - 8, good ? "#7fb77e" : "#e0a458"));
            s.append(String.format(Locale.ROOT, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#000\"/>%n",
                    x(b.ratio[0], from, to), x(b.ratio[2], from, to), y + 10, y + 10));
            if (b.target != null) {
                double t = x(b.target.faster() == b.faster ? b.target.bound() : 1 / b.target.bound(), from, to);
                s.append(String.format(Locale.ROOT, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#c00\" stroke-width=\"2\"/>%n",
                        t, t, y + 1, y + ROW - 3));
            }
            s.append(String.format(Locale.ROOT, "<text x=\"%.1f\" y=\"%d\">%s</text>%n",
                    Math.max(Math.max(x, one), x(b.ratio[2], from, to)) + 5, y + 14, Report.ratio(b.ratio[1])));
            y += ROW;
        }
        Files.writeString(file, s.append("</svg>\n"));
    }

    private static double x(double v, double from, double to) {
        return LEFT + (Math.log10(v) - from) / (to - from) * WIDTH;
    }

    private static String escape(String s) {
        return s.replace("&", "&amp;").replace("<", "&lt;");
    }
}
