/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentRuntime.hpp"

#include "persistent/persistentAccess.hpp"
#include "runtime/interfaceSupport.inline.hpp"
#include "runtime/javaThread.hpp"

JRT_ENTRY(void, PersistentRuntime::store_oop(JavaThread* current, oopDesc* base, intptr_t offset, oopDesc* value))
  PersistentAccess::store_oop(cast_to_oop(base), offset, cast_to_oop(value), current);
JRT_END

JRT_LEAF(void, PersistentRuntime::store_primitive(JavaThread* current, oopDesc* base, void* addr, uint64_t value, int size))
  PersistentAccess::store(current, base, addr, size, value);
JRT_END
