/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentCapture.hpp"

#include "classfile/javaClasses.inline.hpp"
#include "classfile/symbolTable.hpp"
#include "classfile/systemDictionary.hpp"
#include "classfile/vmClasses.hpp"
#include "classfile/vmSymbols.hpp"
#include "classfile/classLoaderData.inline.hpp"
#include "memory/allocation.inline.hpp"
#include "memory/iterator.inline.hpp"
#include "memory/resourceArea.hpp"
#include "memory/universe.hpp"
#include "oops/access.inline.hpp"
#include "oops/compressedKlass.inline.hpp"
#include "oops/compressedOops.inline.hpp"
#include "oops/instanceKlass.inline.hpp"
#include "oops/objArrayOop.inline.hpp"
#include "oops/oop.inline.hpp"
#include "oops/typeArrayOop.inline.hpp"
#include "persistent/persistentAllocation.hpp"
#include "persistent/persistentClassTable.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentRawMemory.hpp"
#include "persistent/persistentSpace.hpp"
#include "persistent/persistentTxn.hpp"
#include "persistent/persistentUnlogged.hpp"
#include "persistent/persistent_globals.hpp"
#include "runtime/atomic.hpp"
#include "runtime/fieldDescriptor.inline.hpp"
#include "runtime/javaThread.hpp"
#include "runtime/objectMonitor.inline.hpp"
#include "utilities/powerOfTwo.hpp"

PersistentCapture::Objects* PersistentCapture::_memory = nullptr;
uintptr_t PersistentCapture::_reference_origin = 0;
uint32_t  PersistentCapture::_reference_shift = 0;

void PersistentCapture::initialize() {
  _memory = new Objects(256);
  _reference_origin = PHeap::base() - PersistentMedia::superblock()->reference_base;
  _reference_shift  = PersistentMedia::superblock()->reference_shift;
}

void PersistentCapture::put_unlocked_state(Klass* klass, char* image) {
  if (klass == vmClasses::String_klass()) {
    image[java_lang_String::flags_offset()] = 0;
  }
  PersistentUnlogged::put_media_values(klass, image);
}

// ---- Copies of strings and boxes ----

// Finds the copy of an equal string or box made before, so that one that is stored
// twice is one object in P. Under the log's lock.
class PersistentCopies : public AllStatic {
  static oopDesc** _table;
  static size_t    _size;
  static size_t    _count;
  static const size_t MaxCount = 4 * M;

  static uint32_t hash_of(oopDesc* v) {
    if (v->klass() == vmClasses::String_klass()) {
      return java_lang_String::hash_code(cast_to_oop(v));
    }
    uint64_t bits = 0;
    memcpy(&bits, payload(v), MIN2(payload_size(v), sizeof(bits)));
    return (uint32_t)(((bits ^ (uintptr_t)v->klass()) * UCONST64(0x9E3779B97F4A7C15)) >> 32);
  }
  static void* payload(oopDesc* v) {
    return (char*)v + java_lang_boxing_object::value_offset(vmClasses::box_klass_type(v->klass()));
  }
  static size_t payload_size(oopDesc* v) {
    return type2aelembytes(vmClasses::box_klass_type(v->klass()));
  }
  static size_t find_slot(oopDesc* v) {
    size_t i = (hash_of(v) * 0x9E3779B1u) & (_size - 1);
    while (_table[i] != nullptr && !equals(_table[i], v)) {
      i = (i + 1) & (_size - 1);
    }
    return i;
  }

 public:
  static bool is_copied(Klass* klass) {
    return klass == vmClasses::String_klass() || vmClasses::box_klass_type(klass) != T_OBJECT;
  }
  static bool equals(oopDesc* a, oopDesc* b) {
    if (a->klass() != b->klass()) return false;
    if (a->klass() == vmClasses::String_klass()) {
      return java_lang_String::equals(cast_to_oop(a), cast_to_oop(b));
    }
    return memcmp(payload(a), payload(b), payload_size(a)) == 0;
  }

  static void forget() {
    FREE_C_HEAP_ARRAY(oopDesc*, _table);
    _table = nullptr;
    _size = _count = 0;
  }

  static oopDesc* find(oopDesc* v) { return _table == nullptr ? nullptr : _table[find_slot(v)]; }

  static void add(oopDesc* copy) {
    if (_count >= MaxCount) forget();     // costs a second copy, never a wrong one
    if (_count * 2 >= _size) {
      size_t old_size = _size;
      oopDesc** old = _table;
      _size = MAX2(old_size * 2, (size_t)1024);
      _table = NEW_C_HEAP_ARRAY(oopDesc*, _size, mtPersistent);
      memset(_table, 0, _size * sizeof(oopDesc*));
      for (size_t i = 0; i < old_size; i++) {
        if (old[i] != nullptr) _table[find_slot(old[i])] = old[i];
      }
      FREE_C_HEAP_ARRAY(oopDesc*, old);
    }
    _table[find_slot(copy)] = copy;
    _count++;
  }
};

oopDesc** PersistentCopies::_table = nullptr;
size_t    PersistentCopies::_size = 0;
size_t    PersistentCopies::_count = 0;

void PersistentCapture::forget_copies() { PersistentCopies::forget(); }

bool PersistentCapture::is_copy(oopDesc* copy, oopDesc* v) {
  return copy != nullptr && v != nullptr && PHeap::contains(copy) && !PHeap::contains(v) &&
         PersistentCopies::is_copied(v->klass()) && PersistentCopies::equals(copy, v);
}

// A copy in P of an object of V without references. Null if P is full.
static oopDesc* copy_flat(JavaThread* thread, oopDesc* v) {
  size_t words = v->size();
  HeapWord* p = PersistentAllocation::allocate_raw(thread, words);
  if (p == nullptr) return nullptr;
  memcpy(p, v, words * HeapWordSize);
  oop copy = cast_to_oop(p);
  copy->set_mark(PersistentAllocation::initial_mark(p));
  return (oopDesc*)p;
}

// The copy in P of a string or box; null with the failure set if P is full.
oopDesc* PersistentCapture::copy_immutable(oopDesc* v) {
  oopDesc* copy = PersistentCopies::find(v);
  if (copy != nullptr) return copy;
  if (v->klass() == vmClasses::String_klass()) {
    java_lang_String::hash_code(cast_to_oop(v));      // cached: the copy is looked for by it
    oopDesc* value = cast_from_oop<oopDesc*>(java_lang_String::value_no_keepalive(cast_to_oop(v)));
    if (!PHeap::contains(value)) {
      value = copy_flat(_thread, value);
      if (value == nullptr) return nullptr;
    }
    copy = copy_flat(_thread, v);
    if (copy == nullptr) return nullptr;
    RawAccess<>::oop_store((narrowOop*)((char*)copy + java_lang_String::value_offset()), cast_to_oop(value));
  } else {
    copy = copy_flat(_thread, v);
    if (copy == nullptr) return nullptr;
  }
  PersistentCopies::add(copy);
  return copy;
}

// ---- Capture ----

PersistentCapture::PersistentCapture(JavaThread* thread, PersistentLogRecord* record, size_t limit)
  : _thread(thread), _record(record), _objects(*_memory), _done(0), _limit(limit), _last_class(nullptr), _last_id(0), _last_is_plain(false),
    _last_maps(nullptr), _last_maps_end(nullptr), _failure() {
  assert(PersistentLog::owned_by_self(), "the log's lock orders captures");
  assert(_objects.is_empty(), "one at a time");
}

void PersistentCapture::end() {
  _objects.clear();
  if (_objects.capacity() > (int)(64 * K)) _objects.clear_and_deallocate();
}

bool PersistentCapture::fail(Failure::Reason reason, oopDesc* holder, ptrdiff_t offset, Klass* klass) {
  if (_failure._reason == Failure::none) {
    _failure._reason = reason;
    _failure._holder = holder;
    _failure._offset = offset;
    _failure._class = klass;
  }
  return false;
}

bool PersistentCapture::reach_new(oopDesc* obj, bool is_value) {
  if (!PersistentAllocateAll && PersistentTxn::allocated_by_other(_thread, obj)) {
    // Strings and boxes never change, so that they may be of the heap before the transaction that allocated them ends:
    // copies, above all, which a commit that failed has made and others find by their content.
    if (!is_value && !PersistentCopies::is_copied(obj->klass())) {
      return fail(Failure::foreign_allocation, obj, 0, obj->klass());
    }
  }
  PersistentSpace::set_reached(obj);
  _objects.append(obj);
  return true;
}

class RefersToClosure : public BasicOopIterateClosure {
  oopDesc* _wanted;
  bool     _found;
 public:
  RefersToClosure(oopDesc* wanted) : _wanted(wanted), _found(false) {}
  bool found() const { return _found; }
  void do_oop(narrowOop* p) override {
    if (cast_from_oop<oopDesc*>(RawAccess<>::oop_load(p)) == _wanted) _found = true;
  }
  void do_oop(oop* p) override { ShouldNotReachHere(); }
};

// Whether the volatile object may stand in that field of holder, and reads null after
// a restart. A program's transient fields are its own business. The JDK's hold what
// their classes write in writeObject (tables, nodes): losing them would lose the
// contents of a collection. Only a view of the holder can be made again: it refers back
// to the holder, or stands in a field for a Set or Collection.
static bool may_be_lost(oopDesc* holder, ptrdiff_t offset, oopDesc* value) {
  if (PersistentAllocateAll) return true;
  fieldDescriptor fd;
  if (!holder->is_instance() ||
      !InstanceKlass::cast(holder->klass())->find_field_from_offset((int)offset, false, &fd) ||
      !fd.access_flags().is_transient()) {
    return false;
  }
  ClassLoaderData* cld = fd.field_holder()->class_loader_data();
  if (!cld->is_boot_class_loader_data() && !cld->is_platform_class_loader_data()) return true;
  if (fd.signature()->equals("Ljava/util/Set;") || fd.signature()->equals("Ljava/util/Collection;")) return true;
  RefersToClosure back(holder);
  value->oop_iterate(&back);
  return back.found();
}

// The media form of the reference in slot. A string or box of V is replaced by its
// copy, in memory too. is_plain: the holder is surely no lock and no string.
inline bool PersistentCapture::encode(oopDesc* holder, narrowOop* slot, uint32_t* media, bool is_plain) {
  oopDesc* obj = cast_from_oop<oopDesc*>(RawAccess<>::oop_load(slot));
  if (is_plain && (obj == nullptr || PHeap::contains(obj))) {
    *media = obj == nullptr ? 0 : encode_reference(obj);
    return obj == nullptr || reach(obj);
  }
  oopDesc* v = obj;
  if (!encode(holder, (char*)slot - (char*)holder, &obj, media)) return false;
  // Another transaction may have stored there meanwhile: that stands.
  if (obj != v) PersistentRawMemory::cmpxchg_oop(slot, v, obj);
  return true;
}

// The same of a value that stands there, or stood; it is replaced by its copy.
bool PersistentCapture::encode(oopDesc* holder, ptrdiff_t offset, oopDesc** value, uint32_t* media) {
  oopDesc* obj = *value;
  if (obj == nullptr || PersistentUnlogged::contains(holder->klass(), offset)) {
    *media = 0;
    return true;
  }
  if (!PHeap::contains(obj)) {
    Klass* klass = obj->klass();
    // A string shares its array with the one it was made of, which may be one of V.
    const bool is_array_of_string = holder->klass() == vmClasses::String_klass();
    if (is_array_of_string || PersistentCopies::is_copied(klass)) {
      if (PersistentAllocateAll) {
        // Programs compare interned strings and cached boxes by identity, and what found no room in P is in V.
        *media = 0;
        return true;
      }
      obj = is_array_of_string ? copy_flat(_thread, obj) : copy_immutable(obj);
      if (obj == nullptr) return fail(Failure::no_space, holder, offset, klass);
      *value = obj;
    } else {
      uint32_t symbol = PersistentClassTable::symbol_for(cast_to_oop(obj), _record);
      if (symbol != 0) {
        assert(symbol < encode_reference((void*)PHeap::base()), "symbols lie below P");
        *media = symbol;
        return true;
      }
      if (PersistentClassTable::is_full()) return fail(Failure::table_full, holder, offset, klass);
      if (may_be_lost(holder, offset, obj)) {
        *media = 0;
        return true;
      }
      return fail(Failure::volatile_reference, holder, offset, klass);
    }
  }
  if (!reach(obj, holder->klass() == vmClasses::String_klass())) return false;
  *media = encode_reference(obj);
  return true;
}

bool PersistentCapture::add_location(oopDesc* base, char* addr, int size, bool is_oop) {
  assert(PersistentSpace::is_captured(base), "not part of the media state");
  if (is_oop) {
    uint32_t media;
    if (!encode(base, (narrowOop*)addr, &media)) return false;
    _record->add_value(file_offset(addr), sizeof(media), media);
    return true;
  }
  switch (size) {
    case 1: case 2: case 4: case 8:
      _record->add_value(file_offset(addr), size, PersistentRawMemory::load(addr, size));
      break;
    default: _record->add(file_offset(addr), addr, size); break;
  }
  return true;
}

bool PersistentCapture::add_reference(oopDesc* base, char* addr, oopDesc** value) {
  assert(PersistentSpace::is_captured(base), "not part of the media state");
  uint32_t media;
  if (!encode(base, addr - (char*)base, value, &media)) return false;
  _record->add_value(file_offset(addr), sizeof(media), media);
  return true;
}

bool PersistentCapture::add_object(oopDesc* obj) { return reach(obj); }

bool PersistentCapture::add_root(oopDesc* obj) {
  if (!reach(obj)) return false;
  uint64_t media = encode_reference(obj);
  _record->add(PersistentLayout::RootOffset, &media, sizeof(media));
  return true;
}

uint64_t PersistentCapture::clean_mark(oopDesc* obj) {
  markWord mark = obj->mark();
  if (mark.has_monitor() && !UseObjectMonitorTable) {
    mark = mark.monitor()->header();
  }
  intptr_t hash = mark.hash();
  if (hash == 0) {
    return PersistentAllocation::initial_mark((HeapWord*)obj).value();
  }
  return markWord::prototype().copy_set_hash(hash).value();
}

// What the open transactions of others have stored to an object that is being captured.
class PersistentCapture::Uncommitted : public StackObj {
  GrowableArrayCHeap<PersistentTxn::Entry*, mtPersistent> _entries;
  CHeapBitMap    _references;      // those to do: a bit for each slot
  const oopDesc* _obj;
  size_t slot_of(const void* addr) const { return ((const char*)addr - (const char*)_obj) / sizeof(narrowOop); }
 public:
  Uncommitted(JavaThread* thread, oopDesc* obj, size_t bytes) : _entries(0), _references(mtPersistent), _obj(obj) {
    PersistentTxn::stored_by_others(thread, obj, &_entries);
    if (length() > 0) _references.initialize(bytes / sizeof(narrowOop));
    for (int i = 0; i < length(); i++) {
      if (at(i)->_is_oop) _references.set_bit(slot_of(at(i)->_addr));
    }
  }
  int  length() const                         { return _entries.length(); }
  PersistentTxn::Entry* at(int i) const       { return _entries.at(i); }
  bool has_stored_to(const void* slot) const  { return length() > 0 && _references.at(slot_of(slot)); }
  void done(const void* slot)                 { _references.clear_bit(slot_of(slot)); }
};

// What all objects of a class have in common; false if the class table is full.
bool PersistentCapture::note_class(Klass* klass) {
  _last_id = PersistentClassTable::id_for(klass, _record);
  _last_class = klass;
  _last_is_plain = !PersistentUnlogged::is_in(klass);
  _last_maps = _last_maps_end = nullptr;
  if (klass->is_instance_klass()) {
    InstanceKlass* ik = InstanceKlass::cast(klass);
    _last_maps = ik->start_of_nonstatic_oop_maps();
    _last_maps_end = _last_maps + ik->nonstatic_oop_map_count();
  }
  return _last_id != 0;
}

inline bool PersistentCapture::write_object(oopDesc* obj) {
  Klass* klass = obj->klass();
  const size_t bytes = obj->size_given_klass(klass) * HeapWordSize;
  if (_record->length() + bytes > _limit) return false;
  if (klass != _last_class && !note_class(klass)) return fail(Failure::table_full, obj, 0, klass);
  const bool is_plain = _last_is_plain;
  uint32_t id = _last_id;

  char* image = _record->add(file_offset(obj), (uint32_t)bytes);
  const size_t at = image - _record->bytes();
  for (size_t i = 0; i < bytes; i += HeapWordSize) {
    uint64_t word = Atomic::load((volatile uint64_t*)((char*)obj + i));
    memcpy(image + i, &word, sizeof(word));
  }
  uint64_t mark = clean_mark(obj);
  memcpy(image + oopDesc::mark_offset_in_bytes(), &mark, sizeof(mark));
  memcpy(image + oopDesc::klass_offset_in_bytes(), &id, sizeof(id));

  // What others have not committed yet is not part of the media state, and may not be able to.
  bool ok;
  if (PersistentTxn::is_other_open(_thread)) {
    Uncommitted others(_thread, obj, bytes);
    ok = write_references(obj, at, is_plain, &others) && write_committed(&others, obj, at);
  } else {
    ok = write_references(obj, at, is_plain, nullptr);
  }
  if (!ok) return false;
  if (!is_plain) put_unlocked_state(klass, (char*)_record->bytes() + at);
  _space.include(obj, bytes);
  return true;
}

// Puts the references of obj into its image, at `at` in the record, without those that others have stored.
inline bool PersistentCapture::write_references(oopDesc* obj, size_t at, bool is_plain, const Uncommitted* others) {
  auto write = [&] (narrowOop* slot, uint count) {
    for (uint i = 0; i < count; i++, slot++) {
      uint32_t media;
      if (others != nullptr && others->has_stored_to(slot)) continue;
      if (!encode(obj, slot, &media, is_plain)) return false;
      // Entries of the class table may be added to the record meanwhile: it may move.
      memcpy((char*)_record->bytes() + at + ((char*)slot - (char*)obj), &media, sizeof(media));
    }
    return true;
  };
  for (const OopMapBlock* map = _last_maps; map < _last_maps_end; map++) {
    if (!write((narrowOop*)((char*)obj + map->offset()), map->count())) return false;
  }
  if (!_last_class->is_objArray_klass()) return true;
  return write((narrowOop*)((char*)obj + objArrayOopDesc::base_offset_in_bytes()), (uint)objArrayOop(cast_to_oop(obj))->length());
}

// Puts what was there before the stores of others into the object's image, at `at` in the record.
bool PersistentCapture::write_committed(Uncommitted* others, oopDesc* obj, size_t at) {
  for (int i = 0; i < others->length(); i++) {
    PersistentTxn::Entry* e = others->at(i);
    const ptrdiff_t offset = e->_addr - (char*)obj;
    if (!e->_is_oop) {
      memcpy((char*)_record->bytes() + at + offset, &e->_old, e->_size);
    }
  }
  // The oldest are last.
  for (int i = others->length() - 1; i >= 0; i--) {
    PersistentTxn::Entry* e = others->at(i);
    if (!e->_is_oop || !others->has_stored_to(e->_addr)) continue;
    others->done(e->_addr);
    const ptrdiff_t offset = e->_addr - (char*)obj;
    oopDesc* old = (oopDesc*)(uintptr_t)e->_old;
    uint32_t media;
    if (!encode(obj, offset, &old, &media)) return false;
    // If that is a copy, nothing else in memory refers to what the media refers to: a collection must know.
    e->_old = (uint64_t)(uintptr_t)old;
    memcpy((char*)_record->bytes() + at + offset, &media, sizeof(media));
  }
  return true;
}

bool PersistentCapture::finish() {
  while (_failure._reason == Failure::none && _done < _objects.length()) {
    if (!write_object(_objects.at(_done++))) return false;
  }
  if (_failure._reason != Failure::none || _record->length() > _limit) return false;
  _space.finish(_record);
  return true;
}

void PersistentCapture::disk_full(const char* error) {
  fail(Failure::disk_full, nullptr, 0, nullptr);
  os::snprintf(_failure._disk, sizeof(_failure._disk), "%s", error);
}

void PersistentCapture::commit() {
  PersistentSpace::end_reached(_objects, true);
  if (_thread != nullptr) PersistentTxn::note_capture(_thread);
  PersistentClassTable::commit_entries();
  end();
}

void PersistentCapture::abort() {
  PersistentSpace::end_reached(_objects, false);
  _space.abort();
  PersistentClassTable::abort_entries();
  end();
}

void PersistentCapture::Failure::throw_it(TRAPS) const {
  assert(!PersistentLog::owned_by_self(), "may run Java code");
  ResourceMark rm(THREAD);
  stringStream where;
  switch (_reason) {
    case volatile_reference: {
      Klass* holder = _holder->klass();
      bool of_jdk = false;
      if (holder->is_objArray_klass()) {
        where.print("element %d of a persistent %s",
                    (int)((_offset - objArrayOopDesc::base_offset_in_bytes()) / (ptrdiff_t)sizeof(narrowOop)),
                    holder->external_name());
      } else {
        fieldDescriptor fd;
        bool found = InstanceKlass::cast(holder)->find_field_from_offset((int)_offset, false, &fd);
        where.print("field %s of a persistent %s", found ? fd.name()->as_C_string() : "?", holder->external_name());
        of_jdk = !found || fd.field_holder()->class_loader() == nullptr;
      }
      where.print(" refers to a volatile %s; %s", _class->external_name(),
                  of_jdk ? "change that object in PersistentHeap.allocate"
                         : "allocate that with new @Persistent, or make the field transient");
      Symbol* name = SymbolTable::new_symbol("java/lang/persistent/VolatileReferenceException");
      THROW_MSG(name, where.as_string());
    }
    case foreign_allocation: {
      where.print("a persistent %s was allocated by the open transaction of another thread and cannot be committed before it",
                  _class->external_name());
      Symbol* name = SymbolTable::new_symbol("java/lang/persistent/TxnException");
      THROW_MSG(name, where.as_string());
    }
    case no_space:
      PersistentSpace::print_no_space(&where);
      THROW_MSG(vmSymbols::java_lang_OutOfMemoryError(), where.as_string());
    case disk_full:
      THROW_MSG(SymbolTable::new_symbol("java/lang/persistent/TxnException"), _disk);
    case table_full: {
      where.print("no room in the class table of persistent heap %s for class %s",
                  PersistentMedia::directory(), _class->external_name());
      Symbol* name = SymbolTable::new_symbol("java/lang/persistent/TxnException");
      THROW_MSG(name, where.as_string());
    }
    default:
      ShouldNotReachHere();
  }
}
