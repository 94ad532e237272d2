/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary JFR events and log lines of collections of the persistent heap
 * @modules jdk.jfr java.management
 * @build Observer
 * @run main/othervm -XX:PersistentHeap=heap-events -XX:PersistentHeapSize=64m -Xmx96m ObservabilityEvents full
 * @run main/othervm -XX:PersistentHeap=heap-events -XX:+ExplicitGCInvokesConcurrent -Xmx96m ObservabilityEvents concurrent
 */

import java.lang.persistent.Persistent;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import jdk.jfr.Configuration;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

public class ObservabilityEvents {
    static final class Root {
        Object garbage;
    }

    public static void main(String[] args) throws Exception {
        for (String name : new String[] {"default", "profile"}) {
            Map<String, String> settings = Configuration.getConfiguration(name).getSettings();
            for (String event : new String[] {"jdk.PersistentHeapCollection", "jdk.PersistentHeapCollectionPhase"}) {
                Observer.check("true".equals(settings.get(event + "#enabled")), event + " in " + name + ".jfc");
            }
        }
        Root root = PersistentHeap.root("root", Root.class, () -> new @Persistent Root());
        Txn.run(() -> root.garbage = new @Persistent long[1_000_000]);
        Txn.run(() -> root.garbage = null);
        Observer.dcmd("vmLog", "output=pheap.log", "what=pheap*=debug");
        List<RecordedEvent> collections = new ArrayList<>();
        List<RecordedEvent> phases = new ArrayList<>();
        Path file = Path.of("events-" + args[0] + ".jfr");
        try (Recording recording = new Recording(Configuration.getConfiguration("default"))) {
            recording.start();
            Observer.dcmd("persistentheapGc");
            recording.stop();
            recording.dump(file);
        }
        for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
            if (event.getEventType().getName().equals("jdk.PersistentHeapCollection")) collections.add(event);
            if (event.getEventType().getName().equals("jdk.PersistentHeapCollectionPhase")) phases.add(event);
        }
        Observer.check(collections.size() == 1, collections.size() + " collections: " + collections);
        RecordedEvent c = collections.get(0);
        Observer.check(c.getString("kind").equals(args[0]), "" + c);
        Observer.check(c.getLong("usedBefore") >= 8_000_000 && c.getLong("usedAfter") <= c.getLong("usedBefore") - 8_000_000, "" + c);
        Observer.check(c.getLong("freed") >= 8_000_000, "" + c);
        Observer.check(c.getLong("gcId") >= 0 && c.getLong("gcId") < Integer.MAX_VALUE, "" + c);
        Duration pauses = c.getDuration("sumOfPauses");
        Observer.check(pauses.compareTo(Duration.ZERO) > 0 && pauses.compareTo(c.getDuration()) <= 0, "" + c);
        Observer.check(!phases.isEmpty(), "no phases");
        for (RecordedEvent phase : phases) {
            // The pause in which a concurrent cycle starts has an id of its own.
            long id = phase.getLong("gcId");
            Observer.check(id == c.getLong("gcId") || args[0].equals("concurrent") && id == c.getLong("gcId") - 1, phase + " of " + c);
            Observer.check(!phase.getString("name").isEmpty(), "" + phase);
            Observer.check(!phase.getStartTime().isBefore(c.getStartTime()) && !phase.getEndTime().isAfter(c.getEndTime()),
                    phase + " is not in " + c);
        }
        String log = Files.readString(Path.of("pheap.log"));
        for (RecordedEvent phase : phases) {
            Observer.check(log.lines().anyMatch(l -> l.matches(".*\\[pheap,gc,phases\\s*\\].*" + phase.getString("name") + " \\d+[.]\\d+ ms")),
                    phase.getString("name") + " is not in the log:\n" + log);
        }
    }
}
