/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentSlots.hpp"

#include "gc/g1/g1CollectedHeap.inline.hpp"
#include "gc/g1/g1HeapRegion.inline.hpp"
#include "memory/iterator.hpp"
#include "memory/allocation.inline.hpp"
#include "oops/access.inline.hpp"
#include "oops/compressedOops.inline.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentMedia.hpp"
#include "runtime/atomic.hpp"
#include "runtime/os.hpp"
#include "runtime/prefetch.inline.hpp"
#include "utilities/count_trailing_zeros.hpp"
#include "utilities/growableArray.hpp"

static const size_t SegmentSize = 1 * M;
static const size_t WordsPerSegment = SegmentSize / sizeof(narrowOop) / 64;

static uintptr_t         slots_base = 0;
static size_t            segment_count = 0;
static volatile uint64_t* slot_bits = nullptr;        // bit per narrowOop of P
static volatile uint8_t*  segment_flags = nullptr;
enum : uint8_t {
  no_slots     = 0,
  old_slots    = 1,       // there may be bits; targets are in old regions, which only some collections move
  recent_slots = 2        // there may be bits with targets in young or humongous regions
};
static volatile size_t    next_segment = 0;           // claimed by the workers of a scan
static GrowableArrayCHeap<narrowOop*, mtPersistent>* suspects = nullptr;    // found by preclean
static volatile size_t    next_suspect = 0;

void PersistentSlots::initialize(uintptr_t base, size_t size) {
  slots_base = base;
  segment_count = size / SegmentSize;
  segment_flags = NEW_C_HEAP_ARRAY(uint8_t, segment_count, mtPersistent);
  memset((void*)segment_flags, 0, segment_count);
  size_t bytes = align_up(segment_count * WordsPerSegment * sizeof(uint64_t), os::vm_page_size());
  slot_bits = (volatile uint64_t*)os::reserve_memory(bytes, mtPersistent);
  if (slot_bits == nullptr || !os::commit_memory((char*)slot_bits, bytes, false)) {
    vm_exit_out_of_memory(bytes, OOM_MMAP_ERROR, "persistent heap's slot table");
  }
}

// The slots of a segment one by one, a few fetched ahead: most are in a cache line of their own.
class PersistentSlotIterator : public StackObj {
  static const int Ahead = 16;
  narrowOop* _slots[Ahead];
  int        _next;
  int        _count;
  size_t     _word;
  size_t     _end;
  uint64_t   _rest;

  narrowOop* read_ahead() {
    while (_rest == 0) {
      if (++_word == _end) {
        _word--;
        return nullptr;
      }
      _rest = slot_bits[_word];
    }
    narrowOop* slot = (narrowOop*)(slots_base + (_word * 64 + count_trailing_zeros(_rest)) * sizeof(narrowOop));
    _rest &= _rest - 1;
    Prefetch::read(slot, 0);
    return slot;
  }

 public:
  PersistentSlotIterator(size_t segment)
    : _next(0), _count(0), _word(segment * WordsPerSegment), _end(_word + WordsPerSegment), _rest(slot_bits[_word]) {
    for (narrowOop* slot; _count < Ahead && (slot = read_ahead()) != nullptr; ) _slots[_count++] = slot;
  }
  // Null at the end. The order is not said.
  narrowOop* next() {
    if (_count == 0) return nullptr;
    narrowOop* slot = _slots[_next];
    narrowOop* ahead = read_ahead();
    _slots[_next] = ahead != nullptr ? ahead : _slots[--_count];
    if (++_next >= _count) _next = 0;
    return slot;
  }
};

void PersistentSlots::add(narrowOop* slot) {
  assert(PHeap::contains((void*)slot), "slot " PTR_FORMAT " is not in the persistent heap", p2i(slot));
  size_t index = ((uintptr_t)slot - slots_base) / sizeof(narrowOop);
  volatile uint64_t* word = &slot_bits[index / 64];
  uint64_t bit = (uint64_t)1 << (index % 64);
  if ((Atomic::load(word) & bit) == 0) {
    Atomic::fetch_then_or(word, bit);
  }
  // After the bit: a scan that finds no flag must not miss the bit. Both happen
  // before the safepoint of the scan in any case.
  size_t segment = index / (WordsPerSegment * 64);
  if (Atomic::load(&segment_flags[segment]) != recent_slots) {
    Atomic::release_store(&segment_flags[segment], (uint8_t)recent_slots);
  }
}

bool PersistentSlots::contains(narrowOop* slot) {
  size_t index = ((uintptr_t)slot - slots_base) / sizeof(narrowOop);
  return ((slot_bits[index / 64] >> (index % 64)) & 1) != 0;
}

void PersistentSlots::prepare_oops_do() {
  next_segment = 0;
  next_suspect = 0;
}

static void forget(narrowOop* slot) {
  size_t index = ((uintptr_t)slot - slots_base) / sizeof(narrowOop);
  Atomic::fetch_then_and(&slot_bits[index / 64], ~((uint64_t)1 << (index % 64)));
}

// The object of V that slot refers to, or null. It may have moved: then nothing of it is there but its address.
static oop target_of(narrowOop* slot) {
  narrowOop v = RawAccess<>::oop_load(slot);
  oop target = CompressedOops::is_null(v) ? nullptr : CompressedOops::decode_raw_not_null(v);
  return target == nullptr || PHeap::contains(target) ? nullptr : target;
}

// Applies cl to the slots of one segment; forgets those that hold no V reference.
static void scan_segment(size_t segment, OopClosure* cl) {
  uint8_t flag = no_slots;
  PersistentSlotIterator slots(segment);
  while (narrowOop* slot = slots.next()) {
    if (target_of(slot) == nullptr) {
      forget(slot);
      continue;
    }
    cl->do_oop(slot);
    if (flag != recent_slots) {
      oop target = RawAccess<>::oop_load(slot);
      flag = G1CollectedHeap::heap()->heap_region_containing(target)->is_old() ? old_slots : recent_slots;
    }
  }
  segment_flags[segment] = flag;
}

void PersistentSlots::oops_do(OopClosure* cl, bool recent_only) {
  if (segment_count == 0) return;
  while (Atomic::load(&next_segment) < segment_count) {
    size_t s = Atomic::fetch_then_add(&next_segment, (size_t)1);
    if (s < segment_count && segment_flags[s] >= (recent_only ? recent_slots : old_slots)) {
      scan_segment(s, cl);
    }
  }
}

size_t PersistentSlots::segments() { return segment_count; }

void PersistentSlots::targets_do(size_t segment, ObjectClosure* cl) {
  if (segment_flags[segment] == no_slots) return;
  PersistentSlotIterator slots(segment);
  while (narrowOop* slot = slots.next()) {
    oop target = target_of(slot);
    if (target != nullptr) cl->do_object(target);
  }
}

void PersistentSlots::start_preclean() {
  if (suspects == nullptr) suspects = new GrowableArrayCHeap<narrowOop*, mtPersistent>(64);
  suspects->clear();
}

void PersistentSlots::preclean(size_t segment, BoolObjectClosure* is_alive) {
  if (segment_flags[segment] == no_slots) return;
  PersistentSlotIterator slots(segment);
  while (narrowOop* slot = slots.next()) {
    oop target = target_of(slot);
    if (target == nullptr || !is_alive->do_object_b(target)) suspects->append(slot);
  }
}

void PersistentSlots::end_preclean() { suspects->clear_and_deallocate(); }

size_t PersistentSlots::precleaned() { return (size_t)suspects->length(); }

static void purge_slot(narrowOop* slot, BoolObjectClosure* is_alive) {
  oop target = target_of(slot);
  if (target == nullptr || !is_alive->do_object_b(target)) forget(slot);
}

void PersistentSlots::purge(BoolObjectClosure* is_alive, bool precleaned) {
  if (!precleaned) {
    for (size_t s; (s = Atomic::fetch_then_add(&next_segment, (size_t)1)) < segment_count; ) {
      if (segment_flags[s] == no_slots) continue;
      PersistentSlotIterator slots(s);
      while (narrowOop* slot = slots.next()) purge_slot(slot, is_alive);
    }
    return;
  }
  const size_t stride = 256;
  const size_t count = (size_t)suspects->length();
  for (size_t from; (from = Atomic::fetch_then_add(&next_suspect, stride)) < count; ) {
    const size_t end = MIN2(from + stride, count);
    for (size_t i = from; i < end; i++) {
      if (i + 16 < end) Prefetch::read(suspects->at((int)i + 16), 0);
      purge_slot(suspects->at((int)i), is_alive);
    }
  }
}

void PersistentSlots::clear(const void* from, const void* to) {
  size_t first = ((uintptr_t)from - slots_base) / sizeof(narrowOop);
  size_t end = ((uintptr_t)to - slots_base) / sizeof(narrowOop);
  assert(first % 64 == 0 && end % 64 == 0, "whole words");
  for (size_t w = first / 64; w < end / 64; w++) {
    if (slot_bits[w] != 0) slot_bits[w] = 0;
  }
}
