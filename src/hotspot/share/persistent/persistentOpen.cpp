/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentOpen.hpp"

#include "logging/log.hpp"
#include "memory/allocation.inline.hpp"
#include "memory/iterator.hpp"
#include "oops/access.inline.hpp"
#include "oops/compressedKlass.inline.hpp"
#include "oops/compressedOops.inline.hpp"
#include "oops/instanceKlass.inline.hpp"
#include "oops/objArrayOop.inline.hpp"
#include "oops/oop.inline.hpp"
#include "persistent/persistentClassTable.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentMedia.hpp"
#include "persistent/persistentSpace.hpp"
#include "persistent/persistentSlots.hpp"
#include "persistent/persistent_globals.hpp"
#include "runtime/java.hpp"
#include "runtime/javaThread.hpp"
#include "runtime/safepointVerifiers.hpp"
#include "utilities/bitMap.inline.hpp"
#include "utilities/defaultStream.hpp"
#include "utilities/growableArray.hpp"

static oopDesc* root_object = nullptr;

oop PersistentOpen::root()                 { return cast_to_oop(root_object); }
void PersistentOpen::root_do(OopClosure* cl)  { if (root_object != nullptr) cl->do_oop((oop*)&root_object); }
void PersistentOpen::set_root(oopDesc* root) { root_object = root; }

// Visits every object that the root reaches, once, and turns its media form into
// memory form. Writes only what differs, so that pages which need no change stay shared.
class Translation : public StackObj {
  CHeapBitMap _seen;
  GrowableArrayCHeap<oopDesc*, mtPersistent> _stack;
  size_t _objects;
  size_t _references;
  size_t _changed;

  static void damaged(const void* at, const char* what) {
    jio_fprintf(defaultStream::error_stream(),
                "Error: persistent heap %s cannot be opened: %s at offset " UINT64_FORMAT_X " of %s/data; restore it from a backup\n",
                PersistentMedia::directory(), what,
                (uint64_t)(PersistentLayout::ObjectOffset + ((uintptr_t)at - PHeap::base())), PersistentMedia::directory());
    vm_exit(1);
  }

  void visit(oopDesc* obj) {
    size_t bit = ((uintptr_t)obj - PHeap::base()) / HeapWordSize;
    if (!_seen.at(bit)) {
      _seen.set_bit(bit);
      _stack.append(obj);
    }
  }

  void put(uint32_t* at, uint32_t value) {
    if (*at != value) {
      *at = value;
      _changed++;
    }
  }

  void reference(uint32_t* slot) {
    uint32_t media = *slot;
    if (media == 0) return;
    _references++;
    uint64_t address = (uint64_t)media << PersistentMedia::superblock()->reference_shift;
    if (address < PersistentMedia::superblock()->reference_base) {
      oop value = PersistentClassTable::symbol_value(media);
      if (value == nullptr) damaged(slot, "unknown symbol");
      PersistentSlots::add((narrowOop*)slot);
      put(slot, CompressedOops::narrow_oop_value(CompressedOops::encode(value)));
      return;
    }
    oopDesc* obj = PersistentOpen::decode(media);
    if (!PersistentSpace::is_taken(obj)) damaged(slot, "reference to free space");
    put(slot, CompressedOops::narrow_oop_value(CompressedOops::encode(cast_to_oop(obj))));
    visit(obj);
  }

  void translate(oopDesc* obj) {
    _objects++;
    uint32_t* header = (uint32_t*)((char*)obj + oopDesc::klass_offset_in_bytes());
    Klass* klass = PersistentClassTable::klass_of(*header);
    if (klass == nullptr) damaged(obj, "object of an unknown class");
    put(header, (uint32_t)CompressedKlassPointers::encode(klass));
    size_t bytes = obj->size_given_klass(klass) * HeapWordSize;
    if (!PersistentSpace::is_taken((char*)obj + bytes - HeapWordSize)) damaged(obj, "object beyond the space in use");
    if (klass->is_instance_klass()) {
      InstanceKlass* ik = InstanceKlass::cast(klass);
      OopMapBlock* map = ik->start_of_nonstatic_oop_maps();
      OopMapBlock* end = map + ik->nonstatic_oop_map_count();
      for (; map < end; map++) {
        uint32_t* slot = (uint32_t*)((char*)obj + map->offset());
        for (uint i = 0; i < map->count(); i++) {
          reference(slot + i);
        }
      }
    } else if (klass->is_objArray_klass()) {
      uint32_t* slot = (uint32_t*)((char*)obj + objArrayOopDesc::base_offset_in_bytes());
      int length = objArrayOop(cast_to_oop(obj))->length();
      for (int i = 0; i < length; i++) {
        reference(slot + i);
      }
    }
  }

 public:
  Translation() : _seen(PHeap::size() / HeapWordSize, mtPersistent), _stack(1024), _objects(0), _references(0), _changed(0) {}

  void run(oopDesc* root) {
    if (!PersistentSpace::is_taken(root)) damaged(root, "root directory in free space");
    visit(root);
    while (_stack.is_nonempty()) {
      translate(_stack.pop());
    }
    log_info(pheap)("%zu objects, %zu references translated, %zu words changed", _objects, _references, _changed);
  }

  void verify() {
    size_t bits = PHeap::size() / HeapWordSize;
    for (BitMap::idx_t i = _seen.find_first_set_bit(0); i < bits; i = _seen.find_first_set_bit(i + 1)) {
      oop obj = cast_to_oop(PHeap::base() + i * HeapWordSize);
      guarantee(oopDesc::is_oop(obj), "not an object: " PTR_FORMAT, p2i(obj));
      oopDesc::verify(obj);
    }
  }
};

oopDesc* PersistentOpen::decode(uint64_t media) {
  const PersistentSuperblock* sb = PersistentMedia::superblock();
  uint64_t offset = (media << sb->reference_shift) - sb->reference_base;
  return (oopDesc*)(PHeap::base() + (uintptr_t)offset);
}

void PersistentOpen::translate(TRAPS) {
  uint64_t media;
  memcpy(&media, PersistentMedia::tables() + PersistentLayout::RootOffset, sizeof(media));
  if (media == 0) return;         // nothing was stored yet
  NoSafepointVerifier nsv;        // V references are in P before anybody knows of them
  Translation t;
  root_object = decode(media);
  t.run(root_object);
  if (PersistentHeapVerify) {
    t.verify();
  }
}
