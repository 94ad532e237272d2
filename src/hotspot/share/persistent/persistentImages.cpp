/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentImages.hpp"

#include "memory/allocation.inline.hpp"
#include "memory/iterator.hpp"
#include "oops/oop.inline.hpp"
#include "oops/typeArrayKlass.hpp"
#include "persistent/persistentCapture.hpp"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentRawMemory.hpp"
#include "utilities/powerOfTwo.hpp"

// ---- One image ----

void PersistentImage::note(const char* addr, int size, const void* before, const void* after) {
  const int from = (int)(addr - _start);
  assert(from >= 0 && size > 0 && from + size <= BlockSize, "not of this block");
  const int to = from + size;
  for (int i = next(from, false); i < to; ) {
    const int end = MIN2(next(i, true), to);
    memcpy(_before + i, (const char*)before + (i - from), end - i);
    i = next(end, false);
  }
  for (int i = from; i < to; ) {
    const int n = MIN2(64 - i % 64, to - i);
    _written[i / 64] |= (n == 64 ? ~(uint64_t)0 : ((uint64_t)1 << n) - 1) << (i % 64);
    i += n;
  }
  memcpy(_after + from, after, size);
}

void PersistentImage::include(const PersistentImage* later) {
  assert(_start == later->_start && _base == later->_base, "of the same block");
  later->runs_do([&] (int offset, int size) {
    note(_start + offset, size, later->_before + offset, later->_after + offset);
  });
}

static uint64_t value_at(const char* p, int size) {
  uint64_t value = 0;
  memcpy(&value, p, size);
  return value;
}

bool PersistentImage::holds() const {
  bool same = true;
  runs_do([&] (int offset, int size) { same = same && memcmp(_start + offset, _after + offset, size) == 0; });
  return same;
}

void PersistentImage::undo(bool checked) {
  const int element = 1 << TypeArrayKlass::cast(_base->klass())->log2_element_size();
  const auto undo_piece = [&] (int offset, int size) {
    if (!checked && PersistentRawMemory::load(_start + offset, size) != value_at(_after + offset, size)) return false;
    PersistentRawMemory::plain_store(_start + offset, size, value_at(_before + offset, size));
    return true;
  };
  runs_do([&] (int offset, int bytes) {
    const int end = offset + bytes;
    for (int size; offset < end; offset += size) {
      size = PersistentRawMemory::piece(_start + offset, end - offset);
      if (undo_piece(offset, size)) continue;
      // Each element that somebody else has stored to stands; the others next to it do not.
      const int part = MIN2(element, size);
      for (int i = offset; i < offset + size; i += part) {
        if (undo_piece(i, part)) continue;
        for (int j = i; j < i + part; j++) _foreign[j / 64] |= (uint64_t)1 << (j % 64);
      }
    }
  });
}

// ---- Those of a transaction ----

PersistentImages::PersistentImages() : _chunks(0), _length(0), _table(nullptr), _table_size(0), _used(0), _generation(1), _found(-1) {}

PersistentImages::~PersistentImages() {
  free_chunks(0);
  FREE_C_HEAP_ARRAY(Slot, _table);
}

void PersistentImages::free_chunks(int from) {
  while (_chunks.length() > from) FREE_C_HEAP_ARRAY(PersistentImage, _chunks.pop());
}

// Open addressing, linear probing.
PersistentImages::Slot* PersistentImages::slot_for(const char* start) const {
  int i = (int)((uintptr_t)start * UCONST64(0x9E3779B97F4A7C15) >> 32) & (_table_size - 1);
  while (_table[i].generation == _generation && _table[i].start != start) {
    i = (i + 1) & (_table_size - 1);
  }
  return &_table[i];
}

void PersistentImages::rebuild_table(int size) {
  if (size != _table_size) {
    FREE_C_HEAP_ARRAY(Slot, _table);
    _table = NEW_C_HEAP_ARRAY(Slot, size, mtPersistent);
    _table_size = size;
    memset(_table, 0, size * sizeof(Slot));
  }
  _generation++;
  _used = 0;
  for (int i = 0; i < _length; i++) {
    Slot* slot = slot_for(at(i)->_start);
    if (slot->generation != _generation) _used++;
    *slot = Slot{at(i)->_start, _generation, i};
  }
}

PersistentImage* PersistentImages::look_for(const oopDesc* base, const char* addr, int mark) const {
  const Slot* slot = slot_for(block_start(base, addr));
  if (slot->generation != _generation || slot->index < mark) return nullptr;
  _found = slot->index;
  return at(_found);
}

PersistentImage* PersistentImages::add(oopDesc* base, const char* addr) {
  guarantee(_length < max_jint / 8, "too many stores in a transaction");
  if ((_used + 1) * 2 > _table_size) rebuild_table(MAX2(_table_size, (int)round_up_power_of_2((_length + 1) * 4)));
  if (_length == _chunks.length() * ChunkLength) {
    _chunks.append(NEW_C_HEAP_ARRAY(PersistentImage, ChunkLength, mtPersistent));
  }
  PersistentImage* image = at(_length);
  image->_base = base;
  image->_start = block_start(base, addr);
  memset(image->_written, 0, sizeof(image->_written));
  memset(image->_foreign, 0, sizeof(image->_foreign));
  Slot* slot = slot_for(image->_start);
  if (slot->generation == _generation) {
    image->_previous = slot->index;
  } else {
    image->_previous = -1;
    _used++;
  }
  _found = _length++;
  *slot = Slot{image->_start, _generation, _found};
  return image;
}

void PersistentImages::truncate(int length) {
  if (length == 0) {
    _generation++;
    _used = 0;
    free_chunks(8);
  } else {
    for (int i = _length - 1; i >= length; i--) slot_for(at(i)->_start)->index = at(i)->_previous;
  }
  _length = length;
  _found = -1;
}

void PersistentImages::merge(int mark, int outer_mark) {
  int kept = mark;
  for (int i = mark; i < _length; i++) {
    const PersistentImage* image = at(i);
    Slot* slot = slot_for(image->_start);
    assert(slot->index == i, "the last one");
    if (image->_previous >= outer_mark) {
      slot->index = image->_previous;
      at(image->_previous)->include(image);
    } else {
      slot->index = kept;
      if (i != kept) *at(kept) = *image;
      kept++;
    }
  }
  _length = kept;
  _found = -1;
}

void PersistentImages::undo_to(int mark, bool checked) {
  for (int i = mark; i < _length; i++) at(i)->undo(checked);      // a level has one image of a block
}

// Not what memory has: somebody else may be storing there.
void PersistentImages::add_values(PersistentLogRecord* record) const {
  ranges_do([&] (oopDesc* base, char* addr, size_t bytes) {
    char* to = record->add(PersistentCapture::file_offset(addr), (uint32_t)bytes);
    for (size_t done = 0; done < bytes; ) {
      PersistentImage* image = find(base, addr + done, 0);
      size_t n = MIN2(bytes - done, (size_t)(image->end() - (addr + done)));
      memcpy(to + done, image->after(addr + done), n);
      done += n;
    }
  });
}

oopDesc* PersistentImages::find_conflict() const {
  for (int i = 0; i < _length; i++) {
    if (!at(i)->holds()) return at(i)->_base;
  }
  return nullptr;
}

bool PersistentImages::is_written(const void* addr) const {
  for (int i = 0; i < _length; i++) {
    const PersistentImage* image = at(i);
    if (addr >= image->_start && addr < image->end() && image->is_written((const char*)addr)) return true;
  }
  return false;
}

void PersistentImages::oops_do(OopClosure* cl) {
  for (int i = 0; i < _length; i++) cl->do_oop((oop*)&at(i)->_base);
}
