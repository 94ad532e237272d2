/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

package bench.durable;

import java.util.Map;

/** A map whose engine has no group commit: it gets one. */
abstract class GroupedMap implements Store {
    private final Map<Long, byte[]> map;
    private final Group group;

    GroupedMap(Map<Long, byte[]> map, Group.Commit commit) throws Exception {
        for (long k = 0; k < KEYS; k++) {
            map.put(k, new byte[VALUE]);
        }
        commit.run();
        this.map = map;
        this.group = new Group(commit);
    }

    @Override
    public final void put(long key, byte[] value) throws Exception {
        map.put(key, value);
        group.await();
    }

    @Override
    public final byte[] get(long key) {
        return map.get(key);
    }
}
