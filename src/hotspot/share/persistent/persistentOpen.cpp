/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentOpen.hpp"

#include "classfile/javaClasses.inline.hpp"
#include "classfile/symbolTable.hpp"
#include "classfile/systemDictionary.hpp"
#include "classfile/vmClasses.hpp"
#include "classfile/vmSymbols.hpp"
#include "logging/log.hpp"
#include "memory/allocation.inline.hpp"
#include "memory/iterator.hpp"
#include "oops/access.inline.hpp"
#include "oops/compressedKlass.inline.hpp"
#include "oops/compressedOops.inline.hpp"
#include "oops/fieldStreams.inline.hpp"
#include "oops/instanceKlass.inline.hpp"
#include "oops/objArrayKlass.hpp"
#include "oops/objArrayOop.inline.hpp"
#include "oops/oop.inline.hpp"
#include "persistent/persistentClassTable.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentMedia.hpp"
#include "persistent/persistentSpace.hpp"
#include "persistent/persistentSlots.hpp"
#include "persistent/persistent_globals.hpp"
#include "runtime/handles.inline.hpp"
#include "runtime/java.hpp"
#include "runtime/javaThread.hpp"
#include "runtime/safepointVerifiers.hpp"
#include "runtime/signature.hpp"
#include "utilities/bitMap.inline.hpp"
#include "utilities/defaultStream.hpp"
#include "utilities/growableArray.hpp"
#include "utilities/resizeableResourceHash.hpp"

static oopDesc* root_object = nullptr;

static const char* const RootDirectoryName = "java/lang/persistent/RootDirectory";

oop PersistentOpen::root()                 { return cast_to_oop(root_object); }
void PersistentOpen::root_do(OopClosure* cl)  { if (root_object != nullptr) cl->do_oop((oop*)&root_object); }
void PersistentOpen::set_root(oopDesc* root) { root_object = root; }

// The sentence on what is wrong with the file, and the end: at once, since no safepoint is
// possible with P half translated.
static void damaged(const void* at, const char* what) {
  jio_fprintf(defaultStream::error_stream(),
              "Error: persistent heap %s cannot be opened: %s at offset " UINT64_FORMAT_X " of %s/data; restore it from a backup, or see jheap verify and jheap repair\n",
              PersistentMedia::directory(), what,
              (uint64_t)(PersistentLayout::ObjectOffset + ((uintptr_t)at - PHeap::base())), PersistentMedia::directory());
  vm_direct_exit(1);
}

// What opening needs to know of a class: compiled code trusts the types of fields, so a
// reference to an object of another type must not get past here.
class OpenedClass : public CHeapObj<mtPersistent> {
  struct Slot { int offset; Klass* type; };
  GrowableArrayCHeap<Slot, mtPersistent> _slots;      // of an instance

  // Null: any object may stand there. An interface may be any object in the JVM's eyes.
  static Klass* type_of(Symbol* signature) {
    if (signature == vmSymbols::object_signature()) return nullptr;
    JavaThread* thread = JavaThread::current();
    oop loaders[] = { nullptr, SystemDictionary::java_platform_loader(), SystemDictionary::java_system_loader() };
    Symbol* name = signature;
    TempNewSymbol plain;
    if (Signature::has_envelope(signature)) {
      plain = Signature::strip_envelope(signature);
      name = plain;
    }
    for (oop loader : loaders) {
      Klass* k = SystemDictionary::find_instance_or_array_klass(thread, name, Handle(thread, loader));
      if (k != nullptr) return constraint(k);
    }
    return nullptr;
  }

 public:
  Klass* const   _klass;
  Klass*         _element;      // of an array of references
  const uint32_t _narrow;

  static Klass* constraint(Klass* k) {
    Klass* bottom = k->is_objArray_klass() ? ObjArrayKlass::cast(k)->bottom_klass() : k;
    return bottom->is_interface() || k == vmClasses::Object_klass() ? nullptr : k;
  }

  OpenedClass(Klass* klass)
    : _slots(0), _klass(klass), _element(nullptr), _narrow((uint32_t)CompressedKlassPointers::encode(klass)) {
    if (klass->is_objArray_klass()) {
      _element = constraint(ObjArrayKlass::cast(klass)->element_klass());
    } else if (klass->is_instance_klass()) {
      for (InstanceKlass* k = InstanceKlass::cast(klass); k != nullptr; k = k->java_super()) {
        for (AllFieldStream fs(k); !fs.done(); fs.next()) {
          if (!fs.access_flags().is_static() && is_reference_type(Signature::basic_type(fs.signature()))) {
            _slots.append(Slot{fs.offset(), type_of(fs.signature())});
          }
        }
      }
    }
  }

  int    slots() const           { return _slots.length(); }
  int    slot_offset(int i) const   { return _slots.at(i).offset; }
  Klass* slot_type(int i) const     { return _slots.at(i).type; }

  // Bytes of obj, by its length if it is an array; 0 if that is negative.
  size_t size_of(const oopDesc* obj) const {
    jint lh = _klass->layout_helper();
    if (_klass->is_instance_klass()) return (size_t)InstanceKlass::cast(_klass)->size_helper() * HeapWordSize;
    jint length;
    memcpy(&length, (const char*)obj + arrayOopDesc::length_offset_in_bytes(), sizeof(length));
    if (length < 0) return 0;
    return align_up((size_t)Klass::layout_helper_header_size(lh) + ((size_t)length << Klass::layout_helper_log2_element_size(lh)),
                    (size_t)HeapWordSize);
  }
};

// Classes by a number: that of the media, or the narrow class pointer.
class OpenedClasses : public StackObj {
  typedef ResizeableResourceHashtable<uint32_t, OpenedClass*, AnyObj::C_HEAP, mtPersistent> Table;
  Table _table;
  static const uint32_t CacheSize = 1024;
  struct Cached { uint32_t key; OpenedClass* value; } _cache[CacheSize];
 public:
  OpenedClasses() : _table(1009, 1 * M) { memset(_cache, 0, sizeof(_cache)); }
  OpenedClass* get(uint32_t key) {
    Cached* c = &_cache[(key * 0x9E3779B1u) >> 22];
    if (c->key == key && c->value != nullptr) return c->value;
    OpenedClass** found = _table.get(key);
    if (found == nullptr) return nullptr;
    *c = Cached{key, *found};
    return *found;
  }
  void put(uint32_t key, OpenedClass* value) { _table.put(key, value); }
};

// Visits every object that the root reaches, once, and turns its media form into
// memory form. Writes only what differs, so that pages which need no change stay shared.
// Trusts nothing: objects have no checksums.
class Translation : public StackObj {
  CHeapBitMap _seen;
  GrowableArrayCHeap<oopDesc*, mtPersistent> _stack;
  OpenedClasses _by_id;
  OpenedClasses _by_narrow;
  GrowableArrayCHeap<OpenedClass*, mtPersistent> _all;
  size_t _objects;
  size_t _references;
  size_t _changed;

  static uint32_t* header_of(oopDesc* obj) { return (uint32_t*)((char*)obj + oopDesc::klass_offset_in_bytes()); }

  OpenedClass* class_of_id(uint32_t id) {
    OpenedClass* c = _by_id.get(id);
    if (c == nullptr) {
      Klass* klass = PersistentClassTable::klass_of(id);
      if (klass == nullptr) return nullptr;
      c = new OpenedClass(klass);
      _all.append(c);
      _by_id.put(id, c);
      _by_narrow.put(c->_narrow, c);
    }
    return c;
  }

  // Whose header is memory form already.
  OpenedClass* class_of_seen(oopDesc* obj) {
    OpenedClass* c = _by_narrow.get(*header_of(obj));
    if (c == nullptr) damaged(obj, "overlapping objects");
    return c;
  }

  void put(uint32_t* at, uint32_t value) {
    if (*at != value) {
      *at = value;
      _changed++;
    }
  }

  void check_extent(oopDesc* obj, OpenedClass* c) {
    size_t bytes = c->size_of(obj);
    if (bytes == 0) damaged(obj, "array of negative length");
    if (bytes > PHeap::base() + PHeap::size() - (uintptr_t)obj) damaged(obj, "object beyond the end of the heap");
    const size_t line = PersistentLayout::LineSize;
    for (uintptr_t p = align_down((uintptr_t)obj, line); p < (uintptr_t)obj + bytes; p += line) {
      if (!PersistentSpace::is_taken((void*)MAX2(p, (uintptr_t)obj))) damaged(obj, "object beyond the space in use");
    }
  }

  // obj may stand where a type is wanted.
  void visit(const void* from, oopDesc* obj, Klass* type) {
    size_t bit = ((uintptr_t)obj - PHeap::base()) / HeapWordSize;
    OpenedClass* c;
    if (_seen.at(bit)) {
      c = class_of_seen(obj);
    } else {
      c = class_of_id(*header_of(obj));
      if (c == nullptr) damaged(obj, "object of an unknown class");
      // Unlocked, and nothing but the identity hash.
      if ((obj->mark().value() & ~markWord::hash_mask_in_place) != markWord::prototype().value()) {
        damaged(obj, "object with a damaged mark word");
      }
      check_extent(obj, c);
      _seen.set_bit(bit);
      put(header_of(obj), c->_narrow);
      _stack.append(obj);
    }
    if (type != nullptr && !c->_klass->is_subtype_of(type)) damaged(from, "reference to an object of the wrong class");
  }

  void reference(uint32_t* slot, Klass* type) {
    uint32_t media = *slot;
    if (media == 0) return;
    _references++;
    uint64_t address = (uint64_t)media << PersistentMedia::superblock()->reference_shift;
    if (address < PersistentMedia::superblock()->reference_base) {
      oop value = PersistentClassTable::symbol_value(media);
      if (value == nullptr) damaged(slot, "unknown symbol");
      if (type != nullptr && !value->klass()->is_subtype_of(type)) damaged(slot, "reference to a symbol of the wrong class");
      PersistentSlots::add((narrowOop*)slot);
      put(slot, CompressedOops::narrow_oop_value(CompressedOops::encode(value)));
      return;
    }
    oopDesc* obj = PersistentOpen::decode(media);
    if (!PersistentSpace::is_taken(obj)) damaged(slot, "reference to free space");
    visit(slot, obj, type);
    put(slot, CompressedOops::narrow_oop_value(CompressedOops::encode(cast_to_oop(obj))));
  }

  // The VM itself reads strings, without looking.
  void check_string(oopDesc* obj) {
    uint32_t value;
    memcpy(&value, (char*)obj + java_lang_String::value_offset(), sizeof(value));
    if (value == 0 || *((uint8_t*)obj + java_lang_String::coder_offset()) > 1) damaged(obj, "damaged string");
  }

  void translate(oopDesc* obj) {
    _objects++;
    OpenedClass* c = class_of_seen(obj);
    if (c->_klass == vmClasses::String_klass()) check_string(obj);
    if (c->_klass->is_instance_klass()) {
      for (int i = 0; i < c->slots(); i++) {
        reference((uint32_t*)((char*)obj + c->slot_offset(i)), c->slot_type(i));
      }
    } else if (c->_klass->is_objArray_klass()) {
      check_extent(obj, c);       // again, if objects overlap
      uint32_t* slot = (uint32_t*)((char*)obj + objArrayOopDesc::base_offset_in_bytes());
      int length = objArrayOop(cast_to_oop(obj))->length();
      for (int i = 0; i < length; i++) {
        reference(slot + i, c->_element);
      }
    }
  }

  void check_overlaps() {
    size_t bits = PHeap::size() / HeapWordSize;
    size_t end = 0;
    for (BitMap::idx_t i = _seen.find_first_set_bit(0); i < bits; i = _seen.find_first_set_bit(i + 1)) {
      oopDesc* obj = (oopDesc*)(PHeap::base() + i * HeapWordSize);
      if (i < end) damaged(obj, "overlapping objects");
      end = i + class_of_seen(obj)->size_of(obj) / HeapWordSize;
    }
  }

 public:
  Translation()
    : _seen(PHeap::size() / HeapWordSize, mtPersistent), _stack(1024), _all(64), _objects(0), _references(0), _changed(0) {}

  ~Translation() {
    for (int i = 0; i < _all.length(); i++) delete _all.at(i);
  }

  void run(oopDesc* root) {
    if (!PersistentSpace::is_taken(root)) damaged(root, "root directory in free space");
    visit(root, root, nullptr);
    if (!class_of_seen(root)->_klass->name()->equals(RootDirectoryName)) damaged(root, "no root directory");
    while (_stack.is_nonempty()) {
      translate(_stack.pop());
    }
    check_overlaps();
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
  // The first record that has the directory has the reference to it, too.
  bool lost = media == 0 && PersistentClassTable::has_class(RootDirectoryName) && !PersistentAllocateAll;
  if (lost || (media >> 32) != 0) {
    jio_fprintf(defaultStream::error_stream(),
                "Error: persistent heap %s cannot be opened: the reference to its root directory at offset %zu of %s/data is damaged; restore it from a backup, or see jheap repair\n",
                PersistentMedia::directory(), PersistentLayout::RootOffset, PersistentMedia::directory());
    vm_direct_exit(1);
  }
  if (media == 0) return;         // nothing was stored yet
  HandleMark hm(THREAD);
  NoSafepointVerifier nsv;        // V references are in P before anybody knows of them
  Translation t;
  root_object = decode(media);
  t.run(root_object);
  if (PersistentHeapVerify) {
    t.verify();
  }
}
