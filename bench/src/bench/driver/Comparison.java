/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.driver;

import java.util.Arrays;

/** What is compared: sides that do the same work, measured in turn, round by round. */
final class Comparison {
    /** One way to do the work. */
    interface Measurement {
        /** Returns nanoseconds per operation. */
        double measure() throws Exception;
    }

    record Side(String name, Measurement measurement) {}

    /** A target for the ratio to one of the other sides. */
    record Target(int side, boolean faster, double bound) {
        boolean met(double ratio) {
            return faster ? ratio >= bound : ratio <= bound;
        }

        @Override
        public String toString() {
            return String.format(java.util.Locale.ROOT, faster ? "≥ %s× faster" : "≤ %s×", Report.shortest(bound));
        }
    }

    final String what;
    final Side[] sides;                 // ours first
    final boolean faster;               // ratio = other / ours, more is better; or else ours / other
    final Target[] targets;
    final double[][] values;            // by side, round; NaN if it failed
    final String[] failures;
    String note = "";

    Comparison(String what, boolean faster, Target[] targets, Side... sides) {
        this.what = what;
        this.faster = faster;
        this.targets = targets;
        this.sides = sides;
        this.values = new double[sides.length][];
        this.failures = new String[sides.length];
        Arrays.setAll(values, i -> new double[0]);
    }

    void run(int rounds) {
        for (int r = 0; r < rounds; r++) {
            StringBuilder line = new StringBuilder("  " + what + ", round " + (r + 1) + ":");
            for (int s = 0; s < sides.length; s++) {
                double v = Double.NaN;
                if (failures[s] == null) {
                    try {
                        v = sides[s].measurement.measure();
                    } catch (Exception e) {
                        failures[s] = String.valueOf(e.getMessage()).lines().findFirst().orElse(e.toString());
                    }
                }
                values[s] = Arrays.copyOf(values[s], r + 1);
                values[s][r] = v;
                line.append("  ").append(sides[s].name).append(' ')
                        .append(failures[s] == null ? Report.time(v) : "failed: " + failures[s]);
            }
            System.out.println(line);
        }
    }

    /** The same measurements, of other sides of them. */
    Comparison of(Target[] targets, int... chosen) {
        Side[] some = new Side[chosen.length];
        Arrays.setAll(some, i -> sides[chosen[i]]);
        Comparison c = new Comparison(what, faster, targets, some);
        for (int i = 0; i < chosen.length; i++) {
            c.values[i] = values[chosen[i]];
            c.failures[i] = failures[chosen[i]];
        }
        return c;
    }

    /** Min, median and max of the rounds' values of a side. */
    double[] spread(int side) {
        return spread(values[side]);
    }

    /** Min, median and max of the rounds' ratios to another side. */
    double[] ratio(int other) {
        double[] ratios = new double[values[0].length];
        for (int r = 0; r < ratios.length; r++) {
            ratios[r] = faster ? values[other][r] / values[0][r] : values[0][r] / values[other][r];
        }
        return spread(ratios);
    }

    private static double[] spread(double[] values) {
        double[] sorted = Arrays.stream(values).filter(v -> !Double.isNaN(v)).sorted().toArray();
        if (sorted.length == 0) {
            return new double[] {Double.NaN, Double.NaN, Double.NaN};
        }
        int n = sorted.length;
        double median = (n % 2 == 1) ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
        return new double[] {sorted[0], median, sorted[n - 1]};
    }
}
