/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentRawMemory.hpp"

#include "gc/g1/g1BarrierSet.inline.hpp"
#include "oops/access.inline.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentSlots.hpp"
#include "runtime/atomic.hpp"
#include "runtime/orderAccess.hpp"

void PersistentRawMemory::store(void* addr, int size, uint64_t value) {
  switch (size) {
    case 1: Atomic::release_store_fence((volatile uint8_t*)addr, (uint8_t)value); break;
    case 2: Atomic::release_store_fence((volatile uint16_t*)addr, (uint16_t)value); break;
    case 4: Atomic::release_store_fence((volatile uint32_t*)addr, (uint32_t)value); break;
    case 8: Atomic::release_store_fence((volatile uint64_t*)addr, value); break;
    default: ShouldNotReachHere();
  }
}

uint64_t PersistentRawMemory::cmpxchg(void* addr, int size, uint64_t compare, uint64_t value) {
  switch (size) {
    case 1: return Atomic::cmpxchg((volatile uint8_t*)addr, (uint8_t)compare, (uint8_t)value);
    // Java emulates 16 bits with 32.
    case 4: return Atomic::cmpxchg((volatile uint32_t*)addr, (uint32_t)compare, (uint32_t)value);
    case 8: return Atomic::cmpxchg((volatile uint64_t*)addr, compare, value);
    default: ShouldNotReachHere(); return 0;
  }
}

oopDesc* PersistentRawMemory::load_oop(const void* addr) {
  return cast_from_oop<oopDesc*>(RawAccess<>::oop_load((narrowOop*)addr));
}

// What a concurrent marking has yet to visit must not get lost: the value that is
// overwritten counts as seen.
static void keep_for_marking(oopDesc* old_value) {
  if (old_value != nullptr) {
    G1BarrierSet::enqueue_preloaded(cast_to_oop(old_value));
  }
}

void PersistentRawMemory::plain_store_oop(void* addr, oopDesc* value) {
  keep_for_marking(load_oop(addr));
  if (value != nullptr && !PHeap::contains(value)) {
    PersistentSlots::add((narrowOop*)addr);
  }
  RawAccess<MO_RELEASE>::oop_store((narrowOop*)addr, cast_to_oop(value));
}

void PersistentRawMemory::store_oop(void* addr, oopDesc* value) {
  plain_store_oop(addr, value);
  OrderAccess::fence();
}

oopDesc* PersistentRawMemory::xchg_oop(void* addr, oopDesc* value) {
  keep_for_marking(load_oop(addr));
  if (value != nullptr && !PHeap::contains(value)) {
    PersistentSlots::add((narrowOop*)addr);
  }
  oop found = RawAccess<MO_SEQ_CST>::oop_atomic_xchg((narrowOop*)addr, cast_to_oop(value));
  return cast_from_oop<oopDesc*>(found);
}

oopDesc* PersistentRawMemory::cmpxchg_oop(void* addr, oopDesc* compare, oopDesc* value) {
  keep_for_marking(compare);
  if (value != nullptr && !PHeap::contains(value)) {
    PersistentSlots::add((narrowOop*)addr);
  }
  oop found = RawAccess<MO_SEQ_CST>::oop_atomic_cmpxchg((narrowOop*)addr, cast_to_oop(compare), cast_to_oop(value));
  return cast_from_oop<oopDesc*>(found);
}
