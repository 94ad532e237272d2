/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentAccess.hpp"

#include "classfile/vmSymbols.hpp"
#include "memory/iterator.inline.hpp"
#include "memory/resourceArea.hpp"
#include "oops/access.inline.hpp"
#include "oops/compressedOops.inline.hpp"
#include "oops/objArrayKlass.hpp"
#include "oops/objArrayOop.inline.hpp"
#include "oops/oop.inline.hpp"
#include "persistent/persistentCapture.hpp"
#include "persistent/persistentHeap.inline.hpp"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentSegments.hpp"
#include "persistent/persistentSlots.hpp"
#include "persistent/persistentTxn.hpp"
#include "runtime/atomic.hpp"
#include "runtime/handles.inline.hpp"
#include "runtime/javaThread.hpp"
#include "runtime/orderAccess.hpp"
#include "runtime/safepointVerifiers.hpp"

// ---- Raw memory ----

static uint64_t raw_load(void* addr, int size) {
  switch (size) {
    case 1: return Atomic::load((volatile uint8_t*)addr);
    case 2: return Atomic::load((volatile uint16_t*)addr);
    case 4: return Atomic::load((volatile uint32_t*)addr);
    case 8: return Atomic::load((volatile uint64_t*)addr);
    default: ShouldNotReachHere(); return 0;
  }
}

static void raw_store(void* addr, int size, uint64_t value) {
  switch (size) {
    case 1: Atomic::release_store_fence((volatile uint8_t*)addr, (uint8_t)value); break;
    case 2: Atomic::release_store_fence((volatile uint16_t*)addr, (uint16_t)value); break;
    case 4: Atomic::release_store_fence((volatile uint32_t*)addr, (uint32_t)value); break;
    case 8: Atomic::release_store_fence((volatile uint64_t*)addr, value); break;
    default: ShouldNotReachHere();
  }
}

static uint64_t raw_cmpxchg(void* addr, int size, uint64_t compare, uint64_t value) {
  switch (size) {
    case 1: return Atomic::cmpxchg((volatile uint8_t*)addr, (uint8_t)compare, (uint8_t)value);
    // Java emulates 16 bits with 32.
    case 4: return Atomic::cmpxchg((volatile uint32_t*)addr, (uint32_t)compare, (uint32_t)value);
    case 8: return Atomic::cmpxchg((volatile uint64_t*)addr, compare, value);
    default: ShouldNotReachHere(); return 0;
  }
}

static uint64_t truncate(uint64_t value, int size) {
  return size == 8 ? value : value & (((uint64_t)1 << (size * 8)) - 1);
}

static oopDesc* raw_load_oop(void* addr) {
  return cast_from_oop<oopDesc*>(RawAccess<>::oop_load((narrowOop*)addr));
}

// A reference to V needs its slot registered before a collection can see it.
static void raw_store_oop(void* addr, oopDesc* value) {
  if (value != nullptr && !PHeap::contains(value)) {
    PersistentSlots::add((narrowOop*)addr);
  }
  RawAccess<MO_SEQ_CST>::oop_store((narrowOop*)addr, cast_to_oop(value));
}

// ---- Outside transactions ----

// The log's lock, held for a store outside a transaction and its append: what is
// appended last for a location is what was stored last.
class PersistentStoreScope : public StackObj {
 public:
  PersistentStoreScope()  { PersistentLog::lock(); }
  ~PersistentStoreScope() { PersistentLog::unlock(); }
};

// Appends a record of a store outside a transaction. There is nobody to tell if the
// disk is full: such a record is small and goes to the log proper, except when it
// captures a large graph.
static void append_outside(JavaThread* thread, const PersistentLogRecord* record) {
  char err[512];
  uint64_t seq = PersistentLog::append(record, err, sizeof(err));
  if (seq == 0) {
    fatal("%s", err);
  }
  thread->persistent()._last_seq = seq;
}

static void log_outside(JavaThread* thread, oopDesc* base, void* addr, int size) {
  assert(PersistentLog::owned_by_self(), "must be");
  if (!PersistentSegments::is_captured(base) ||
      PersistentCapture::is_synchronizer_state(base->klass(), (char*)addr - (char*)base)) {
    return;
  }
  PersistentLogRecord record;
  PersistentCapture capture(thread, &record);
  bool ok = capture.add_location(base, (char*)addr, size, false);
  assert(ok, "primitives cannot fail");
  append_outside(thread, &record);
}

static bool in_txn(JavaThread* thread) { return thread->persistent().in_txn(); }

static bool is_unlogged(oopDesc* base, void* addr) {
  return PersistentCapture::is_synchronizer_state(base->klass(), (char*)addr - (char*)base);
}

// ---- Primitives ----

void PersistentAccess::store(JavaThread* thread, oopDesc* base, void* addr, int size, uint64_t value) {
  assert(PHeap::contains(base), "caller has tested");
  value = truncate(value, size);
  if (is_unlogged(base, addr)) {
    raw_store(addr, size, value);
  } else if (in_txn(thread)) {
    thread->persistent()._txn->record(base, addr, size, raw_load(addr, size), value);
    raw_store(addr, size, value);
  } else {
    PersistentStoreScope scope;
    raw_store(addr, size, value);
    log_outside(thread, base, addr, size);
  }
}

void PersistentAccess::put(JavaThread* thread, oopDesc* base, void* addr, const void* value, int size) {
  uint64_t bits = 0;
  memcpy(&bits, value, size);
  store(thread, base, addr, size, bits);
}

void PersistentAccess::store_1(JavaThread* thread, oopDesc* base, void* addr, uint64_t value) { store(thread, base, addr, 1, value); }
void PersistentAccess::store_2(JavaThread* thread, oopDesc* base, void* addr, uint64_t value) { store(thread, base, addr, 2, value); }
void PersistentAccess::store_4(JavaThread* thread, oopDesc* base, void* addr, uint64_t value) { store(thread, base, addr, 4, value); }
void PersistentAccess::store_8(JavaThread* thread, oopDesc* base, void* addr, uint64_t value) { store(thread, base, addr, 8, value); }

uint64_t PersistentAccess::cmpxchg(JavaThread* thread, oopDesc* base, void* addr, int size, uint64_t compare, uint64_t value) {
  compare = truncate(compare, size);
  value = truncate(value, size);
  if (is_unlogged(base, addr)) {
    return raw_cmpxchg(addr, size, compare, value);
  }
  if (in_txn(thread)) {
    uint64_t found = raw_cmpxchg(addr, size, compare, value);
    if (found == compare) {
      thread->persistent()._txn->record(base, addr, size, compare, value);
    }
    return found;
  }
  PersistentStoreScope scope;
  uint64_t found = raw_cmpxchg(addr, size, compare, value);
  if (found == compare) {
    log_outside(thread, base, addr, size);
  }
  return found;
}

uint64_t PersistentAccess::xchg(JavaThread* thread, oopDesc* base, void* addr, int size, uint64_t value) {
  while (true) {
    uint64_t found = raw_load(addr, size);
    if (cmpxchg(thread, base, addr, size, found, value) == found) return found;
  }
}

uint64_t PersistentAccess::add(JavaThread* thread, oopDesc* base, void* addr, int size, uint64_t delta) {
  while (true) {
    uint64_t found = raw_load(addr, size);
    if (cmpxchg(thread, base, addr, size, found, found + delta) == found) return found;
  }
}

// The largest naturally aligned piece of [addr, addr + bytes) that starts at addr.
static int piece(const char* addr, size_t bytes) {
  for (int size = 8; size > 1; size /= 2) {
    if (is_aligned(addr, size) && bytes >= (size_t)size) return size;
  }
  return 1;
}

static void remember_range(JavaThread* thread, oopDesc* base, char* addr, const char* new_bytes, int fill, size_t bytes) {
  PersistentTxn* txn = thread->persistent()._txn;
  for (size_t i = 0; i < bytes; ) {
    int size = piece(addr + i, bytes - i);
    uint64_t value = 0;
    if (new_bytes != nullptr) {
      memcpy(&value, new_bytes + i, size);
    } else {
      memset(&value, fill, size);
    }
    txn->record(base, addr + i, size, raw_load(addr + i, size), value);
    i += size;
  }
}

// Larger pieces would make one write of the record larger than its length field.
static const size_t MaxLoggedPiece = 1 * G;

static void log_range(JavaThread* thread, oopDesc* base, char* addr, size_t bytes) {
  while (bytes > 0) {
    size_t part = MIN2(bytes, MaxLoggedPiece);
    log_outside(thread, base, addr, (int)part);
    addr += part;
    bytes -= part;
  }
}

void PersistentAccess::copy(JavaThread* thread, oopDesc* base, void* addr, const void* from, size_t bytes) {
  if (bytes == 0) return;
  if (in_txn(thread)) {
    // Recorded before anything moves: source and destination may overlap.
    remember_range(thread, base, (char*)addr, (const char*)from, 0, bytes);
    Copy::conjoint_memory_atomic(from, addr, bytes);
  } else {
    PersistentStoreScope scope;
    Copy::conjoint_memory_atomic(from, addr, bytes);
    log_range(thread, base, (char*)addr, bytes);
  }
  OrderAccess::fence();
}

void PersistentAccess::fill(JavaThread* thread, oopDesc* base, void* addr, uint8_t value, size_t bytes) {
  if (bytes == 0) return;
  if (in_txn(thread)) {
    remember_range(thread, base, (char*)addr, nullptr, value, bytes);
    Copy::fill_to_memory_atomic(addr, bytes, value);
  } else {
    PersistentStoreScope scope;
    Copy::fill_to_memory_atomic(addr, bytes, value);
    log_range(thread, base, (char*)addr, bytes);
  }
  OrderAccess::fence();
}

// ---- References ----

// Outside a transaction: store, capture what becomes reachable, append; or nothing
// of it, and capture says why. Under the log's lock.
class PersistentOutsideStore : public StackObj {
  PersistentLogRecord _record;
  PersistentCapture   _capture;
  JavaThread*         _thread;
 public:
  PersistentOutsideStore(JavaThread* thread) : _record(), _capture(thread, &_record), _thread(thread) {}

  // The slot holds the new value; found is what it held before.
  bool log_or_undo(oopDesc* base, void* addr, oopDesc* found) {
    if (!PersistentSegments::is_captured(base) || is_unlogged(base, addr)) return true;
    if (_capture.add_location(base, (char*)addr, sizeof(narrowOop), true) && _capture.finish()) {
      append_outside(_thread, &_record);
      _capture.commit();
      return true;
    }
    _capture.abort();
    raw_store_oop(addr, found);
    return false;
  }
  PersistentCapture* capture() { return &_capture; }
};

bool PersistentAccess::try_store_oop(JavaThread* thread, oopDesc* base, void* addr, oopDesc* value) {
  assert(PHeap::contains(base), "caller has tested");
  if (is_unlogged(base, addr)) {
    raw_store_oop(addr, value);
    return true;
  }
  if (in_txn(thread)) {
    thread->persistent()._txn->record_oop(base, addr, raw_load_oop(addr), value);
    raw_store_oop(addr, value);
    return true;
  }
  PersistentStoreScope scope;
  oopDesc* found = raw_load_oop(addr);
  raw_store_oop(addr, value);
  PersistentOutsideStore outside(thread);
  return outside.log_or_undo(base, addr, found);
}

// The same for a thread in the VM; op stores if it wants to and says so.
template <typename OP>
static oop access_oop(oop base, ptrdiff_t offset, oop value, OP op, TRAPS) {
  JavaThread* thread = THREAD;
  oopDesc* obj = cast_from_oop<oopDesc*>(base);
  oopDesc* v = cast_from_oop<oopDesc*>(value);
  char* addr = (char*)obj + offset;
  assert(PHeap::contains(obj), "caller has tested");
  if (v != nullptr && !PHeap::contains(v)) {
    PersistentSlots::add((narrowOop*)addr);
  }
  if (in_txn(thread) || is_unlogged(obj, addr)) {
    oopDesc* found;
    if (op(addr, &found) && !is_unlogged(obj, addr)) {
      thread->persistent()._txn->record_oop(obj, addr, found, v);
    }
    return cast_to_oop(found);
  }
  PersistentLog::lock();
  oopDesc* found;
  bool ok = true;
  PersistentLogRecord record;
  PersistentCapture capture(thread, &record);
  if (op(addr, &found) && PersistentSegments::is_captured(obj)) {
    ok = capture.add_location(obj, addr, sizeof(narrowOop), true) && capture.finish();
    if (ok) {
      append_outside(thread, &record);
      capture.commit();
    } else {
      capture.abort();
      raw_store_oop(addr, found);
    }
  }
  PersistentLog::unlock();
  if (!ok) {
    capture.throw_failure(THREAD);
    return nullptr;
  }
  return cast_to_oop(found);
}

void PersistentAccess::store_oop(oop base, ptrdiff_t offset, oop value, TRAPS) {
  access_oop(base, offset, value, [value] (char* addr, oopDesc** found) {
    *found = raw_load_oop(addr);
    raw_store_oop(addr, cast_from_oop<oopDesc*>(value));
    return true;
  }, THREAD);
}

oop PersistentAccess::cmpxchg_oop(oop base, ptrdiff_t offset, oop compare, oop value, TRAPS) {
  return access_oop(base, offset, value, [compare, value] (char* addr, oopDesc** found) {
    oop f = RawAccess<MO_SEQ_CST>::oop_atomic_cmpxchg((narrowOop*)addr, compare, value);
    *found = cast_from_oop<oopDesc*>(f);
    return f == compare;
  }, THREAD);
}

oop PersistentAccess::xchg_oop(oop base, ptrdiff_t offset, oop value, TRAPS) {
  return access_oop(base, offset, value, [value] (char* addr, oopDesc** found) {
    *found = cast_from_oop<oopDesc*>(RawAccess<MO_SEQ_CST>::oop_atomic_xchg((narrowOop*)addr, value));
    return true;
  }, THREAD);
}

void PersistentAccess::arraycopy_oop(arrayOop src, ptrdiff_t src_offset, arrayOop dst, ptrdiff_t dst_offset, int length, TRAPS) {
  JavaThread* thread = THREAD;
  Handle s(thread, src);
  Handle d(thread, dst);
  bool backwards = src == dst && src_offset < dst_offset;
  Klass* bound = ObjArrayKlass::cast(dst->klass())->element_klass();
  for (int n = 0; n < length; n++) {
    ptrdiff_t i = (backwards ? length - 1 - n : n) * (ptrdiff_t)sizeof(narrowOop);
    oop value = HeapAccess<>::oop_load_at(s(), src_offset + i);
    if (value != nullptr && !value->klass()->is_subtype_of(bound)) {
      ResourceMark rm(THREAD);
      stringStream ss;
      ss.print("arraycopy: element type mismatch: can not cast one of the elements of %s to the type of the destination array, %s",
               s()->klass()->external_name(), bound->external_name());
      THROW_MSG(vmSymbols::java_lang_ArrayStoreException(), ss.as_string());
    }
    store_oop(d(), dst_offset + i, value, CHECK);
  }
}

class RegisterSlotsClosure : public BasicOopIterateClosure {
 public:
  void do_oop(narrowOop* p) override {
    oop v = RawAccess<>::oop_load(p);
    if (v != nullptr && !PHeap::contains(v)) {
      PersistentSlots::add(p);
    }
  }
  void do_oop(oop* p) override { ShouldNotReachHere(); }
};

void PersistentAccess::initialized_raw(oop obj) {
  if (PHeap::contains(obj)) {
    assert(!PersistentSegments::is_captured(obj), "was seen by somebody else");
    RegisterSlotsClosure cl;
    obj->oop_iterate(&cl);
  }
}

bool PersistentAccess::log_location(PersistentLogRecord* record, oopDesc* base, char* addr, int size, bool is_oop) {
  PersistentCapture capture(JavaThread::current(), record);
  if (capture.add_location(base, addr, size, is_oop) && capture.finish()) {
    capture.commit();
    return true;
  }
  capture.abort();
  return false;
}
