/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.driver;

/** What the driver was told; see bench/run.sh. */
final class Config {
    static final String JDK = System.getProperty("bench.jdk");          // an Everheap image
    static final String STOCK = System.getProperty("bench.stock", "");  // JDK of the same version without our changes, or empty
    static final String ROOT = System.getProperty("bench.root");
    static final String OUT = System.getProperty("bench.out");
    static final String MEMORY = System.getProperty("bench.memory");    // directory on tmpfs
    static final String DISK = System.getProperty("bench.disk");        // directory on a disk
    static final String PEERS = System.getProperty("bench.peers", "");  // programs on libpmemobj, or empty
    static final boolean FULL = Boolean.getBoolean("bench.full");
    static final int ROUNDS = Integer.getInteger("bench.rounds", FULL ? 7 : 3);
    static final String ONLY = System.getProperty("bench.only", "");
    static final String CLASS_PATH = System.getProperty("java.class.path");
    static final String JAVA_BASE = System.getProperty("bench.javabase", "");

    private Config() {}

    static boolean wants(String section) {
        return ONLY.isEmpty() || java.util.Arrays.asList(ONLY.split("[, ]+")).contains(section);
    }
}
