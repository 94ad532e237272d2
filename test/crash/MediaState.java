/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * What power loss can leave of a heap's files: what is durable, and what has been written since and may
 * be there or not, by units of a cache line (stores) or a sector (pwrite).
 */
final class MediaState {
    static final long DATA = 0;
    static final long LOG = 1;
    static final long OVERFLOW = 16;
    static final int LINE = 64;
    static final int SECTOR = 512;

    /** Bytes written to one unit by one event. */
    private record Part(int event, int at, byte[] bytes, int start, int length) {}

    /** A cache line or sector with writes that are not known to be durable, oldest first. */
    static final class Unit {
        final FileState file;
        final long offset;
        final boolean line;
        final ArrayList<Part> parts = new ArrayList<>();
        long removed;           // parts that have become durable

        Unit(FileState file, long offset, boolean line) {
            this.file = file;
            this.offset = offset;
            this.line = line;
        }

        long end() {
            return removed + parts.size();
        }
    }

    static final class FileState {
        final long id;
        Pages durable;
        long size;                                      // the durable one
        final ArrayList<Long> sizes = new ArrayList<>();        // since
        final LinkedHashMap<Long, Unit> pending = new LinkedHashMap<>();    // by offset * 2 + line
        boolean named;                                  // its name is durable
        boolean removed;                                // but perhaps not any more

        FileState(long id, Pages durable, long size, boolean named) {
            this.id = id;
            this.durable = durable;
            this.size = size;
            this.named = named;
        }

        long lastSize() {
            return sizes.isEmpty() ? size : sizes.getLast();
        }
    }

    final Map<Long, FileState> files = new TreeMap<>();
    /** What the next fence of a thread, or the sync that has begun, makes durable: units, and up to which part. */
    private final Map<Integer, Map<Unit, Long>> flushed = new HashMap<>();
    private final Map<Long, Map<Unit, Long>> syncing = new HashMap<>();
    private final Map<Long, Integer> syncingSizes = new HashMap<>();

    MediaState(HeapImage initial) {
        if (initial.data != null) {
            files.put(DATA, new FileState(DATA, initial.data, initial.dataSize, true));
        }
        if (initial.log != null) {
            files.put(LOG, new FileState(LOG, pages(initial.log), initial.log.length, true));
        }
        initial.overflow.forEach((seq, bytes) ->
                files.put(OVERFLOW + seq, new FileState(OVERFLOW + seq, pages(bytes), bytes.length, true)));
    }

    private static Pages pages(byte[] bytes) {
        Pages pages = new Pages();
        pages.write(0, bytes, 0, bytes.length);
        return pages;
    }

    private FileState file(long id) {
        return files.computeIfAbsent(id, i -> new FileState(i, new Pages(), 0, false));
    }

    // ---- Events ----

    void write(int event, long id, long offset, byte[] bytes, int start, int length, boolean line) {
        FileState file = file(id);
        int size = line ? LINE : SECTOR;
        if (offset + length > file.lastSize()) {
            file.sizes.add(offset + length);
        }
        while (length > 0) {
            int at = (int) (offset % size);
            int part = Math.min(length, size - at);
            long base = offset - at;
            Unit unit = file.pending.computeIfAbsent(base * 2 + (line ? 1 : 0), k -> new Unit(file, base, line));
            unit.parts.add(new Part(event, at, bytes, start, part));
            offset += part;
            start += part;
            length -= part;
        }
    }

    void flush(int thread, long id, long offset, long length) {
        FileState file = file(id);
        Map<Unit, Long> units = flushed.computeIfAbsent(thread, t -> new LinkedHashMap<>());
        for (long at = offset / LINE * LINE; at < offset + length; at += LINE) {
            Unit unit = file.pending.get(at * 2 + 1);
            if (unit != null) {
                units.put(unit, unit.end());
            }
        }
    }

    boolean fenceMatters(int thread) {
        Map<Unit, Long> units = flushed.get(thread);
        return units != null && !units.isEmpty();
    }

    void fence(int thread) {
        Map<Unit, Long> units = flushed.remove(thread);
        if (units != null) {
            units.forEach(MediaState::settle);
        }
    }

    void beginSync(int thread, long id) {
        FileState file = file(id);
        Map<Unit, Long> units = new LinkedHashMap<>();
        file.pending.values().forEach(unit -> units.put(unit, unit.end()));
        syncing.put(thread + id * 10_000_000_000L, units);
        syncingSizes.put(thread + id * 10_000_000_000L, file.sizes.size());
    }

    void endSync(int thread, long id) {
        FileState file = file(id);
        syncing.remove(thread + id * 10_000_000_000L).forEach(MediaState::settle);
        int sizes = syncingSizes.remove(thread + id * 10_000_000_000L);
        sizes = Math.min(sizes, file.sizes.size());
        if (sizes > 0) {
            file.size = file.sizes.get(sizes - 1);
            file.sizes.subList(0, sizes).clear();
        }
    }

    private static void settle(Unit unit, long upTo) {
        int n = (int) (upTo - unit.removed);
        if (n <= 0) {
            return;             // another thread's fence came first
        }
        for (Part part : unit.parts.subList(0, n)) {
            unit.file.durable.write(unit.offset + part.at, part.bytes, part.start, part.length);
        }
        unit.parts.subList(0, n).clear();
        unit.removed = upTo;
        if (unit.parts.isEmpty()) {
            unit.file.pending.remove(unit.offset * 2 + (unit.line ? 1 : 0), unit);
        }
    }

    void resize(long id, long size) {
        FileState file = file(id);
        if (size == 0) {
            // What was there is gone: one of the states of before, or this.
            file.durable = new Pages();
            file.pending.clear();
            file.sizes.clear();
            file.size = 0;
        } else if (size != file.lastSize()) {
            file.sizes.add(size);
        }
    }

    void create(long id) {
        FileState file = files.get(id);
        if (file == null || file.removed) {
            files.put(id, new FileState(id, new Pages(), 0, false));
        }
    }

    void remove(long id) {
        FileState file = file(id);
        if (file.named) {
            file.removed = true;
        } else {
            files.remove(id);
        }
    }

    void syncNames() {
        files.values().removeIf(file -> file.removed);
        files.values().forEach(file -> file.named = true);
    }

    // ---- Images ----

    /** Which of the possible states: decides for each unit in turn. */
    interface Choice {
        /** How many of the n parts of a unit are there; the oldest are first. */
        int parts(int n, int event);
        /** Whether a word of the part behind those is there all the same. */
        boolean word();
        /** Which of n states, the newest of which is n - 1. */
        int state(int n);
    }

    Collection<Unit> pending() {
        List<Unit> all = new ArrayList<>();
        files.values().forEach(file -> all.addAll(file.pending.values()));
        return all;
    }

    /** The number of states without torn words, if it is at most limit; otherwise more. */
    long states(long limit) {
        long states = 1;
        for (FileState file : files.values()) {
            states *= file.sizes.size() + 1;
            states *= (file.named && !file.removed) ? 1 : 2;
            for (Unit unit : file.pending.values()) {
                states *= unit.parts.size() + 1;
                if (states > limit) {
                    return states;
                }
            }
        }
        return states;
    }

    HeapImage image(Choice choice) {
        HeapImage image = new HeapImage();
        for (FileState file : files.values()) {
            long size = file.size;
            int state = choice.state(file.sizes.size() + 1);
            if (state > 0) {
                size = file.sizes.get(state - 1);
            }
            boolean there = (file.named && !file.removed) || choice.state(2) == (file.removed ? 0 : 1);
            Pages pages = file.durable.fork();
            for (Unit unit : file.pending.values()) {
                apply(unit, pages, choice);
            }
            if (!there) {
                continue;
            }
            if (file.id == DATA) {
                image.data = pages;
                image.dataSize = size;
            } else if (file.id == LOG) {
                image.log = pages.read(0, (int) size);
            } else {
                image.overflow.put(file.id - OVERFLOW, pages.read(0, (int) size));
            }
        }
        return image;
    }

    private static void apply(Unit unit, Pages to, Choice choice) {
        int n = unit.parts.size();
        int k = choice.parts(n, unit.parts.getLast().event);
        for (int i = 0; i < k; i++) {
            Part part = unit.parts.get(i);
            to.write(unit.offset + part.at, part.bytes, part.start, part.length);
        }
        if (k < n && unit.line) {
            Part part = unit.parts.get(k);
            for (int at = part.at; at < part.at + part.length; ) {
                int end = Math.min(part.at + part.length, (at / 8 + 1) * 8);
                if (choice.word()) {
                    to.write(unit.offset + at, part.bytes, part.start + at - part.at, end - at);
                }
                at = end;
            }
        }
    }

    // ---- Choices ----

    /** Number i of all states without torn words. */
    static final class Enumerated implements Choice {
        private long rest;

        Enumerated(long i) {
            rest = i;
        }

        @Override
        public int parts(int n, int event) {
            return state(n + 1);
        }

        @Override
        public boolean word() {
            return false;
        }

        @Override
        public int state(int n) {
            int state = (int) (rest % n);
            rest /= n;
            return state;
        }
    }

    /** One of several ways to be mean. */
    static final class Mean implements Choice {
        private final Random random;
        private final int way;
        private final int threshold;
        private final boolean sense;
        private int skip;
        private final double there;

        Mean(Random random, Collection<Unit> pending) {
            this.random = random;
            this.way = random.nextInt(4);
            int units = pending.size();
            this.skip = (units == 0) ? 0 : random.nextInt(units);
            int[] events = pending.stream().mapToInt(unit -> unit.parts.getLast().event).toArray();
            this.threshold = (units == 0) ? 0 : events[random.nextInt(units)];
            this.sense = random.nextBoolean();
            this.there = new double[] {0, 0.1, 0.5, 0.9, 1}[random.nextInt(5)];
        }

        @Override
        public int parts(int n, int event) {
            switch (way) {
                case 0:                 // all but one, or only one
                    boolean one = skip-- == 0;
                    return one == sense ? random.nextInt(n) : sense ? n : 0;
                case 1:                 // the later events and not the earlier ones, or the other way
                    return (event >= threshold) == sense ? n : 0;
                case 2:                 // any number of each
                    return random.nextInt(n + 1);
                default:
                    return random.nextDouble() < there ? n : 0;
            }
        }

        @Override
        public boolean word() {
            return way == 0 || way == 2 ? random.nextBoolean() : false;
        }

        @Override
        public int state(int n) {
            return random.nextInt(n);
        }
    }
}
