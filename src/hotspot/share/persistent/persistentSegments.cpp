/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentSegments.hpp"

#include "persistent/persistentHeap.hpp"
#include "persistent/persistentMedia.hpp"
#include "persistent/persistentSpace.hpp"
#include "persistent/persistentTranslation.hpp"
#include "runtime/java.hpp"
#include "runtime/os.inline.hpp"
#include "runtime/safepoint.hpp"
#include "utilities/powerOfTwo.hpp"

#include <sys/mman.h>

// Every segment may become a mapping of its own, and Linux allows 65,530 by default.
static const size_t MaxSegments = 16 * K;

PersistentSegments::PersistentSegments()
  : _log_size(log2i_ceil(MAX2((size_t)64 * K, PHeap::size() / MaxSegments))), _size((size_t)1 << _log_size), _count(PHeap::size() >> _log_size),
    _segments(NEW_C_HEAP_ARRAY(Segment, _count, mtPersistent)), _hidden(0), _waiting(0), _shown(0), _mapping(nullptr) {
  assert(_size / HeapWordSize <= Waiting::MaxWords, "fits");
  assert(is_aligned(PHeap::size(), _size), "whole segments");
  for (size_t i = 0; i < _count; i++) {
    _segments[i]._hidden = false;
    _segments[i]._objects = nullptr;
    _segments[i]._parts = nullptr;
  }
}

void PersistentSegments::hide() {
  assert_at_safepoint();
  for (size_t i = 0; i < _count; i++) {
    _segments[i]._hidden = PersistentSpace::has_opened_only((void*)start_of(i), (void*)(start_of(i) + _size));
  }
  for (size_t i = 0; i < _count; i++) {
    const size_t first = i;
    while (i < _count && _segments[i]._hidden) i++;
    if (i == first) continue;
    _hidden += i - first;
    if (::mprotect((void*)start_of(first), (i - first) * _size, PROT_NONE) != 0) {
      vm_exit_out_of_memory((i - first) * _size, OOM_MPROTECT_ERROR, "opening the persistent heap");
    }
  }
}

PersistentSegments::~PersistentSegments() {
  assert(_hidden == 0 && _waiting == 0, "all is shown");
  FREE_C_HEAP_ARRAY(Segment, _segments);
}

uintptr_t PersistentSegments::start_of(size_t segment) const { return PHeap::base() + segment * _size; }

size_t PersistentSegments::index_of(const void* p) const {
  assert(PHeap::contains(p), "must be");
  return ((uintptr_t)p - PHeap::base()) >> _log_size;
}

bool PersistentSegments::has_waiting(size_t segment) const {
  return _segments[segment]._objects != nullptr || _segments[segment]._parts != nullptr;
}

size_t PersistentSegments::next_waiting(size_t segment) const {
  assert(_waiting > 0, "must be");
  while (!has_waiting(segment)) segment = (segment + 1) % _count;
  return segment;
}

// s gets its first that waits.
void PersistentSegments::note_waiting(const Segment& s) {
  assert(s._hidden, "or it would wait forever");
  if (s._objects == nullptr && s._parts == nullptr) _waiting++;
}

void PersistentSegments::wait(oopDesc* obj, Klass* type) {
  const size_t index = index_of(header(obj));
  Segment& s = _segments[index];
  note_waiting(s);
  if (s._objects == nullptr) s._objects = new Objects(8);
  const Waiting w(((uintptr_t)header(obj) - start_of(index)) / HeapWordSize, type);
  if (s._objects->is_empty() || !(s._objects->last() == w)) s._objects->append(w);
}

void PersistentSegments::wait(const void* slot, OpenedObject part) {
  Segment& s = _segments[index_of(slot)];
  note_waiting(s);
  if (s._parts == nullptr) s._parts = new Parts(2);
  s._parts->append(part);
}

void PersistentSegments::take_waiting(size_t segment, Translator* translator) {
  Segment& s = _segments[segment];
  assert(!s._hidden, "the translator touches it");
  if (has_waiting(segment)) _waiting--;
  Objects* objects = s._objects;
  Parts* parts = s._parts;
  s._objects = nullptr;
  s._parts = nullptr;
  if (objects != nullptr) {
    const uintptr_t start = start_of(segment) - ((uintptr_t)header(nullptr));
    for (int i = 0; i < objects->length(); i++) {
      translator->found((oopDesc*)(start + objects->at(i).word() * HeapWordSize), objects->at(i).type());
    }
    delete objects;
  }
  if (parts != nullptr) {
    for (int i = 0; i < parts->length(); i++) translator->found(parts->at(i));
    delete parts;
  }
}

void PersistentSegments::unhide(size_t segment) {
  assert(_segments[segment]._hidden, "once");
  _segments[segment]._hidden = false;
  _hidden--;
}

void PersistentSegments::begin_show(size_t segment, Translator* translator) {
  assert(_mapping == nullptr, "one at a time");
  char* mapping = PersistentMedia::map_objects_anywhere(segment * _size, _size);
  if (mapping == nullptr) {
    vm_exit_out_of_memory(_size, OOM_MMAP_ERROR, "opening the persistent heap");
  }
  _mapping = mapping;
  _shown = start_of(segment);
  unhide(segment);
  take_waiting(segment, translator);
}

void PersistentSegments::end_show() {
  if (::mremap(_mapping, _size, _size, MREMAP_MAYMOVE | MREMAP_FIXED, (void*)_shown) != (void*)_shown) {
    vm_exit_out_of_memory(_size, OOM_MMAP_ERROR, "opening the persistent heap");
  }
  _mapping = nullptr;
  _shown = 0;
}

void PersistentSegments::show_all(Translator* translator) {
  for (size_t i = 0; i < _count; i++) {
    const size_t first = i;
    for ( ; i < _count && _segments[i]._hidden; i++) unhide(i);
    if (i > first && ::mprotect((void*)start_of(first), (i - first) * _size, PROT_READ | PROT_WRITE) != 0) {
      vm_exit_out_of_memory((i - first) * _size, OOM_MPROTECT_ERROR, "opening the persistent heap");
    }
  }
  for (size_t i = 0; i < _count && _waiting > 0; i++) take_waiting(i, translator);
}
