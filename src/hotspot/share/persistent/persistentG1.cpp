/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentG1.hpp"

#include "gc/g1/g1CollectedHeap.inline.hpp"
#include "gc/g1/g1CollectorState.hpp"
#include "gc/g1/g1ConcurrentMark.inline.hpp"
#include "gc/g1/g1ConcurrentMarkBitMap.inline.hpp"
#include "gc/g1/g1HeapRegion.inline.hpp"
#include "gc/g1/g1HeapRegionManager.inline.hpp"
#include "gc/g1/g1RootClosures.hpp"
#include "memory/universe.hpp"
#include "oops/arrayOop.hpp"
#include "oops/oop.inline.hpp"
#include "oops/typeArrayOop.inline.hpp"
#include "persistent/persistentCollector.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentMedia.hpp"
#include "persistent/persistentOpen.hpp"
#include "persistent/persistentSlots.hpp"
#include "persistent/persistentSpace.hpp"
#include "runtime/atomic.hpp"
#include "runtime/java.hpp"

size_t PersistentG1::reservation_size() {
  return PHeap::is_enabled() ? HeaderSize + PHeap::reservation_size() : 0;
}

uint PersistentG1::region_count() {
  return (uint)(reservation_size() / G1HeapRegion::GrainBytes);
}

bool PersistentG1::contains(const G1HeapRegion* r) {
  return r->hrm_index() < region_count();
}

void PersistentG1::initialize_regions(G1CollectedHeap* heap) {
  if (!PHeap::is_enabled()) return;
  char* base = (char*)heap->reserved().start();
  if (base + HeaderSize != PHeap::preferred_base() || (uintptr_t)heap->reserved().end() > 32 * G) {
    vm_exit_during_initialization(
        err_msg("The persistent heap %s cannot be placed at " PTR_FORMAT " with the Java heap below 32 GB; use a smaller -Xmx",
                PersistentMedia::directory(), p2i(PHeap::preferred_base())));
  }
  uint count = region_count();
  size_t words = (size_t)count * G1HeapRegion::GrainWords;
  // Nothing is committed yet. A few calls, not some for each region; but none so large that Linux refuses it as
  // obviously more than there is.
  const uint chunk = (uint)MAX2((size_t)256 * M / G1HeapRegion::GrainBytes, (size_t)1);
  for (uint n = 0; n < count; ) n += heap->_hrm.expand_by(MIN2(chunk, count - n), nullptr);
  size_t commits;
  if (!heap->_hrm.allocate_containing_regions(MemRegion((HeapWord*)base, words), &commits, nullptr)) {
    vm_exit_during_initialization("Could not commit the tables of the persistent heap");
  }
  G1HeapRegion* first = heap->region_at(0);
  heap->set_humongous_metadata(first, count, words, false);
  for (uint i = 0; i < count; i++) {
    heap->_humongous_set.add(heap->region_at(i));
  }
  first->add_pinned_object_count(1);
  PHeap::map_at(base + HeaderSize);
}

void PersistentG1::initialize_array() {
  if (!PHeap::is_enabled()) return;
  size_t words = (size_t)region_count() * G1HeapRegion::GrainWords;
  oop array = cast_to_oop(G1CollectedHeap::heap()->region_at(0)->bottom());
  array->set_mark(markWord::prototype());
  arrayOopDesc::set_length((HeapWord*)cast_from_oop<HeapWord*>(array), (int)(words - arrayOopDesc::base_offset_in_bytes(T_LONG) / HeapWordSize));
  array->release_set_klass(cast_from_oop<HeapWord*>(array), Universe::longArrayKlass());
  assert(array->size() == words, "covers header and P");
}

bool PersistentG1::takes_part_in_marking(const G1HeapRegion* r) {
  return !contains(r) || (PersistentCollector::is_marking_concurrently() && may_have_marks(r));
}

bool PersistentG1::may_have_marks(const G1HeapRegion* r) {
  return PersistentCollector::has_marks() && PHeap::contains(r->bottom()) &&
         PersistentSpace::has_candidates(r->bottom(), r->end());
}

void PersistentG1::roots_do(G1RootClosures* closures, bool evacuating) {
  bool full = PersistentCollector::is_full_marking();
  bool concurrent_start = PersistentCollector::is_marking_concurrently() &&
                          G1CollectedHeap::heap()->collector_state()->in_concurrent_start_gc();
  if (full || concurrent_start) {
    PersistentOpen::root_do(closures->strong_oops());
  }
  if (!full) {
    // Slots of old regions matter if these are evacuated. To be marked they wait for
    // PersistentCollector::mark_from_slots.
    bool young_only = evacuating && G1CollectedHeap::heap()->collection_set()->only_contains_young_regions();
    PersistentSlots::oops_do(concurrent_start ? closures->persistent_slots() : closures->strong_oops(), young_only);
  }
}

// An array that was asked for, most likely the next one, too: otherwise each slice would be as far from the start as it is.
static HeapWord* volatile recent_array = nullptr;

HeapWord* PersistentG1::array_start(G1HeapRegion* r, HeapWord* slice) {
  if (!contains(r)) return r->humongous_start_region()->bottom();
  G1CMBitMap* bitmap = G1CollectedHeap::heap()->concurrent_mark()->mark_bitmap();
  HeapWord* recent = Atomic::load(&recent_array);
  // It may be of an earlier marking, and gone.
  if (recent != nullptr && recent <= slice && bitmap->is_marked(recent) && slice < recent + cast_to_oop(recent)->size()) return recent;
  // The array is marked, and nothing inside it is.
  HeapWord* from = align_down(slice - 1, 64 * HeapWordSize);
  while (bitmap->get_next_marked_addr(from, slice) == slice) {
    slice = from;
    from -= 64;
  }
  HeapWord* last = from;
  for (HeapWord* p = from; p < slice; p = bitmap->get_next_marked_addr(p + 1, slice)) {
    if (bitmap->is_marked(p)) last = p;
  }
  Atomic::store(&recent_array, last);
  return last;
}
