/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentSegments.hpp"

#include "memory/allocation.inline.hpp"
#include "classfile/vmSymbols.hpp"
#include "oops/markWord.hpp"
#include "persistent/persistentAllocation.hpp"
#include "persistent/persistentAudit.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentTxn.hpp"
#include "persistent/persistent_globals.hpp"
#include "runtime/atomic.hpp"
#include "runtime/javaThread.hpp"
#include "runtime/mutex.hpp"
#include "runtime/os.hpp"
#include "utilities/count_trailing_zeros.hpp"
#include "utilities/powerOfTwo.hpp"

uintptr_t PersistentSegments::_base = 0;
size_t    PersistentSegments::_count = 0;
uint32_t* PersistentSegments::_taken = nullptr;
uint32_t* PersistentSegments::_logged = nullptr;
uint32_t* PersistentSegments::_opened = nullptr;
uint64_t* PersistentSegments::_captured = nullptr;
size_t    PersistentSegments::_cursor = 0;
volatile size_t PersistentSegments::_used = 0;

// Guards _taken, _cursor and the recycled buffers. Taken inside the log's lock, by
// leaf code too, so it is no VM mutex; nothing is called while it is held.
static PlatformMutex* segments_lock = nullptr;

class SegmentsLocker : public StackObj {
 public:
  SegmentsLocker()  { segments_lock->lock(); }
  ~SegmentsLocker() { segments_lock->unlock(); }
};

struct RecycledBuffer { char* top; char* end; };
static GrowableArrayCHeap<RecycledBuffer, mtPersistent>* recycled = nullptr;

void PersistentSegments::initialize(uintptr_t base, size_t size, const uint64_t* segment_table) {
  assert(size % SegmentSize == 0, "must be");
  segments_lock = new PlatformMutex();
  recycled = new GrowableArrayCHeap<RecycledBuffer, mtPersistent>();
  _base  = base;
  _count = size / SegmentSize;
  _cursor = 0;
  _used = 0;
  _taken  = NEW_C_HEAP_ARRAY(uint32_t, _count, mtPersistent);
  _logged = NEW_C_HEAP_ARRAY(uint32_t, _count, mtPersistent);
  _opened = NEW_C_HEAP_ARRAY(uint32_t, _count, mtPersistent);
  for (size_t i = 0; i < _count; i++) {
    uint32_t used = (uint32_t)align_up(segment_table[i], (uint64_t)8);
    assert(used <= SegmentSize, "checked when the file was opened");
    _taken[i] = _logged[i] = _opened[i] = used;
    _used += used;
  }
  // Touched only where objects are: the operating system backs it lazily.
  size_t bytes = align_up(size / 8 / BitsPerByte, os::vm_page_size());
  _captured = (uint64_t*)os::reserve_memory(bytes, mtPersistent);
  if (_captured == nullptr || !os::commit_memory((char*)_captured, bytes, false)) {
    vm_exit_out_of_memory(bytes, OOM_MMAP_ERROR, "persistent heap's capture bitmap");
  }
}

char* PersistentSegments::take(size_t segment, size_t bytes) {
  char* result = (char*)_base + segment * SegmentSize + _taken[segment];
  _taken[segment] += (uint32_t)bytes;
  assert(_taken[segment] <= SegmentSize, "overflow");
  Atomic::add(&_used, bytes);
  return result;
}

char* PersistentSegments::allocate_buffer(size_t min_bytes, size_t* bytes) {
  assert(min_bytes <= BufferSize, "use allocate_large");
  SegmentsLocker sl;
  while (recycled->is_nonempty()) {
    RecycledBuffer b = recycled->pop();
    if (pointer_delta(b.end, b.top, 1) >= min_bytes) {
      *bytes = pointer_delta(b.end, b.top, 1);
      return b.top;
    }
  }
  for (size_t i = _cursor; i < _count; i++) {
    size_t room = SegmentSize - _taken[i];
    if (room >= min_bytes) {
      *bytes = MIN2(room, BufferSize);
      return take(i, *bytes);
    }
    // Less than the smallest useful rest: never looked at again.
    if (i == _cursor && room < 1 * K) _cursor++;
  }
  return nullptr;
}

char* PersistentSegments::allocate_large(size_t bytes) {
  SegmentsLocker sl;
  if (bytes <= SegmentSize) {
    for (size_t i = _cursor; i < _count; i++) {
      if (SegmentSize - _taken[i] >= bytes) return take(i, bytes);
    }
    return nullptr;
  }
  // A run of untouched segments; the rest of the last one stays usable.
  size_t needed = align_up(bytes, SegmentSize) / SegmentSize;
  size_t run = 0;
  for (size_t i = 0; i < _count; i++) {
    run = (_taken[i] == 0) ? run + 1 : 0;
    if (run == needed) {
      size_t first = i + 1 - needed;
      char* result = (char*)_base + first * SegmentSize;
      size_t rest = bytes;
      for (size_t s = first; s <= i; s++) {
        size_t part = MIN2(rest, SegmentSize);
        take(s, part);
        rest -= part;
      }
      return result;
    }
  }
  return nullptr;
}

void PersistentSegments::recycle_buffer(char* top, char* end) {
  if (pointer_delta(end, top, 1) < 256) return;
  SegmentsLocker sl;
  recycled->append(RecycledBuffer{top, end});
}

bool PersistentSegments::is_captured(const void* obj) {
  size_t offset = (uintptr_t)obj - _base;
  if (offset % SegmentSize < _opened[offset / SegmentSize]) return true;
  size_t bit = offset / 8;
  return (Atomic::load_acquire(&_captured[bit / 64]) >> (bit % 64)) & 1;
}

void PersistentSegments::set_captured(const void* obj) {
  assert(PersistentLog::owned_by_self(), "the log's lock orders captures");
  size_t bit = ((uintptr_t)obj - _base) / 8;
  Atomic::release_store(&_captured[bit / 64], _captured[bit / 64] | ((uint64_t)1 << (bit % 64)));
}

void PersistentSegments::clear_captured(const void* obj) {
  assert(PersistentLog::owned_by_self(), "the log's lock orders captures");
  size_t bit = ((uintptr_t)obj - _base) / 8;
  Atomic::release_store(&_captured[bit / 64], _captured[bit / 64] & ~((uint64_t)1 << (bit % 64)));
}

void PersistentSegments::captured_do(void f(void* context, oopDesc* obj), void* context) {
  assert(PersistentLog::owned_by_self(), "the log's lock orders captures");
  for (size_t word = 0; word < _count * SegmentSize / 8 / 64; word++) {
    for (uint64_t bits = _captured[word]; bits != 0; bits &= bits - 1) {
      f(context, (oopDesc*)(_base + (word * 64 + count_trailing_zeros(bits)) * 8));
    }
  }
}

bool PersistentSegments::is_taken(const void* p) {
  size_t offset = (uintptr_t)p - _base;
  return offset < _count * SegmentSize && offset % SegmentSize < _opened[offset / SegmentSize];
}

void PersistentSegments::Update::include(const void* obj, size_t bytes) {
  size_t start = (uintptr_t)obj - _base;
  size_t end = start + bytes;
  for (size_t s = start / SegmentSize; s * SegmentSize < end; s++) {
    uint32_t used = (uint32_t)MIN2(end - s * SegmentSize, SegmentSize);
    if (used > _logged[s]) {
      if (_changes.is_empty() || _changes.last().segment != s) {
        _changes.append(Change{s, _logged[s]});
      }
      _logged[s] = used;
    }
  }
}

void PersistentSegments::Update::finish(PersistentLogRecord* record) {
  for (int i = 0; i < _changes.length(); i++) {
    size_t s = _changes.at(i).segment;
    uint64_t used = _logged[s];
    record->add(PersistentLayout::SegmentTableOffset + s * sizeof(uint64_t), &used, sizeof(used));
  }
  _changes.clear();
}

void PersistentSegments::Update::abort() {
  while (_changes.is_nonempty()) {
    Change c = _changes.pop();
    _logged[c.segment] = c.before;
  }
}

// ---- The threads' side (persistentAllocation.hpp) ----

HeapWord* PersistentAllocation::allocate_raw(JavaThread* thread, size_t words) {
  PersistentThread& pt = thread->persistent();
  size_t bytes = words * HeapWordSize;
  // The length of a write in the log is 32 bits.
  const size_t max_object = 2 * (size_t)G;
  char* p;
  if (bytes > max_object) {
    return nullptr;
  } else if (bytes <= pointer_delta(pt._plab_end, pt._plab_top, 1)) {
    p = pt._plab_top;
    pt._plab_top += bytes;
  } else if (bytes > PersistentSegments::BufferSize / 4) {
    p = PersistentSegments::allocate_large(bytes);
    if (p == nullptr) return nullptr;
    if (pt.in_txn()) pt._txn->note_allocation(p, p + bytes);
  } else {
    size_t size;
    char* buffer = PersistentSegments::allocate_buffer(bytes, &size);
    if (buffer == nullptr) return nullptr;
    if (pt._plab_top != nullptr) {
      PersistentSegments::recycle_buffer(pt._plab_top, pt._plab_end);
    }
    pt._plab_top = buffer + bytes;
    pt._plab_end = buffer + size;
    if (pt.in_txn()) pt._txn->note_allocation(buffer, buffer + size);
    p = buffer;
  }
  // Also makes the pages private: the applier relies on it.
  memset(p, 0, bytes);
  return (HeapWord*)p;
}

HeapWord* PersistentAllocation::allocate(Klass* klass, size_t words, TRAPS) {
  PersistentTxn* txn = THREAD->persistent()._txn;
  if (txn != nullptr && txn->is_implicit()) {
    txn->renew_if_large();
    PersistentAudit::run_if_due();
  }
  HeapWord* p = allocate_raw(THREAD, words);
  if (p == nullptr) {
    if (PersistentAllocateAll) return nullptr;
    THROW_MSG_NULL(vmSymbols::java_lang_OutOfMemoryError(), "Persistent heap space");
  }
  if (txn != nullptr) {
    txn->note_new_object((oopDesc*)p);
  }
  return p;
}

// The identity hash is assigned at birth, so that it is in the first media form
// already. Derived from the address: objects of P do not move.
markWord PersistentAllocation::initial_mark(HeapWord* p) {
  uint64_t h = ((uintptr_t)p - PHeap::base()) / HeapWordSize + 1;
  h *= UCONST64(0xD6E8FEB86659FD93);
  h ^= h >> 32;
  h *= UCONST64(0xD6E8FEB86659FD93);
  intptr_t hash = (intptr_t)((h >> 32) & markWord::hash_mask);
  return markWord::prototype().copy_set_hash(hash == 0 ? 1 : hash);
}
