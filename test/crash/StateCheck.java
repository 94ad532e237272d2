/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Goes through a trace, builds the states that power loss can leave, and judges each. */
final class StateCheck {
    /** Another judge of some of the images: a JVM. Returns what is wrong, or null. */
    interface Second {
        String judge(HeapImage image, long recovered, Random random) throws Exception;
    }

    private static final int EXHAUSTIVE = 24;
    private static final int MAX_STRUCTURES = 60;

    private record Appended(long sequence, int start, int length) {}

    private final CrashTrace trace;
    private final boolean lines;
    private final MediaState media;
    private final Random random;
    private final List<Appended> appended = new ArrayList<>();
    /** What the data must be after record `acknowledged`, by what was handed to the log. */
    private final Pages model;
    private long modelSequence;
    private long acknowledged;
    private final Set<Long> structures = new HashSet<>();

    int maxErrors = 5;
    int images;
    int exhaustive;             // points of which all states were made
    int points;
    int seconds;
    final List<String> errors = new ArrayList<>();

    /** lines: pwrite goes to memory, too, that has no sectors. */
    StateCheck(CrashTrace trace, HeapImage initial, boolean lines, Random random) {
        this.lines = lines;
        this.trace = trace;
        this.random = random;
        this.media = new MediaState(initial.copy());
        HeapImage recovered = initial.copy();
        if (recovered.recover() == HeapImage.Outcome.OPENED) {
            model = recovered.data;
            acknowledged = modelSequence = recovered.sequence;
        } else {
            model = new Pages();
        }
    }

    /** The last record, at the end of the trace. */
    long last() {
        return appended.isEmpty() ? modelSequence : appended.getLast().sequence;
    }

    private boolean isPoint(int i) {
        return switch (trace.type(i)) {
            case CrashTrace.APPENDED, CrashTrace.FLUSHED, CrashTrace.SYNC_BEGUN, CrashTrace.OPENED -> false;
            default -> true;
        };
    }

    /** Before these is the most that may be there in part; creation and recovery are few events. */
    private boolean isHeavy(int i) {
        return i < 40 || switch (trace.type(i)) {
            case CrashTrace.FENCED, CrashTrace.SYNC_ENDED, CrashTrace.DIRECTORY_SYNCED, CrashTrace.DELETED -> true;
            default -> false;
        };
    }

    /** Makes about that many images, and gives some of them to second. */
    void run(int wanted, int wantedSeconds, Second second) throws Exception {
        int heavy = 1;
        int light = 1;
        for (int i = 0; i < trace.count(); i++) {
            if (isPoint(i)) {
                if (isHeavy(i)) {
                    heavy++;
                } else {
                    light++;
                }
            }
        }
        // The others, of which there may be a hundred times as many, get a fifth at most.
        double lightWeight = Math.min(1, 0.25 * heavy / light);
        double weights = heavy + lightWeight * light;
        double due = 0;
        double secondEvery = (wantedSeconds == 0) ? Double.MAX_VALUE : (double) wanted / wantedSeconds;
        double secondDue = random.nextDouble() * secondEvery;
        double tornDue = 0;
        for (int i = 0; i <= trace.count() && errors.size() < maxErrors; i++) {
            if (i == trace.count() || isPoint(i)) {
                // The state before the event.
                due += wanted / weights * (i == trace.count() || isHeavy(i) ? 1 : lightWeight);
                long states = media.states(EXHAUSTIVE);
                if (due >= 1) {
                    points++;
                    boolean all = states <= EXHAUSTIVE && due >= states / 3.0;
                    int n = all ? (int) states : (int) due;
                    exhaustive += all ? 1 : 0;
                    due -= all ? Math.min(due, states) : n;
                    for (int k = 0; k < n && errors.size() < maxErrors; k++) {
                        HeapImage image = media.image(all ? new MediaState.Enumerated(k)
                                : new MediaState.Mean(random, media.pending()));
                        HeapImage copy = (second == null) ? null : image.copy();
                        String error = judge(image);
                        images++;
                        // Half of those a JVM gets end in a torn record, if there are as many.
                        boolean due2 = images >= secondDue;
                        boolean torn = image.torn && images >= tornDue;
                        if (error == null && copy != null && (due2 || torn)) {
                            if (due2) {
                                secondDue += 2 * secondEvery;
                            } else {
                                tornDue = images + secondEvery;
                            }
                            seconds++;
                            error = second.judge(copy, (image.outcome == HeapImage.Outcome.OPENED) ? image.sequence : -1, random);
                        }
                        if (error != null) {
                            errors.add("crash before " + (i == trace.count() ? "the end" : trace.describe(i))
                                    + (all ? ", state " + k + " of " + states : ", image " + images) + ": " + error);
                        }
                    }
                }
            }
            if (i < trace.count()) {
                String error = event(i);
                if (error != null) {
                    errors.add(trace.describe(i) + ": " + error);
                }
            }
        }
    }

    private String event(int i) {
        long file = trace.file(i);
        switch (trace.type(i)) {
            case CrashTrace.STORED, CrashTrace.WRITTEN ->
                media.write(i, file, trace.offset(i), trace.bytes, trace.payload(i), trace.length(i),
                        lines || trace.type(i) == CrashTrace.STORED);
            case CrashTrace.FLUSHED -> media.flush(trace.thread(i), file, trace.offset(i), trace.length(i));
            case CrashTrace.FENCED -> media.fence(trace.thread(i));
            case CrashTrace.SYNC_BEGUN -> media.beginSync(trace.thread(i), file);
            case CrashTrace.SYNC_ENDED -> media.endSync(trace.thread(i), file);
            case CrashTrace.RESIZED -> media.resize(file, trace.offset(i));
            case CrashTrace.CREATED -> media.create(file);
            case CrashTrace.DELETED -> media.remove(file);
            case CrashTrace.DIRECTORY_SYNCED -> media.syncNames();
            case CrashTrace.APPENDED -> {
                if (file != last() + 1) {
                    return "record " + file + " after record " + last();
                }
                appended.add(new Appended(file, trace.payload(i), trace.length(i)));
            }
            case CrashTrace.DURABLE, CrashTrace.ACKNOWLEDGED -> {
                if (file > acknowledged) {
                    acknowledged = file;
                    while (modelSequence < acknowledged) {
                        if (appended.isEmpty()) {
                            return "record " + file + " is acknowledged, and was never appended";
                        }
                        Appended first = appended.removeFirst();
                        put(model, first);
                        modelSequence = first.sequence;
                    }
                }
            }
            default -> { }
        }
        return null;
    }

    private void put(Pages to, Appended record) {
        if (!HeapImage.apply(to, trace.bytes, record.start, record.length, Long.MAX_VALUE)) {
            throw new IllegalStateException("record " + record.sequence + " is no list of writes");
        }
    }

    private String judge(HeapImage image) {
        switch (image.recover()) {
            case REFUSED -> {
                return "refused: " + image.why;
            }
            case CREATED -> {
                return acknowledged == 0 ? null : "taken for unfinished, though record " + acknowledged + " was acknowledged";
            }
            default -> { }
        }
        if (image.sequence < acknowledged) {
            return "LOST: recovered up to record " + image.sequence + ", acknowledged up to " + acknowledged;
        }
        Pages expected = model;
        if (image.sequence > acknowledged) {
            if (appended.isEmpty() || image.sequence > appended.getLast().sequence) {
                return "recovered record " + image.sequence + ", which was never appended";
            }
            expected = model.fork();
            for (Appended record : appended) {
                if (record.sequence <= image.sequence) {
                    put(expected, record);
                }
            }
        }
        long at = Pages.mismatch(expected, image.data, HeapImage.ROOT);
        if (at >= 0) {
            return "after record " + image.sequence + " byte " + at + " of data is " + image.data.page((int) (at / Pages.SIZE))[(int) (at % Pages.SIZE)]
                    + " instead of " + expected.page((int) (at / Pages.SIZE))[(int) (at % Pages.SIZE)]
                    + " (checkpoint " + image.applied + ", acknowledged " + acknowledged + ")";
        }
        if (structures.size() < MAX_STRUCTURES && structures.add(image.sequence)) {
            String error = new HeapStructure(image).check();
            if (error != null) {
                return "after record " + image.sequence + ": " + error;
            }
        }
        return null;
    }
}
