/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentG1.hpp"

#include "gc/g1/g1CollectedHeap.inline.hpp"
#include "gc/g1/g1HeapRegion.inline.hpp"
#include "gc/g1/g1HeapRegionManager.inline.hpp"
#include "memory/universe.hpp"
#include "oops/arrayOop.hpp"
#include "oops/oop.inline.hpp"
#include "oops/typeArrayOop.inline.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentMedia.hpp"
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
