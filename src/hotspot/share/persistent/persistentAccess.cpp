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
#include "oops/instanceKlass.inline.hpp"
#include "oops/objArrayKlass.hpp"
#include "oops/objArrayOop.inline.hpp"
#include "oops/oop.inline.hpp"
#include "oops/typeArrayKlass.hpp"
#include "oops/typeArrayOop.inline.hpp"
#include "persistent/persistentBarrier.hpp"
#include "persistent/persistentCapture.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentRawMemory.hpp"
#include "persistent/persistentRoom.hpp"
#include "persistent/persistentSpace.hpp"
#include "persistent/persistentSlots.hpp"
#include "persistent/persistentTxn.inline.hpp"
#include "persistent/persistentUnlogged.hpp"
#include "runtime/atomic.hpp"
#include "runtime/fieldDescriptor.inline.hpp"
#include "runtime/handles.inline.hpp"
#include "runtime/javaThread.hpp"
#include "runtime/orderAccess.hpp"
#include "runtime/safepointVerifiers.hpp"
#include "utilities/copy.hpp"

static uint64_t truncate(uint64_t value, int size) {
  return size == 8 ? value : value & (((uint64_t)1 << (size * 8)) - 1);
}

// ---- Outside transactions ----

// The log's lock, held for a store outside a transaction and its append: what is
// appended last for a location is what was stored last.
// An atomic access in a transaction, too, is recorded after it is done: unless its object is captured for good, nobody
// may capture that in between.
class PersistentStoreScope : public StackObj {
  const bool _locked;
 public:
  PersistentStoreScope(bool locked = true) : _locked(locked) {
    if (_locked) PersistentLog::lock();
  }
  ~PersistentStoreScope() {
    if (_locked) PersistentLog::unlock();
  }
  bool locked() const { return _locked; }
};

// Appends a record of primitive stores outside a transaction. There is nobody to tell if the
// disk is full: such a record goes to the log proper, unless a range is larger than a quarter of that.
static void append_outside(JavaThread* thread, const PersistentLogRecord* record) {
  char err[512];
  uint64_t seq = PersistentLog::append(record, err, sizeof(err));
  if (seq == 0) {
    fatal("%s", err);
  }
  thread->persistent()._last_seq = seq;
}

static bool is_unlogged(oopDesc* base, void* addr) {
  return PersistentUnlogged::contains(base->klass(), (char*)addr - (char*)base);
}

static void log_outside(JavaThread* thread, oopDesc* base, void* addr, int size) {
  assert(PersistentLog::owned_by_self(), "must be");
  if (!PersistentSpace::is_captured(base) || is_unlogged(base, addr)) return;
  PersistentLogRecord record;
  PersistentCapture capture(thread, &record);
  bool ok = capture.add_location(base, (char*)addr, size, false);
  assert(ok, "primitives cannot fail");
  append_outside(thread, &record);
}

// Asked before an access stores anything: an implicit transaction may end here.
static bool in_txn(JavaThread* thread) {
  PersistentTxn* txn = thread->persistent()._txn;
  if (txn != nullptr && txn->is_implicit()) {
    txn->renew_if_large();
  }
  return txn != nullptr;
}

// ---- Primitives ----

// The stores of a transaction that need no more than themselves: to what the current level has
// allocated, and to a location that it has recorded, whose entry has the value then.
// C2 code asks the same before it calls: PersistentStoreC2::store_known.
static inline bool is_known(JavaThread* thread, oopDesc* base, void* addr, int log2_size, uint64_t value) {
  assert(PHeap::contains(base), "caller has tested");
  PersistentThread& pt = thread->persistent();
  if (pt.is_own(base)) {
    assert(!PersistentSpace::is_captured(base) || is_unlogged(base, addr), "stores to what is captured are recorded");
    return true;
  }
  const PersistentThread::Recent* r = &pt._recent[PersistentThread::recent_index(addr)];
  if (r->_key != pt.recent_key(addr, log2_size)) return false;
  *r->_new_value = value;
  return true;
}

static NOINLINE void store_slowly(JavaThread* thread, oopDesc* base, void* addr, int size, uint64_t value) {
  value = truncate(value, size);
  if (is_unlogged(base, addr)) {
    PersistentRawMemory::plain_store(addr, size, value);
  } else if (in_txn(thread)) {
    thread->persistent()._txn->record(base, addr, size, PersistentRawMemory::load(addr, size), value);
    PersistentRawMemory::plain_store(addr, size, value);
  } else {
    PersistentStoreScope scope;
    PersistentRawMemory::store(addr, size, value);
    log_outside(thread, base, addr, size);
  }
}

template <int log2_size, bool is_plain>
static void first_store(JavaThread* thread, oopDesc* base, void* addr, uint64_t value) {
  const int size = 1 << log2_size;
  value = truncate(value, size);
  assert(!thread->persistent().is_own(base), "the caller has looked");
  if (PersistentTxn::try_record<is_plain>(thread, base, addr, log2_size, value)) {
    PersistentRawMemory::plain_store(addr, size, value);
  } else {
    store_slowly(thread, base, addr, size, value);
  }
}

template <int log2_size>
static inline void plain_store(JavaThread* thread, oopDesc* base, void* addr, uint64_t value) {
  const int size = 1 << log2_size;
  value = truncate(value, size);
  if (is_known(thread, base, addr, log2_size, value)) {
    PersistentRawMemory::plain_store(addr, size, value);
  } else {
    first_store<log2_size, false>(thread, base, addr, value);
  }
}

address PersistentAccess::first_store_entry(int log2_size, bool is_plain) {
  switch (log2_size) {
    case 0: return is_plain ? CAST_FROM_FN_PTR(address, (first_store<0, true>)) : CAST_FROM_FN_PTR(address, (first_store<0, false>));
    case 1: return is_plain ? CAST_FROM_FN_PTR(address, (first_store<1, true>)) : CAST_FROM_FN_PTR(address, (first_store<1, false>));
    case 2: return is_plain ? CAST_FROM_FN_PTR(address, (first_store<2, true>)) : CAST_FROM_FN_PTR(address, (first_store<2, false>));
    case 3: return is_plain ? CAST_FROM_FN_PTR(address, (first_store<3, true>)) : CAST_FROM_FN_PTR(address, (first_store<3, false>));
    default: ShouldNotReachHere(); return nullptr;
  }
}

void PersistentAccess::plain_store_1(JavaThread* thread, oopDesc* base, void* addr, uint64_t value) { plain_store<0>(thread, base, addr, value); }
void PersistentAccess::plain_store_2(JavaThread* thread, oopDesc* base, void* addr, uint64_t value) { plain_store<1>(thread, base, addr, value); }
void PersistentAccess::plain_store_4(JavaThread* thread, oopDesc* base, void* addr, uint64_t value) { plain_store<2>(thread, base, addr, value); }
void PersistentAccess::plain_store_8(JavaThread* thread, oopDesc* base, void* addr, uint64_t value) { plain_store<3>(thread, base, addr, value); }

void PersistentAccess::store_1(JavaThread* thread, oopDesc* base, void* addr, uint64_t value) { plain_store_1(thread, base, addr, value); OrderAccess::fence(); }
void PersistentAccess::store_2(JavaThread* thread, oopDesc* base, void* addr, uint64_t value) { plain_store_2(thread, base, addr, value); OrderAccess::fence(); }
void PersistentAccess::store_4(JavaThread* thread, oopDesc* base, void* addr, uint64_t value) { plain_store_4(thread, base, addr, value); OrderAccess::fence(); }
void PersistentAccess::store_8(JavaThread* thread, oopDesc* base, void* addr, uint64_t value) { plain_store_8(thread, base, addr, value); OrderAccess::fence(); }

void PersistentAccess::store(JavaThread* thread, oopDesc* base, void* addr, int size, uint64_t value) {
  switch (size) {
    case 1: store_1(thread, base, addr, value); break;
    case 2: store_2(thread, base, addr, value); break;
    case 4: store_4(thread, base, addr, value); break;
    case 8: store_8(thread, base, addr, value); break;
    default: ShouldNotReachHere();
  }
}

void PersistentAccess::put(JavaThread* thread, oopDesc* base, void* addr, const void* value, int size) {
  uint64_t bits = 0;
  memcpy(&bits, value, size);
  store(thread, base, addr, size, bits);
}

// The bytes of the field or element that begins at addr; 0 if none does.
static int unit_at(oopDesc* base, const char* addr) {
  Klass* klass = base->klass();
  if (klass->is_typeArray_klass()) return 1 << TypeArrayKlass::cast(klass)->log2_element_size();
  fieldDescriptor fd;
  if (!klass->is_instance_klass() || !InstanceKlass::cast(klass)->find_field_from_offset((int)(addr - (const char*)base), false, &fd)) return 0;
  return type2aelembytes(fd.field_type());
}

// Java compares and sets bytes and shorts by the four bytes around them. What is stored is the one; the others may be what
// other transactions have not committed. False if nothing is.
static bool find_stored(oopDesc* base, char** addr, int* size, uint64_t* compare, uint64_t* value) {
  const uint64_t different = *compare ^ *value;
  if (different == 0) return false;
  if (*size != sizeof(jint)) return true;
  for (int unit = sizeof(jshort); unit > 0; unit /= 2) {
    for (int i = 0; i < *size; i += unit) {
      const uint64_t mask = truncate(~(uint64_t)0, unit) << (i * 8);
      if ((different & ~mask) != 0) continue;
      // Most are fields of four bytes.
      if (unit_at(base, *addr) >= *size) return true;
      if (unit_at(base, *addr + i) != unit) continue;
      *addr += i;
      *size = unit;
      *compare = (*compare & mask) >> (i * 8);
      *value = (*value & mask) >> (i * 8);
      return true;
    }
  }
  return true;
}

uint64_t PersistentAccess::cmpxchg(JavaThread* thread, oopDesc* base, void* addr, int size, uint64_t compare, uint64_t value) {
  compare = truncate(compare, size);
  value = truncate(value, size);
  if (is_unlogged(base, addr)) {
    return PersistentRawMemory::cmpxchg(addr, size, compare, value);
  }
  if (in_txn(thread)) {
    PersistentStoreScope scope(!PersistentSpace::is_captured(base));
    uint64_t found = PersistentRawMemory::cmpxchg(addr, size, compare, value);
    char* stored = (char*)addr;
    if (found == compare && find_stored(base, &stored, &size, &compare, &value)) {
      thread->persistent()._txn->record(base, stored, size, compare, value, false, scope.locked());
    }
    return found;
  }
  PersistentStoreScope scope;
  uint64_t found = PersistentRawMemory::cmpxchg(addr, size, compare, value);
  char* stored = (char*)addr;
  if (found == compare && find_stored(base, &stored, &size, &compare, &value)) {
    log_outside(thread, base, stored, size);
  }
  return found;
}

uint64_t PersistentAccess::xchg(JavaThread* thread, oopDesc* base, void* addr, int size, uint64_t value) {
  while (true) {
    uint64_t found = PersistentRawMemory::load(addr, size);
    if (cmpxchg(thread, base, addr, size, found, value) == found) return found;
  }
}

uint64_t PersistentAccess::add(JavaThread* thread, oopDesc* base, void* addr, int size, uint64_t delta) {
  while (true) {
    uint64_t found = PersistentRawMemory::load(addr, size);
    if (cmpxchg(thread, base, addr, size, found, found + delta) == found) return found;
  }
}

// In a transaction: from null is a fill.
static void store_range(JavaThread* thread, oopDesc* base, char* addr, const char* from, uint8_t fill, size_t bytes) {
  PersistentTxn* txn = thread->persistent()._txn;
  if (txn->store_range(base, addr, from, fill, bytes)) return;
  // Recorded before anything moves: source and destination may overlap.
  const size_t recorded = txn->is_own(base) ? 0 : bytes;
  for (size_t i = 0; i < recorded; ) {
    int size = PersistentRawMemory::piece(addr + i, recorded - i);
    uint64_t value = 0;
    if (from != nullptr) {
      memcpy(&value, from + i, size);
    } else {
      memset(&value, fill, size);
    }
    txn->record(base, addr + i, size, PersistentRawMemory::load(addr + i, size), value);
    i += size;
  }
  if (from != nullptr) {
    Copy::conjoint_memory_atomic(from, addr, bytes);
  } else {
    Copy::fill_to_memory_atomic(addr, bytes, fill);
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
    store_range(thread, base, (char*)addr, (const char*)from, 0, bytes);
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
    store_range(thread, base, (char*)addr, nullptr, value, bytes);
  } else {
    PersistentStoreScope scope;
    Copy::fill_to_memory_atomic(addr, bytes, value);
    log_range(thread, base, (char*)addr, bytes);
  }
  OrderAccess::fence();
}

void PersistentAccess::copy_swap(JavaThread* thread, oopDesc* base, void* addr, const void* from, size_t bytes, size_t esize) {
  char* swapped = NEW_C_HEAP_ARRAY(char, bytes, mtPersistent);
  Copy::conjoint_swap(from, swapped, bytes, esize);
  copy(thread, base, addr, swapped, bytes);
  FREE_C_HEAP_ARRAY(char, swapped);
}

// ---- JNI arrays ----

bool PersistentAccess::copy_region(JavaThread* thread, typeArrayOop array, size_t offset, const void* from, size_t bytes) {
  if (!PersistentBarrier::covers(array, PersistentBarrier::array_region)) return false;
  copy(thread, array, cast_from_oop<char*>(array) + offset, from, bytes);
  return true;
}

static char* elements(typeArrayOop array, size_t* bytes) {
  BasicType type = TypeArrayKlass::cast(array->klass())->element_type();
  *bytes = (size_t)array->length() * type2aelembytes(type);
  return (char*)array->base(type);
}

// Applies f to the runs of elements, by where they begin and end in bytes, in which a and b differ.
template <typename F> static void differences_do(const char* a, const char* b, size_t bytes, size_t element, F f) {
  const size_t step = sizeof(uint64_t);
  for (size_t i = 0; i < bytes; ) {
    while (bytes - i >= step && memcmp(a + i, b + i, step) == 0) i += step;
    while (i < bytes && memcmp(a + i, b + i, element) == 0) i += element;
    const size_t from = i;
    while (i < bytes && memcmp(a + i, b + i, element) != 0) i += element;
    if (from < i) f(from, i);
  }
}

void* PersistentAccess::copy_out(typeArrayOop array, jboolean* is_copy) {
  size_t bytes;
  char* from = elements(array, &bytes);
  // Twice: one to be changed, and what it was. Of an empty array too: the caller takes null for a failure.
  char* copy = NEW_C_HEAP_ARRAY_RETURN_NULL(char, MAX2(bytes * 2, (size_t)1), mtPersistent);
  if (copy != nullptr) {
    memcpy(copy + bytes, from, bytes);
    memcpy(copy, copy + bytes, bytes);
  }
  if (is_copy != nullptr) *is_copy = JNI_TRUE;
  return copy;
}

// Stores what differs from before, as one store if no transaction is open.
static void copy_differences(JavaThread* thread, typeArrayOop array, char* to, const char* from, const char* before, size_t bytes) {
  oopDesc* base = cast_from_oop<oopDesc*>(array);
  const size_t element = (size_t)1 << TypeArrayKlass::cast(array->klass())->log2_element_size();
  if (in_txn(thread)) {
    differences_do(from, before, bytes, element, [&] (size_t begin, size_t end) {
      store_range(thread, base, to + begin, from + begin, 0, end - begin);
    });
  } else {
    PersistentStoreScope scope;
    PersistentLogRecord record;
    PersistentCapture capture(thread, &record);
    const bool is_logged = PersistentSpace::is_captured(base);
    differences_do(from, before, bytes, element, [&] (size_t begin, size_t end) {
      Copy::conjoint_memory_atomic(from + begin, to + begin, end - begin);
      for (size_t i = begin; is_logged && i < end; i += MaxLoggedPiece) {
        bool ok = capture.add_location(base, to + i, (int)MIN2(end - i, MaxLoggedPiece), false);
        assert(ok, "primitives cannot fail");
      }
    });
    if (!record.is_empty()) append_outside(thread, &record);
  }
  OrderAccess::fence();
}

void PersistentAccess::copy_back(JavaThread* thread, typeArrayOop array, void* from, int mode) {
  size_t bytes;
  char* to = elements(array, &bytes);
  if (mode != JNI_ABORT) {
    // What was not changed is not stored: others may have stored to it since, and programs release what they have only read so, too.
    copy_differences(thread, array, to, (char*)from, (char*)from + bytes, bytes);
    if (mode == JNI_COMMIT) memcpy((char*)from + bytes, from, bytes);
  }
  if (mode != JNI_COMMIT) {
    FREE_C_HEAP_ARRAY(char, from);
  }
}

// ---- References ----

// Outside a transaction: capture what becomes reachable, store, append; or nothing
// of it, and capture says why. Under the log's lock.
class PersistentOutsideStore : public StackObj {
  PersistentLogRecord _record;
  PersistentCapture   _capture;
  JavaThread*         _thread;
  bool                _is_logged;
 public:
  PersistentOutsideStore(JavaThread* thread) : _record(), _capture(thread, &_record), _thread(thread), _is_logged(false) {}

  // Before the slot has the value, which is replaced by its copy if that is to be stored: nobody sees a value that is refused.
  bool capture(oopDesc* base, void* addr, oopDesc** value) {
    _is_logged = PersistentSpace::is_captured(base) && !is_unlogged(base, addr);
    if (!_is_logged || (_capture.add_reference(base, (char*)addr, value) && _capture.finish())) return true;
    _capture.abort();
    return false;
  }
  // The slot has another value than expected, and keeps it.
  void cancel() {
    if (_is_logged) _capture.abort();
  }
  // The slot holds the new value; found is what it held before.
  bool log_or_undo(void* addr, oopDesc* found) {
    if (!_is_logged) return true;
    char err[256];
    uint64_t seq = PersistentLog::append(&_record, err, sizeof(err));
    if (seq != 0) {
      _thread->persistent()._last_seq = seq;
      _capture.commit();
      return true;
    }
    _capture.disk_full(err);
    _capture.abort();
    PersistentRawMemory::store_oop(addr, found);
    return false;
  }
  const PersistentCapture::Failure& failure() const { return _capture.failure(); }
};

bool PersistentAccess::try_store_oop(JavaThread* thread, oopDesc* base, void* addr, oopDesc* value) {
  bool stored = try_plain_store_oop(thread, base, addr, value);
  OrderAccess::fence();
  return stored;
}

bool PersistentAccess::try_plain_store_oop(JavaThread* thread, oopDesc* base, void* addr, oopDesc* value) {
  STATIC_ASSERT(sizeof(narrowOop) == 1 << 2);
  if (is_known(thread, base, addr, 2, (uint64_t)(uintptr_t)value) || is_unlogged(base, addr)) {
    PersistentRawMemory::plain_store_oop(addr, value);
    return true;
  }
  if (in_txn(thread)) {
    thread->persistent()._txn->record_oop(base, addr, value);
    PersistentRawMemory::plain_store_oop(addr, value);
    return true;
  }
  PersistentStoreScope scope;
  PersistentOutsideStore outside(thread);
  if (!outside.capture(base, addr, &value)) return false;
  oopDesc* found = PersistentRawMemory::load_oop(addr);
  PersistentRawMemory::store_oop(addr, value);
  return outside.log_or_undo(addr, found);
}

// The same for a thread in the VM; op stores if it wants to and says so. It is given the
// references as they are after a collection.
template <typename OP>
static oop access_oop(oop base, ptrdiff_t offset, bool compares, oop compare, oop value, OP op, TRAPS, PersistentRoom room = PersistentRoom()) {
  JavaThread* thread = THREAD;
  oopDesc* obj = cast_from_oop<oopDesc*>(base);
  oopDesc* c = cast_from_oop<oopDesc*>(compare);
  oopDesc* v = cast_from_oop<oopDesc*>(value);
  char* addr = (char*)obj + offset;
  assert(PHeap::contains(obj), "caller has tested");
  oopDesc* found;
  if (is_unlogged(obj, addr)) {
    op(addr, c, v, &found);
    return cast_to_oop(found);
  }
  if (in_txn(thread)) {
    PersistentStoreScope scope(!PersistentSpace::is_captured(obj));
    if (op(addr, c, v, &found)) {
      thread->persistent()._txn->record_atomic_oop(obj, addr, found, v, scope.locked());
    }
    return cast_to_oop(found);
  }
  PersistentCapture::Failure failure;
  {
    PersistentStoreScope scope;
    if (compares) {
      found = PersistentRawMemory::load_oop(addr);
      if (found != c) return cast_to_oop(found);
    }
    PersistentOutsideStore outside(thread);
    if (outside.capture(obj, addr, &v)) {
      if (!op(addr, c, v, &found)) {
        outside.cancel();
        return cast_to_oop(found);
      }
      if (outside.log_or_undo(addr, found)) return cast_to_oop(found);
    }
    failure = outside.failure();
  }
  // No room for the copy of a string: again when there is.
  if (failure._reason == PersistentCapture::Failure::no_space) {
    Handle h_base(thread, base);
    Handle h_compare(thread, compare);
    Handle h_value(thread, value);
    if (room.make(thread)) return access_oop(h_base(), offset, compares, h_compare(), h_value(), op, THREAD, room);
  }
  failure.throw_it(THREAD);
  return nullptr;
}

void PersistentAccess::store_oop(oop base, ptrdiff_t offset, oop value, TRAPS) {
  access_oop(base, offset, false, nullptr, value, [] (char* addr, oopDesc* c, oopDesc* v, oopDesc** found) {
    *found = PersistentRawMemory::load_oop(addr);
    PersistentRawMemory::store_oop(addr, v);
    return true;
  }, THREAD);
}

oop PersistentAccess::cmpxchg_oop(oop base, ptrdiff_t offset, oop compare, oop value, TRAPS) {
  return access_oop(base, offset, true, compare, value, [] (char* addr, oopDesc* c, oopDesc* v, oopDesc** found) {
    *found = PersistentRawMemory::cmpxchg_oop(addr, c, v);
    return *found == c;
  }, THREAD);
}

oop PersistentAccess::xchg_oop(oop base, ptrdiff_t offset, oop value, TRAPS) {
  return access_oop(base, offset, false, nullptr, value, [] (char* addr, oopDesc* c, oopDesc* v, oopDesc** found) {
    *found = PersistentRawMemory::xchg_oop(addr, v);
    return true;
  }, THREAD);
}

void PersistentAccess::arraycopy_oop(arrayOop src, ptrdiff_t src_offset, arrayOop dst, ptrdiff_t dst_offset, int length, TRAPS) {
  JavaThread* thread = THREAD;
  Handle s(thread, src);
  Handle d(thread, dst);
  bool backwards = src == dst && src_offset < dst_offset;
  Klass* bound = ObjArrayKlass::cast(dst->klass())->element_klass();
  // As elsewhere: what an array holds is not checked if its type says enough. (The VM
  // puts a thread into an array of StackFrameInfo.)
  const bool checked = !ObjArrayKlass::cast(src->klass())->element_klass()->is_subtype_of(bound);
  for (int n = 0; n < length; n++) {
    ptrdiff_t i = (backwards ? length - 1 - n : n) * (ptrdiff_t)sizeof(narrowOop);
    oop value = HeapAccess<>::oop_load_at(s(), src_offset + i);
    if (checked && value != nullptr && !value->klass()->is_subtype_of(bound)) {
      ResourceMark rm(THREAD);
      stringStream ss;
      ss.print("arraycopy: element type mismatch: can not cast one of the elements of %s to the type of the destination array, %s",
               s()->klass()->external_name(), bound->external_name());
      THROW_MSG(vmSymbols::java_lang_ArrayStoreException(), ss.as_string());
    }
    store_oop(d(), dst_offset + i, value, CHECK);
  }
}

// ---- The VM's own stores ----

// A thread that is not a Java thread has no transaction; it writes to objects that
// are not yet captured, at most.
static JavaThread* storing_thread(oopDesc* base) {
  Thread* thread = Thread::current();
  if (thread->is_Java_thread()) return JavaThread::cast(thread);
  guarantee(!PersistentSpace::is_captured(base), "only Java threads store to the persistent heap");
  return nullptr;
}

void PersistentAccess::vm_put(oopDesc* base, void* addr, const void* value, int size) {
  JavaThread* thread = storing_thread(base);
  if (thread == nullptr) {
    memcpy(addr, value, size);
  } else {
    put(thread, base, addr, value, size);
  }
}

// Nobody expects an exception, or a safepoint, where the VM stores a reference.
static void refused(oopDesc* base, ptrdiff_t offset, oopDesc* value) {
  ResourceMark rm;
  fatal("the virtual machine stored a reference to a volatile %s at offset %d of a persistent %s",
        value->klass()->external_name(), (int)offset, base->klass()->external_name());
}

void PersistentAccess::vm_store_oop(oop base, ptrdiff_t offset, oop value) {
  oopDesc* obj = cast_from_oop<oopDesc*>(base);
  oopDesc* v = cast_from_oop<oopDesc*>(value);
  JavaThread* thread = storing_thread(obj);
  if (thread == nullptr) {
    PersistentRawMemory::store_oop((char*)obj + offset, v);
  } else if (!try_store_oop(thread, obj, (char*)obj + offset, v)) {
    refused(obj, offset, v);
  }
}

oop PersistentAccess::vm_xchg_oop(oop base, ptrdiff_t offset, oop value) {
  JavaThread* THREAD = JavaThread::current(); // For exception macros.
  oop found = xchg_oop(base, offset, value, THREAD);
  if (HAS_PENDING_EXCEPTION) refused(cast_from_oop<oopDesc*>(base), offset, cast_from_oop<oopDesc*>(value));
  return found;
}

oop PersistentAccess::vm_cmpxchg_oop(oop base, ptrdiff_t offset, oop compare, oop value) {
  JavaThread* THREAD = JavaThread::current(); // For exception macros.
  oop found = cmpxchg_oop(base, offset, compare, value, THREAD);
  if (HAS_PENDING_EXCEPTION) refused(cast_from_oop<oopDesc*>(base), offset, cast_from_oop<oopDesc*>(value));
  return found;
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
    assert(!PersistentSpace::is_captured(obj), "was seen by somebody else");
    RegisterSlotsClosure cl;
    obj->oop_iterate(&cl);
  }
}
