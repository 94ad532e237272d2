/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentTranslation.hpp"

#include "classfile/javaClasses.inline.hpp"
#include "classfile/symbolTable.hpp"
#include "classfile/systemDictionary.hpp"
#include "classfile/vmClasses.hpp"
#include "classfile/vmSymbols.hpp"
#include "gc/shared/taskqueue.inline.hpp"
#include "logging/log.hpp"
#include "memory/allocation.inline.hpp"
#include "memory/universe.hpp"
#include "oops/access.inline.hpp"
#include "oops/compressedKlass.inline.hpp"
#include "oops/compressedOops.inline.hpp"
#include "oops/fieldStreams.inline.hpp"
#include "oops/instanceKlass.inline.hpp"
#include "oops/objArrayKlass.hpp"
#include "oops/objArrayOop.inline.hpp"
#include "oops/oop.inline.hpp"
#include "oops/oopHandle.inline.hpp"
#include "persistent/persistentCapture.hpp"
#include "persistent/persistentClassTable.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentMedia.hpp"
#include "persistent/persistentOpen.hpp"
#include "persistent/persistentSlots.hpp"
#include "persistent/persistentSpace.hpp"
#include "runtime/atomic.hpp"
#include "runtime/handles.inline.hpp"
#include "runtime/java.hpp"
#include "runtime/javaThread.hpp"
#include "runtime/os.hpp"
#include "runtime/prefetch.inline.hpp"
#include "runtime/signature.hpp"
#include "utilities/bitMap.inline.hpp"
#include "utilities/defaultStream.hpp"
#include "utilities/spinYield.hpp"

// The first worker that finds something ends the VM.
static void begin_end() {
  static volatile bool ending = false;
  while (Atomic::cmpxchg(&ending, false, true)) os::naked_sleep(1000);
}

static void refused(const char* why) {
  begin_end();
  jio_fprintf(defaultStream::error_stream(), "Error: persistent heap %s cannot be opened: %s\n", PersistentMedia::directory(), why);
  vm_direct_exit(1);
}

void Translation::damaged(const void* at, const char* what) {
  begin_end();
  jio_fprintf(defaultStream::error_stream(),
              "Error: persistent heap %s cannot be opened: %s at offset " UINT64_FORMAT_X " of %s/data; restore it from a backup, or see jheap verify and jheap repair\n",
              PersistentMedia::directory(), what,
              PersistentCapture::file_offset(at), PersistentMedia::directory());
  vm_direct_exit(1);
}

static void damaged(const void* at, const char* what) { Translation::damaged(at, what); }

static void unknown_class(const void* at, uint32_t id) {
  const char* why = PersistentClassTable::class_refusal(id);
  if (why != nullptr) refused(why);
  damaged(at, "object of an unknown class");
}

static void wrong_class(const void* at, const char* what, Klass* klass) {
  char name[256];
  char text[512];
  klass->name()->as_klass_external_name(name, sizeof(name));
  os::snprintf(text, sizeof(text), "reference to %s of the wrong class, %s (if that or a class that it extended has changed, use it as it was)", what, name);
  damaged(at, text);
}

// What needs to be known of a class.
class OpenedClass : public CHeapObj<mtPersistent> {
  struct Slot { int offset; Klass* type; };
  GrowableArrayCHeap<Slot, mtPersistent> _slots;      // of an instance

  // In the loaders whose classes can be in P: the application's and those it asks first, to the boot loader.
  static Klass* find_loaded(Symbol* name) {
    JavaThread* thread = JavaThread::current();
    HandleMark hm(thread);
    Handle loader(thread, SystemDictionary::java_system_loader());
    while (true) {
      Klass* k = SystemDictionary::find_instance_or_array_klass(thread, name, loader);
      if (k != nullptr || loader.is_null()) return k;
      loader = Handle(thread, java_lang_ClassLoader::parent(loader()));
    }
  }

  static bool is_array_of_interface(Symbol* name) {
    if (!Signature::is_array(name)) return false;
    SignatureStream ss(name, false);
    ss.skip_array_prefix();
    if (ss.type() != T_OBJECT) return false;
    Klass* bottom = find_loaded(ss.as_symbol());
    return bottom != nullptr && bottom->is_interface();
  }

  // Null: any object may stand there. An interface may be any object in the JVM's eyes.
  static Klass* type_of(Symbol* signature) {
    if (signature == vmSymbols::object_signature()) return nullptr;
    Symbol* name = signature;
    TempNewSymbol plain;
    if (Signature::has_envelope(signature)) {
      plain = Signature::strip_envelope(signature);
      name = plain;
    }
    Klass* k = find_loaded(name);
    if (k != nullptr) return constraint(k);
    // The classes of all objects and symbols are loaded, and with a class all that it extends and implements. So none of
    // them has to do with a class that is not: they could stand there when theirs extended it, but it does not any more.
    return is_array_of_interface(name) ? nullptr : nothing();
  }

  // The type of no object: there is no instance of Void.
  static Klass* nothing() { return vmClasses::Void_klass(); }

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

  bool   is_array_of_references() const { return _klass->is_objArray_klass(); }
  // Of an instance.
  size_t instance_size() const          { return (size_t)InstanceKlass::cast(_klass)->size_helper() * HeapWordSize; }

  // Bytes of an object, by its length if it is an array; 0 if that is negative. length: where that is.
  size_t size(const jint* length) const {
    jint lh = _klass->layout_helper();
    if (_klass->is_instance_klass()) return instance_size();
    if (*length < 0) return 0;
    return align_up((size_t)Klass::layout_helper_header_size(lh) + ((size_t)*length << Klass::layout_helper_log2_element_size(lh)),
                    (size_t)HeapWordSize);
  }
};

static const jint* length_of(const oopDesc* obj) {
  return (const jint*)((const char*)obj + arrayOopDesc::length_offset_in_bytes());
}

OpenedBitMap::OpenedBitMap(size_t bits)
  : _bytes(align_up(bits / BitsPerByte, os::vm_page_size())), _memory(os::reserve_memory(_bytes, mtPersistent)),
    _bits((BitMap::bm_word_t*)_memory, bits) {
  if (_memory == nullptr || !os::commit_memory(_memory, _bytes, false)) {
    vm_exit_out_of_memory(_bytes, OOM_MMAP_ERROR, "opening the persistent heap");
  }
}

OpenedBitMap::~OpenedBitMap() { os::release_memory(_memory, _bytes); }

// ---- Translation ----

Translation::Translation(uint workers)
  : WorkerTask("Persistent Heap Translation"), _by_id(1009, 1 * M), _by_narrow(1009, 1 * M), _all(64), _symbols(0),
    _claimed(PHeap::size() / HeapWordSize), _seen(PHeap::size() / HeapWordSize),
    _waited(PHeap::size() / HeapWordSize), _workers(workers), _queues(workers),
    _terminator(workers, &_queues), _segments(nullptr), _longest(0), _used_workers(1), _objects(0), _references(0), _changed(0) {
  for (uint i = 0; i < workers; i++) _queues.register_queue(i, new OpenedQueue());
  for (int i = 0; i < PersistentClassTable::class_count(); i++) {
    uint32_t id;
    Klass* klass = PersistentClassTable::class_at(i, &id);
    if (klass == nullptr) continue;
    OpenedClass* c = new OpenedClass(klass);
    _all.append(c);
    if (klass->is_instance_klass()) _longest = MAX2(_longest, c->instance_size());
    _by_id.put(id, c);
    _by_narrow.put(c->_narrow, c);
  }
  // The program may add symbols while this goes on.
  for (int i = 0; i < PersistentClassTable::symbol_count(); i++) {
    oop value = PersistentClassTable::symbol_value(i + 1);
    _symbols.append(value == nullptr ? OopHandle() : OopHandle(Universe::vm_global(), value));
  }
}

Translation::~Translation() {
  for (uint i = 0; i < _workers; i++) delete _queues.queue(i);
  for (int i = 0; i < _all.length(); i++) delete _all.at(i);
  for (int i = 0; i < _symbols.length(); i++) _symbols.at(i).release(Universe::vm_global());
}

void Translation::run_to_end(WorkerThreads* workers, oopDesc* root) {
  {
    Translator first(this, 0);
    if (_segments == nullptr) {
      first.found(root, nullptr);
    } else {
      _segments->show_all(&first);
    }
  }
  WithActiveWorkers active(workers, _workers);
  _used_workers = workers->active_workers();        // there may be no thread for more
  _terminator.reset_for_reuse(_used_workers);
  workers->run_task(this);
}

void Translation::work(uint worker_id) {
  Translator worker(this, worker_id);
  worker.run();
  check_overlaps(worker_id, _used_workers);         // all workers are done with all objects
}

void Translation::check_overlaps(size_t part, size_t parts) const {
  const BitMapView& seen = _seen._bits;
  const size_t from = seen.size() / parts * part;
  const size_t to = part + 1 == parts ? seen.size() : seen.size() / parts * (part + 1);
  for (size_t i = seen.find_first_set_bit(from, to); i < to; i = seen.find_first_set_bit(i + 1, to)) {
    const oopDesc* obj = (const oopDesc*)(PHeap::base() + i * HeapWordSize);
    OpenedClass** c = _by_narrow.get(*(const uint32_t*)((const char*)obj + oopDesc::klass_offset_in_bytes()));
    if (c == nullptr) damaged(obj, "overlapping objects");
    size_t end = MIN2(i + (*c)->size(length_of(obj)) / HeapWordSize, seen.size());
    size_t next = seen.find_first_set_bit(i + 1, MAX2(end, i + 1));
    if (next < end) damaged((void*)(PHeap::base() + next * HeapWordSize), "overlapping objects");
  }
}

void Translation::log() const {
  log_info(pheap)("%zu objects, %zu references translated, %zu words changed, by %u workers", _objects, _references, _changed, _used_workers);
}

void Translation::verify() const {
  size_t bits = PHeap::size() / HeapWordSize;
  for (BitMap::idx_t i = _seen._bits.find_first_set_bit(0); i < bits; i = _seen._bits.find_first_set_bit(i + 1)) {
    oop obj = cast_to_oop(PHeap::base() + i * HeapWordSize);
    guarantee(oopDesc::is_oop(obj), "not an object: " PTR_FORMAT, p2i(obj));
    oopDesc::verify(obj);
  }
}

// ---- Translator ----

Translator::Translator(Translation* t, uint id)
  : _t(t), _id(id), _queue(t->_queues.queue(id)), _segments(t->_segments), _objects(0), _references(0), _changed(0),
    _late(0), _symbols_move(false), _first(0), _waiting(0) {}

Translator::~Translator() {
  assert(_waiting == 0 && _late.is_empty(), "all is done");
  Atomic::add(&_t->_objects, _objects);
  Atomic::add(&_t->_references, _references);
  Atomic::add(&_t->_changed, _changed);
}

OpenedClass* Translator::ClassCache::get(OpenedClassTable* table, uint32_t key) {
  auto* c = &_cache[(key * 0x9E3779B1u) >> 24];
  if (c->key == key && c->value != nullptr) return c->value;
  OpenedClass** found = table->get(key);
  if (found == nullptr) return nullptr;
  c->key = key;
  c->value = *found;
  return *found;
}

static size_t bit_of(const oopDesc* obj) { return ((uintptr_t)obj - PHeap::base()) / HeapWordSize; }

uint32_t* Translator::header_of(const oopDesc* obj) const {
  return at((uint32_t*)((char*)obj + oopDesc::klass_offset_in_bytes()));
}

// It may be in the segment before, hidden, or visible and in use.
uint64_t Translator::mark_of(const oopDesc* obj) const {
  uint64_t mark;
  if (_segments != nullptr && !_segments->is_same(obj, PersistentSegments::header(obj))) {
    PersistentMedia::read_data(PersistentCapture::file_offset(obj), &mark, sizeof(mark));
  } else {
    memcpy(&mark, at((const char*)obj), sizeof(mark));
  }
  return mark;
}

OpenedClass* Translator::class_of_seen(const oopDesc* obj) {
  OpenedClass* c = _narrows.get(&_t->_by_narrow, *header_of(obj));
  if (c == nullptr) damaged(obj, "overlapping objects");
  return c;
}

void Translator::put(uint32_t* at, uint32_t value) {
  if (*at != value) {
    *at = value;
    _changed++;
  }
}

// Returns the length, if it is an array.
int Translator::check_extent(oopDesc* obj, OpenedClass* c) {
  size_t bytes = c->size(at(length_of(obj)));
  if (bytes == 0) damaged(obj, "array of negative length");
  if (bytes > PHeap::base() + PHeap::size() - (uintptr_t)obj) damaged(obj, "object beyond the end of the heap");
  const size_t line = PersistentLayout::LineSize;
  for (uintptr_t p = align_down((uintptr_t)obj, line); p < (uintptr_t)obj + bytes; p += line) {
    if (!PersistentSpace::is_taken((void*)MAX2(p, (uintptr_t)obj))) damaged(obj, "object beyond the space in use");
  }
  return c->_klass->is_array_klass() ? *at(length_of(obj)) : 0;
}

// Whether there may be something of it in the segment after its header's.
bool Translator::reaches_on(const oopDesc* obj, size_t bytes) const {
  const uintptr_t last = MIN2((uintptr_t)obj + bytes, PHeap::base() + PHeap::size()) - 1;
  return !_segments->is_same(PersistentSegments::header(obj), (void*)last);
}

// The references of an object whose header is in memory form.
void Translator::push(oopDesc* obj, OpenedClass* c, int length) {
  if (!c->is_array_of_references()) {
    if (c->slots() == 0) return;
    if (_t->_waited._bits.par_at(bit_of(obj)) && reaches_on(obj, c->instance_size())) {
      // What is not in this segment waits, or waited, by itself.
      for (int i = 0; i < c->slots(); i++) {
        if (_segments->is_same(PersistentSegments::header(obj), (char*)obj + c->slot_offset(i))) {
          _queue->push(OpenedObject{obj, c, i, i + 1});
        }
      }
    } else {
      _queue->push(OpenedObject{obj, c, 0, c->slots()});
    }
    return;
  }
  if (_segments == nullptr) {
    if (length > 0) _queue->push(OpenedObject{obj, c, 0, length});
    return;
  }
  const uint32_t* slots = (const uint32_t*)((char*)obj + objArrayOopDesc::base_offset_in_bytes());
  for (int from = 0; from < length; ) {
    const size_t segment = _segments->index_of(slots + from);
    int to = length;
    if (_segments->index_of(slots + length - 1) != segment) {
      to = (int)(_segments->end_of<const uint32_t>(segment) - slots);
    }
    const OpenedObject part = {obj, c, from, to};
    if (_segments->is_hidden(slots + from)) {
      _segments->wait(slots + from, part);
    } else {
      _queue->push(part);
    }
    from = to;
  }
}

// obj may stand where a type is wanted.
void Translator::visit(const void* from, oopDesc* obj, Klass* type) {
  OpenedClass* c;
  const size_t bit = bit_of(obj);
  if (_t->_seen._bits.par_at(bit)) {
    c = class_of_seen(obj);
  } else if (_t->_claimed._bits.par_set_bit(bit)) {
    c = _ids.get(&_t->_by_id, *header_of(obj));
    if (c == nullptr) unknown_class(obj, *header_of(obj));
    // Unlocked, and nothing but the identity hash.
    if ((mark_of(obj) & ~markWord::hash_mask_in_place) != markWord::prototype().value()) {
      damaged(obj, "object with a damaged mark word");
    }
    int length = check_extent(obj, c);
    put(header_of(obj), c->_narrow);
    _t->_seen._bits.par_set_bit(bit);
    _objects++;
    push(obj, c, length);
  } else {
    // The other worker is about to be done, or to end the VM.
    SpinYield yield;
    while (!_t->_seen._bits.par_at(bit)) yield.wait();
    c = class_of_seen(obj);
  }
  if (type != nullptr && !c->_klass->is_subtype_of(type)) wrong_class(from, "an object", c->_klass);
}

// By a thread in native, too.
static oop symbol_value(OopHandle handle) {
  if (handle.is_empty()) return nullptr;
  return RawAccess<>::oop_load(handle.ptr_raw());
}

void Translator::symbol(uint32_t* slot, uint32_t media, Klass* type) {
  oop value = media > (uint32_t)_t->_symbols.length() ? nullptr : symbol_value(_t->_symbols.at((int)media - 1));
  if (value == nullptr) {
    const char* why = PersistentClassTable::symbol_refusal(media);
    if (why != nullptr) refused(why);
    damaged(slot, "unknown symbol");
  }
  if (type != nullptr && !value->klass()->is_subtype_of(type)) wrong_class(slot, "a symbol", value->klass());
  put(at(slot), CompressedOops::narrow_oop_value(CompressedOops::encode(value)));
  PersistentSlots::add((narrowOop*)slot);     // marking, beside the program, must not find media form there
}

void Translator::late_symbols() {
  _symbols_move = false;
  while (_late.is_nonempty()) {
    LateSymbol s = _late.pop();
    symbol(s.slot, *s.slot, s.type);
  }
}

void Translator::reference(uint32_t* slot, Klass* type) {
  uint32_t media = *at(slot);
  if (media == 0) return;
  _references++;
  uint64_t address = (uint64_t)media << PersistentMedia::superblock()->reference_shift;
  if (address < PersistentMedia::superblock()->reference_base) {
    if (_symbols_move) {
      _late.append(LateSymbol{slot, type});
    } else {
      symbol(slot, media, type);
    }
    return;
  }
  oopDesc* obj = PersistentOpen::decode(media);
  if (!PersistentSpace::is_taken(obj) || !PersistentSpace::is_taken(PersistentSegments::header(obj))) {
    damaged(slot, "reference to free space");
  }
  put(at(slot), CompressedOops::narrow_oop_value(CompressedOops::encode(cast_to_oop(obj))));
  if (is_hidden(PersistentSegments::header(obj))) {
    wait(obj, type);
    return;
  }
  Prefetch::write(header_of(obj), 0);
  if (_waiting == Ahead) look_at_oldest();
  _ahead[(_first + _waiting++) % Ahead] = Reference{slot, obj, type};
}

// For its segment to be shown.
void Translator::wait(oopDesc* obj, Klass* type) {
  const bool first = _t->_waited._bits.par_set_bit(bit_of(obj));
  if (!first && type == nullptr) return;
  const void* header = PersistentSegments::header(obj);
  _segments->wait(obj, type);
  if (!first || !reaches_on(obj, _t->_longest)) return;
  uint32_t id;
  PersistentMedia::read_data(PersistentCapture::file_offset(obj) + oopDesc::klass_offset_in_bytes(), &id, sizeof(id));
  OpenedClass* c = _ids.get(&_t->_by_id, id);
  if (c == nullptr) unknown_class(obj, id);
  if (!c->_klass->is_instance_klass()) return;
  check_extent(obj, c);
  for (int i = 0; i < c->slots(); i++) {
    const void* slot = (const char*)obj + c->slot_offset(i);
    if (_segments->is_same(header, slot)) continue;
    const OpenedObject part = {obj, c, i, i + 1};
    if (is_hidden(slot)) {
      _segments->wait(slot, part);
    } else {
      _queue->push(part);
    }
  }
}

void Translator::look_at_oldest() {
  Reference r = _ahead[_first];
  _first = (_first + 1) % Ahead;
  _waiting--;
  visit(r.from, r.obj, r.type);
}

void Translator::translate(OpenedObject o) {
  OpenedClass* c = o._class;
  if (c->is_array_of_references()) {
    uint32_t* slots = (uint32_t*)((char*)o._obj + objArrayOopDesc::base_offset_in_bytes());
    int to = o._to;
    if (to - o._from > Slice) {
      to = o._from + Slice;
      _queue->push(OpenedObject{o._obj, c, to, o._to});
    }
    for (int i = o._from; i < to; i++) reference(slots + i, c->_element);
    return;
  }
  for (int i = o._from; i < o._to; i++) {
    uint32_t* slot = (uint32_t*)((char*)o._obj + c->slot_offset(i));
    if (is_hidden(slot)) {
      _segments->wait(slot, OpenedObject{o._obj, c, i, i + 1});
      continue;
    }
    // The VM itself reads strings, without looking.
    if (c->_klass == vmClasses::String_klass() &&
        (*at(slot) == 0 || *at((uint8_t*)o._obj + java_lang_String::coder_offset()) > 1)) {
      damaged(o._obj, "damaged string");
    }
    reference(slot, c->slot_type(i));
  }
}

void Translator::start(oopDesc* root) {
  if (is_hidden(PersistentSegments::header(root))) {
    wait(root, nullptr);
  } else {
    found(root, nullptr);
  }
  run_alone();
}

void Translator::found(oopDesc* obj, Klass* type) { visit(obj, obj, type); }
void Translator::found(OpenedObject part)          { _queue->push(part); }

bool Translator::work_on_own() {
  OpenedObject o;
  if (_queue->pop_overflow(o) || _queue->pop_local(o)) {
    translate(o);
    return true;
  }
  if (_waiting > 0) {
    look_at_oldest();
    return true;
  }
  return false;
}

void Translator::run() {
  do {
    OpenedObject o;
    run_alone();
    while (_t->_queues.steal(_id, o)) {
      translate(o);
      run_alone();
    }
  } while (!_t->_terminator.offer_termination());
}

void Translator::run_alone() {
  while (work_on_own()) ;
}
