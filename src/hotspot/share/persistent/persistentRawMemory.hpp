/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTRAWMEMORY_HPP
#define SHARE_PERSISTENT_PERSISTENTRAWMEMORY_HPP

#include "memory/allStatic.hpp"
#include "oops/oopsHierarchy.hpp"
#include "utilities/globalDefinitions.hpp"

// Locations of P by address and size (1, 2, 4 or 8 bytes), past every barrier. One
// single-copy-atomic access each.
class PersistentRawMemory : public AllStatic {
 public:
  static uint64_t load(const void* addr, int size);
  static void     store(void* addr, int size, uint64_t value);      // sequentially consistent
  static uint64_t cmpxchg(void* addr, int size, uint64_t compare, uint64_t value);   // 1, 4, 8

  static oopDesc* load_oop(const void* addr);
  // These register the slot if the value is volatile, before a collection can see it, and
  // tell a concurrent marking what they overwrite. Every reference store into P is one of them.
  static void     store_oop(void* addr, oopDesc* value);
  static oopDesc* xchg_oop(void* addr, oopDesc* value);
  static oopDesc* cmpxchg_oop(void* addr, oopDesc* compare, oopDesc* value);
};

#endif // SHARE_PERSISTENT_PERSISTENTRAWMEMORY_HPP
