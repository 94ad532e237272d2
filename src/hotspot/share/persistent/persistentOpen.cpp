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
#include "gc/g1/g1CollectedHeap.inline.hpp"
#include "gc/shared/taskTerminator.hpp"
#include "gc/shared/taskqueue.inline.hpp"
#include "gc/shared/workerThread.hpp"
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
#include "runtime/atomic.hpp"
#include "runtime/handles.inline.hpp"
#include "runtime/java.hpp"
#include "runtime/javaThread.hpp"
#include "runtime/os.hpp"
#include "runtime/prefetch.inline.hpp"
#include "runtime/safepointVerifiers.hpp"
#include "runtime/signature.hpp"
#include "utilities/bitMap.inline.hpp"
#include "utilities/defaultStream.hpp"
#include "utilities/growableArray.hpp"
#include "utilities/resizeableResourceHash.hpp"
#include "utilities/spinYield.hpp"

static oopDesc* root_object = nullptr;

// A worker more is worth its while.
static const size_t SpacePerWorker = DEBUG_ONLY(64 * K) NOT_DEBUG(4 * M);

static const char* const RootDirectoryName = "java/lang/persistent/RootDirectory";

oop PersistentOpen::root()                 { return cast_to_oop(root_object); }
void PersistentOpen::root_do(OopClosure* cl)  { if (root_object != nullptr) cl->do_oop((oop*)&root_object); }
void PersistentOpen::set_root(oopDesc* root) { root_object = root; }

// The sentence on what is wrong with the file, and the end: at once, since no safepoint is
// possible with P half translated.
static void damaged(const void* at, const char* what) {
  static volatile bool ending = false;
  while (Atomic::cmpxchg(&ending, false, true)) os::naked_sleep(1000);     // another worker found something
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

  bool   has_references() const     { return _klass->is_objArray_klass() || slots() > 0; }

  // Bytes of obj, by its length if it is an array; 0 if that is negative.
  size_t size_of(const oopDesc* obj, int* length) const {
    jint lh = _klass->layout_helper();
    if (_klass->is_instance_klass()) return (size_t)InstanceKlass::cast(_klass)->size_helper() * HeapWordSize;
    memcpy(length, (const char*)obj + arrayOopDesc::length_offset_in_bytes(), sizeof(*length));
    if (*length < 0) return 0;
    return align_up((size_t)Klass::layout_helper_header_size(lh) + ((size_t)*length << Klass::layout_helper_log2_element_size(lh)),
                    (size_t)HeapWordSize);
  }
};

// A bit per word of P. Zeros until written: what is not touched costs nothing, however large P is.
class OpenedBitMap : public StackObj {
  const size_t _bytes;
  char* const  _memory;
 public:
  BitMapView   _bits;
  OpenedBitMap(size_t bits)
    : _bytes(align_up(bits / BitsPerByte, os::vm_page_size())), _memory(os::reserve_memory(_bytes, mtPersistent)),
      _bits((BitMap::bm_word_t*)_memory, bits) {
    if (_memory == nullptr || !os::commit_memory(_memory, _bytes, false)) {
      vm_exit_out_of_memory(_bytes, OOM_MMAP_ERROR, "opening the persistent heap");
    }
  }
  ~OpenedBitMap() { os::release_memory(_memory, _bytes); }
};

// What an object still needs: its references, those of an array from an index on.
struct OpenedObject {
  oopDesc*     _obj;
  OpenedClass* _class;      // as it was, if objects overlap; its length, too
  int          _from;
  int          _length;
};

typedef OverflowTaskQueue<OpenedObject, mtPersistent>          OpenedQueue;
typedef GenericTaskQueueSet<OpenedQueue, mtPersistent>         OpenedQueueSet;
typedef ResizeableResourceHashtable<uint32_t, OpenedClass*, AnyObj::C_HEAP, mtPersistent> OpenedClassTable;

static uint32_t* header_of(oopDesc* obj) { return (uint32_t*)((char*)obj + oopDesc::klass_offset_in_bytes()); }

// Visits every object that the root reaches, once, and turns its media form into
// memory form; with all workers of the collector. Writes only what differs, so that pages which need no change
// stay shared. Trusts nothing: objects have no checksums.
class Translation : public WorkerTask {
  friend class Translator;
  OpenedClassTable _by_id;            // the media's number; complete before the first object is looked at
  OpenedClassTable _by_narrow;        // the narrow class pointer
  GrowableArrayCHeap<OpenedClass*, mtPersistent> _all;
  OpenedBitMap   _claimed;            // by the worker that translates the header
  OpenedBitMap   _seen;               // its header is in memory form
  const uint     _workers;
  OpenedQueueSet _queues;
  TaskTerminator _terminator;
  oopDesc* const _root;
  volatile size_t _objects;
  volatile size_t _references;
  volatile size_t _changed;

 public:
  Translation(oopDesc* root, uint workers)
    : WorkerTask("Persistent Heap Translation"), _by_id(1009, 1 * M), _by_narrow(1009, 1 * M), _all(64),
      _claimed(PHeap::size() / HeapWordSize), _seen(PHeap::size() / HeapWordSize), _workers(workers), _queues(workers),
      _terminator(workers, &_queues), _root(root), _objects(0), _references(0), _changed(0) {
    for (uint i = 0; i < workers; i++) _queues.register_queue(i, new OpenedQueue());
    for (int i = 0; i < PersistentClassTable::class_count(); i++) {
      uint32_t id;
      Klass* klass = PersistentClassTable::class_at(i, &id);
      if (klass == nullptr) continue;
      OpenedClass* c = new OpenedClass(klass);
      _all.append(c);
      _by_id.put(id, c);
      _by_narrow.put(c->_narrow, c);
    }
  }

  ~Translation() {
    for (uint i = 0; i < _workers; i++) delete _queues.queue(i);
    for (int i = 0; i < _all.length(); i++) delete _all.at(i);
  }

  void work(uint worker_id) override;

  void log() const {
    log_info(pheap)("%zu objects, %zu references translated, %zu words changed, by %u workers", _objects, _references, _changed, _workers);
  }

  void verify() {
    size_t bits = PHeap::size() / HeapWordSize;
    for (BitMap::idx_t i = _seen._bits.find_first_set_bit(0); i < bits; i = _seen._bits.find_first_set_bit(i + 1)) {
      oop obj = cast_to_oop(PHeap::base() + i * HeapWordSize);
      guarantee(oopDesc::is_oop(obj), "not an object: " PTR_FORMAT, p2i(obj));
      oopDesc::verify(obj);
    }
  }
};

// One worker of it.
class Translator : public StackObj {
  Translation* const _t;
  const uint         _id;
  OpenedQueue* const _queue;
  size_t _objects;
  size_t _references;
  size_t _changed;

  // References wait here until their object's header has come from memory.
  struct Reference { uint32_t* slot; oopDesc* obj; Klass* type; };
  static const int Ahead = 32;
  Reference _ahead[Ahead];
  int       _first;
  int       _waiting;

  // Slices of arrays, which others may take.
  static const int Slice = 1024;

  class ClassCache {
    static const uint32_t Size = 256;
    struct { uint32_t key; OpenedClass* value; } _cache[Size];
   public:
    ClassCache() { memset(_cache, 0, sizeof(_cache)); }
    OpenedClass* get(OpenedClassTable* table, uint32_t key) {
      auto* c = &_cache[(key * 0x9E3779B1u) >> 24];
      if (c->key == key && c->value != nullptr) return c->value;
      OpenedClass** found = table->get(key);
      if (found == nullptr) return nullptr;
      c->key = key;
      c->value = *found;
      return *found;
    }
  };
  ClassCache _ids;
  ClassCache _narrows;

  static size_t bit_of(const oopDesc* obj) { return ((uintptr_t)obj - PHeap::base()) / HeapWordSize; }

  OpenedClass* class_of_seen(oopDesc* obj) {
    OpenedClass* c = _narrows.get(&_t->_by_narrow, *header_of(obj));
    if (c == nullptr) damaged(obj, "overlapping objects");
    return c;
  }

  void put(uint32_t* at, uint32_t value) {
    if (*at != value) {
      *at = value;
      _changed++;
    }
  }

  // Returns the length, if it is an array.
  int check_extent(oopDesc* obj, OpenedClass* c) {
    int length = 0;
    size_t bytes = c->size_of(obj, &length);
    if (bytes == 0) damaged(obj, "array of negative length");
    if (bytes > PHeap::base() + PHeap::size() - (uintptr_t)obj) damaged(obj, "object beyond the end of the heap");
    const size_t line = PersistentLayout::LineSize;
    for (uintptr_t p = align_down((uintptr_t)obj, line); p < (uintptr_t)obj + bytes; p += line) {
      if (!PersistentSpace::is_taken((void*)MAX2(p, (uintptr_t)obj))) damaged(obj, "object beyond the space in use");
    }
    return length;
  }

  // obj may stand where a type is wanted.
  void visit(const void* from, oopDesc* obj, Klass* type) {
    OpenedClass* c;
    const size_t bit = bit_of(obj);
    if (_t->_seen._bits.par_at(bit)) {
      c = class_of_seen(obj);
    } else if (_t->_claimed._bits.par_set_bit(bit)) {
      c = _ids.get(&_t->_by_id, *header_of(obj));
      if (c == nullptr) damaged(obj, "object of an unknown class");
      // Unlocked, and nothing but the identity hash.
      if ((obj->mark().value() & ~markWord::hash_mask_in_place) != markWord::prototype().value()) {
        damaged(obj, "object with a damaged mark word");
      }
      int length = check_extent(obj, c);
      put(header_of(obj), c->_narrow);
      _t->_seen._bits.par_set_bit(bit);
      _objects++;
      if (c->has_references()) _queue->push(OpenedObject{obj, c, 0, length});
    } else {
      // The other worker is about to be done, or to end the VM.
      SpinYield yield;
      while (!_t->_seen._bits.par_at(bit)) yield.wait();
      c = class_of_seen(obj);
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
    Prefetch::write(header_of(obj), 0);
    if (_waiting == Ahead) look_at_oldest();
    _ahead[(_first + _waiting++) % Ahead] = Reference{slot, obj, type};
  }

  void look_at_oldest() {
    Reference r = _ahead[_first];
    _first = (_first + 1) % Ahead;
    _waiting--;
    visit(r.slot, r.obj, r.type);
    put(r.slot, CompressedOops::narrow_oop_value(CompressedOops::encode(cast_to_oop(r.obj))));
  }

  // The VM itself reads strings, without looking.
  void check_string(oopDesc* obj) {
    uint32_t value;
    memcpy(&value, (char*)obj + java_lang_String::value_offset(), sizeof(value));
    if (value == 0 || *((uint8_t*)obj + java_lang_String::coder_offset()) > 1) damaged(obj, "damaged string");
  }

  void translate(OpenedObject o) {
    OpenedClass* c = o._class;
    if (c->_klass->is_instance_klass()) {
      if (c->_klass == vmClasses::String_klass()) check_string(o._obj);
      for (int i = 0; i < c->slots(); i++) {
        reference((uint32_t*)((char*)o._obj + c->slot_offset(i)), c->slot_type(i));
      }
    } else if (c->_klass->is_objArray_klass()) {
      uint32_t* slot = (uint32_t*)((char*)o._obj + objArrayOopDesc::base_offset_in_bytes());
      int to = o._length;
      if (o._length - o._from > Slice) {
        to = o._from + Slice;
        _queue->push(OpenedObject{o._obj, c, to, o._length});
      }
      for (int i = o._from; i < to; i++) {
        reference(slot + i, c->_element);
      }
    }
  }

 public:
  Translator(Translation* t, uint id)
    : _t(t), _id(id), _queue(t->_queues.queue(id)), _objects(0), _references(0), _changed(0), _first(0), _waiting(0) {}

  ~Translator() {
    assert(_waiting == 0 && _queue->is_empty(), "all is done");
    Atomic::add(&_t->_objects, _objects);
    Atomic::add(&_t->_references, _references);
    Atomic::add(&_t->_changed, _changed);
  }

  void start(oopDesc* root) {
    if (!PersistentSpace::is_taken(root)) damaged(root, "root directory in free space");
    visit(root, root, nullptr);
    if (!class_of_seen(root)->_klass->name()->equals(RootDirectoryName)) damaged(root, "no root directory");
  }

  void run() {
    do {
      while (true) {
        OpenedObject o;
        if (_queue->pop_overflow(o) || _queue->pop_local(o)) {
          translate(o);
        } else if (_waiting > 0) {
          look_at_oldest();
        } else if (_t->_queues.steal(_id, o)) {
          translate(o);
        } else {
          break;
        }
      }
    } while (!_t->_terminator.offer_termination());
  }

  // No object begins where another one is.
  void check_overlaps(size_t from, size_t to) {
    const BitMapView& seen = _t->_seen._bits;
    for (size_t i = seen.find_first_set_bit(from, to); i < to; i = seen.find_first_set_bit(i + 1, to)) {
      oopDesc* obj = (oopDesc*)(PHeap::base() + i * HeapWordSize);
      int length;
      size_t end = MIN2(i + class_of_seen(obj)->size_of(obj, &length) / HeapWordSize, seen.size());
      size_t next = seen.find_first_set_bit(i + 1, MAX2(end, i + 1));
      if (next < end) damaged((void*)(PHeap::base() + next * HeapWordSize), "overlapping objects");
    }
  }
};

void Translation::work(uint worker_id) {
  Translator worker(this, worker_id);
  if (worker_id == 0) worker.start(_root);
  worker.run();
  // All workers are done with all objects.
  const size_t bits = PHeap::size() / HeapWordSize;
  worker.check_overlaps(bits / _workers * worker_id, worker_id + 1 == _workers ? bits : bits / _workers * (worker_id + 1));
}

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
  root_object = decode(media);
  WorkerThreads* workers = G1CollectedHeap::heap()->workers();
  WithActiveWorkers active(workers, (uint)MIN2((size_t)workers->max_workers(), PersistentSpace::used() / SpacePerWorker + 1));
  Translation t(root_object, workers->active_workers());
  workers->run_task(&t);
  t.log();
  if (PersistentHeapVerify) {
    t.verify();
  }
}
