/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTRAWMEMORY_HPP
#define SHARE_PERSISTENT_PERSISTENTRAWMEMORY_HPP

#include "memory/allStatic.hpp"
#include "oops/oopsHierarchy.hpp"
#include "runtime/atomic.hpp"
#include "utilities/align.hpp"
#include "utilities/globalDefinitions.hpp"

// Locations of P by address and size (1, 2, 4 or 8 bytes), past every barrier. One
// single-copy-atomic access each.
class PersistentRawMemory : public AllStatic {
 public:
  // The largest naturally aligned piece of [addr, addr + bytes) that starts at addr: 1, 2, 4, or 8 bytes.
  static int piece(const void* addr, size_t bytes) {
    for (int size = 8; size > 1; size /= 2) {
      if (is_aligned(addr, size) && bytes >= (size_t)size) return size;
    }
    return 1;
  }
  static inline uint64_t load(const void* addr, int size);
  static void     store(void* addr, int size, uint64_t value);      // sequentially consistent
  static inline void plain_store(void* addr, int size, uint64_t value);             // release only
  static uint64_t cmpxchg(void* addr, int size, uint64_t compare, uint64_t value);   // 1, 4, 8

  static oopDesc* load_oop(const void* addr);
  // These register the slot if the value is volatile, before a collection can see it, and
  // tell a concurrent marking what they overwrite. Every reference store into P is one of them.
  static void     store_oop(void* addr, oopDesc* value);
  static void     plain_store_oop(void* addr, oopDesc* value);                       // release only
  static oopDesc* xchg_oop(void* addr, oopDesc* value);
  static oopDesc* cmpxchg_oop(void* addr, oopDesc* compare, oopDesc* value);
};

inline uint64_t PersistentRawMemory::load(const void* addr, int size) {
  switch (size) {
    case 1: return Atomic::load((volatile const uint8_t*)addr);
    case 2: return Atomic::load((volatile const uint16_t*)addr);
    case 4: return Atomic::load((volatile const uint32_t*)addr);
    case 8: return Atomic::load((volatile const uint64_t*)addr);
    default: ShouldNotReachHere(); return 0;
  }
}

inline void PersistentRawMemory::plain_store(void* addr, int size, uint64_t value) {
  switch (size) {
    case 1: Atomic::release_store((volatile uint8_t*)addr, (uint8_t)value); break;
    case 2: Atomic::release_store((volatile uint16_t*)addr, (uint16_t)value); break;
    case 4: Atomic::release_store((volatile uint32_t*)addr, (uint32_t)value); break;
    case 8: Atomic::release_store((volatile uint64_t*)addr, value); break;
    default: ShouldNotReachHere();
  }
}

#endif // SHARE_PERSISTENT_PERSISTENTRAWMEMORY_HPP
