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
#include "utilities/count_trailing_zeros.hpp"

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
}

// Applies cl to the slots of one segment; forgets those that hold no V reference.
static void scan_segment(size_t segment, OopClosure* cl) {
  uint8_t flag = no_slots;
  size_t first = segment * WordsPerSegment;
  for (size_t w = first; w < first + WordsPerSegment; w++) {
    uint64_t bits = slot_bits[w];
    if (bits == 0) continue;
    uint64_t keep = bits;
    for (uint64_t rest = bits; rest != 0; rest &= rest - 1) {
      unsigned b = count_trailing_zeros(rest);
      narrowOop* slot = (narrowOop*)(slots_base + (w * 64 + b) * sizeof(narrowOop));
      narrowOop v = RawAccess<>::oop_load(slot);
      if (CompressedOops::is_null(v) || PHeap::contains(CompressedOops::decode_raw_not_null(v))) {
        keep &= ~((uint64_t)1 << b);
      } else {
        cl->do_oop(slot);
        if (flag != recent_slots) {
          oop target = RawAccess<>::oop_load(slot);
          flag = G1CollectedHeap::heap()->heap_region_containing(target)->is_old() ? old_slots : recent_slots;
        }
      }
    }
    if (keep != bits) slot_bits[w] = keep;
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

void PersistentSlots::purge(BoolObjectClosure* is_alive) {
  while (Atomic::load(&next_segment) < segment_count) {
    size_t s = Atomic::fetch_then_add(&next_segment, (size_t)1);
    if (s >= segment_count || segment_flags[s] == no_slots) continue;
    for (size_t w = s * WordsPerSegment; w < (s + 1) * WordsPerSegment; w++) {
      uint64_t keep = slot_bits[w];
      for (uint64_t rest = keep; rest != 0; rest &= rest - 1) {
        unsigned b = count_trailing_zeros(rest);
        narrowOop v = RawAccess<>::oop_load((narrowOop*)(slots_base + (w * 64 + b) * sizeof(narrowOop)));
        if (CompressedOops::is_null(v) || PHeap::contains(CompressedOops::decode_raw_not_null(v)) ||
            !is_alive->do_object_b(CompressedOops::decode_not_null(v))) {
          keep &= ~((uint64_t)1 << b);
        }
      }
      if (slot_bits[w] != keep) slot_bits[w] = keep;
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
