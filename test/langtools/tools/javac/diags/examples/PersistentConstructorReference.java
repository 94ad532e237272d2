/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

// key: compiler.err.persistent.constructor.reference

import java.lang.persistent.Persistent;
import java.util.function.Supplier;

class PersistentConstructorReference {
    Supplier<Object> s = @Persistent Object::new;
}
