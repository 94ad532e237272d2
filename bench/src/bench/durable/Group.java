/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.durable;

/**
 * Group commit for stores whose commit covers everything put before: whoever finds no commit running runs one for
 * all who wait. This is what a careful user of such a store writes, and it favours the peers.
 */
final class Group {
    interface Commit {
        void run() throws Exception;
    }

    private final Commit commit;
    private long asked;                 // tickets given out
    private long done;                  // tickets covered by finished commits
    private boolean running;

    Group(Commit commit) {
        this.commit = commit;
    }

    /** Returns when a commit that began after this call has finished. */
    void await() throws Exception {
        long covers;
        synchronized (this) {
            long mine = ++asked;
            while (running && done < mine) {
                wait();
            }
            if (done >= mine) {
                return;
            }
            running = true;
            covers = asked;
        }
        try {
            commit.run();
        } finally {
            synchronized (this) {
                done = Math.max(done, covers);
                running = false;
                notifyAll();
            }
        }
    }
}
