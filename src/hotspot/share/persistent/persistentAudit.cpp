/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentAudit.hpp"

#include "classfile/javaClasses.hpp"
#include "classfile/vmClasses.hpp"
#include "logging/log.hpp"
#include "memory/allocation.inline.hpp"
#include "memory/resourceArea.hpp"
#include "oops/access.inline.hpp"
#include "oops/compressedOops.inline.hpp"
#include "oops/instanceKlass.inline.hpp"
#include "oops/objArrayOop.inline.hpp"
#include "oops/oop.inline.hpp"
#include "persistent/persistentCapture.hpp"
#include "persistent/persistentClassTable.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentMedia.hpp"
#include "persistent/persistentOpen.hpp"
#include "persistent/persistentSlots.hpp"
#include "persistent/persistentSpace.hpp"
#include "persistent/persistentTxn.hpp"
#include "persistent/persistentUnlogged.hpp"
#include "persistent/persistent_globals.hpp"
#include "runtime/atomic.hpp"
#include "runtime/fieldDescriptor.inline.hpp"
#include "runtime/safepoint.hpp"
#include "runtime/vmOperations.hpp"
#include "runtime/vmThread.hpp"
#include "utilities/bitMap.inline.hpp"
#include "utilities/growableArray.hpp"
#include "utilities/ostream.hpp"

class AuditTrace : public StackObj {
  static const int MaxPrinted = 20;
  static const size_t PieceSize = 64 * K;

  outputStream* _st;
  CHeapBitMap   _seen;
  GrowableArrayCHeap<oopDesc*, mtPersistent> _stack;
  GrowableArrayCHeap<char, mtPersistent> _expected;
  GrowableArrayCHeap<char, mtPersistent> _media;
  PersistentLogRecord _no_entries;
  int    _differences;
  size_t _objects;

  void report(oopDesc* obj, ptrdiff_t offset, const char* what) {
    if (_differences++ >= MaxPrinted) return;
    ResourceMark rm;
    Klass* klass = obj->klass();
    _st->print("audit: %s at " PTR_FORMAT ", offset %d", klass->external_name(), p2i(obj), (int)offset);
    fieldDescriptor fd;
    if (klass->is_instance_klass() && InstanceKlass::cast(klass)->find_field_from_offset((int)offset, false, &fd)) {
      _st->print(" (field %s)", fd.name()->as_C_string());
    }
    _st->print_cr(": %s", what);
  }

  void push(oopDesc* obj) {
    size_t bit = ((uintptr_t)obj - PHeap::base()) / HeapWordSize;
    if (!_seen.at(bit)) {
      _seen.set_bit(bit);
      _stack.append(obj);
    }
  }

  // What the media should hold for the reference in slot, and does at on_media.
  uint32_t expected(oopDesc* holder, narrowOop* slot, const char* on_media) {
    ptrdiff_t offset = (char*)slot - (char*)holder;
    oop v = RawAccess<>::oop_load(slot);
    if (v == nullptr || PersistentUnlogged::contains(holder->klass(), offset)) return 0;
    oopDesc* obj = cast_from_oop<oopDesc*>(v);
    if (PHeap::contains(obj)) {
      if (PersistentSpace::is_captured(obj)) {
        push(obj);
      } else if (!PersistentTxn::any_stored_to(slot)) {
        report(holder, offset, "refers to an object that is not on the media");
      }
      return PersistentCapture::encode_reference(obj);
    }
    if (!PersistentSlots::contains(slot)) {
      report(holder, offset, "refers to an ordinary object and is not remembered: the next collection loses that");
      return 0;
    }
    uint32_t media;
    memcpy(&media, on_media, sizeof(media));
    if (PersistentAllocateAll && media == 0) {
      return 0;       // whatever cannot be on the media is null there
    }
    // Several symbols may stand for it.
    return PersistentClassTable::symbol_value(media) == v ? media : PersistentClassTable::symbol_for(v, &_no_entries);
  }

  static void push_captured(void* trace, oopDesc* obj) { ((AuditTrace*)trace)->push(obj); }

  // An instance is compared as a whole, an array, which may have 2 GB, in pieces.
  void check(oopDesc* obj) {
    _objects++;
    const size_t bytes = obj->size() * HeapWordSize;
    const size_t piece = obj->is_instance() ? bytes : PieceSize;
    for (size_t from = 0; from < bytes; from += piece) {
      check_piece(obj, from, (int)MIN2(piece, bytes - from));
    }
  }

  void check_piece(oopDesc* obj, size_t from, int bytes) {
    Klass* klass = obj->klass();
    char* start = (char*)obj + from;
    _expected.at_grow(bytes);
    _media.at_grow(bytes);
    char* image = _expected.adr_at(0);
    char* media_image = _media.adr_at(0);
    memcpy(image, start, bytes);
    PersistentMedia::read_data(PersistentCapture::file_offset(start), media_image, bytes);
    if (from == 0) {
      uint64_t mark = PersistentCapture::clean_mark(obj);
      uint32_t id = PersistentClassTable::id_for(klass, &_no_entries);
      memcpy(image + oopDesc::mark_offset_in_bytes(), &mark, sizeof(mark));
      memcpy(image + oopDesc::klass_offset_in_bytes(), &id, sizeof(id));
    }
    auto expect = [&] (narrowOop* slot) {
      const ptrdiff_t at = (char*)slot - start;
      uint32_t media = expected(obj, slot, media_image + at);
      memcpy(image + at, &media, sizeof(media));
    };
    if (klass->is_instance_klass()) {
      InstanceKlass* ik = InstanceKlass::cast(klass);
      OopMapBlock* map = ik->start_of_nonstatic_oop_maps();
      OopMapBlock* end = map + ik->nonstatic_oop_map_count();
      for (; map < end; map++) {
        narrowOop* slot = (narrowOop*)((char*)obj + map->offset());
        for (uint i = 0; i < map->count(); i++, slot++) expect(slot);
      }
      PersistentCapture::put_unlocked_state(klass, image);
      PersistentCapture::put_unlocked_state(klass, media_image);      // which may be of a version that logged it
    } else if (klass->is_objArray_klass()) {
      narrowOop* first = (narrowOop*)((char*)obj + objArrayOopDesc::base_offset_in_bytes());
      narrowOop* end = MIN2(first + objArrayOop(cast_to_oop(obj))->length(), (narrowOop*)(start + bytes));
      for (narrowOop* slot = MAX2(first, (narrowOop*)start); slot < end; slot++) expect(slot);
    }
    if (memcmp(image, media_image, bytes) == 0) return;
    for (int i = 0; i < bytes; i += 4) {
      uint32_t e, m;
      memcpy(&e, image + i, sizeof(e));
      memcpy(&m, media_image + i, sizeof(m));
      if (e != m && !PersistentTxn::any_stored_to(start + i) && !PersistentTxn::any_stored_to(start + i + 3)) {
        char what[160];
        uint64_t seq = PersistentLog::last_writer(PersistentCapture::file_offset(start + i));
        if (seq != 0) {
          jio_snprintf(what, sizeof(what), "memory has 0x%08x, media 0x%08x; last written by record " UINT64_FORMAT, e, m, seq);
        } else {
          jio_snprintf(what, sizeof(what), "memory has 0x%08x, media 0x%08x; not written by any record in the log", e, m);
        }
        report(obj, from + i, what);
      }
    }
  }

 public:
  AuditTrace(outputStream* st)
    : _st(st), _seen(PHeap::size() / HeapWordSize, mtPersistent), _stack(), _expected(4096), _media(4096),
      _differences(0), _objects(0) {}

  int run() {
    oop root = PersistentOpen::root();
    if (root != nullptr) push(cast_from_oop<oopDesc*>(root));
    PersistentSpace::captured_do(push_captured, this);
    while (_stack.is_nonempty()) {
      check(_stack.pop());
    }
    if (!_no_entries.is_empty()) {
      _differences++;
      _st->print_cr("audit: a reachable class or symbol is not in the class table");
    }
    _st->print_cr("audit: %zu persistent objects, %d differences", _objects, _differences);
    return _differences;
  }
};

int PersistentAudit::run(outputStream* st) {
  assert_at_safepoint();
  PersistentOpen::complete();
  PersistentTxn::renew_all_implicit();
  PersistentLog::lock();
  PersistentLog::drain();
  AuditTrace trace(st);
  int differences = trace.run();
  PersistentClassTable::abort_entries();
  PersistentLog::unlock();
  return differences;
}

class VM_PersistentAudit : public VM_Operation {
  outputStream* _st;
  int _differences;
 public:
  VM_PersistentAudit(outputStream* st) : _st(st), _differences(0) {}
  VMOp_Type type() const override { return VMOp_PersistentAudit; }
  void doit() override            { _differences = PersistentAudit::run(_st); }
  int differences() const         { return _differences; }
};

volatile uintx PersistentAudit::_commits = 0;
volatile bool  PersistentAudit::_due = false;

void PersistentAudit::count_commit() {
  if (PersistentHeapAudit && PersistentHeapAuditInterval > 0 &&
      Atomic::add(&_commits, (uintx)1) % PersistentHeapAuditInterval == 0) {
    Atomic::store(&_due, true);
  }
}

bool PersistentAudit::is_due() {
  return Atomic::load(&_due) || (PersistentHeapAudit && PersistentHeapAuditInterval > 0 &&
                                 (Atomic::load(&_commits) + 1) % PersistentHeapAuditInterval == 0);
}

void PersistentAudit::run_if_due() {
  if (!Atomic::load(&_due) || !Atomic::cmpxchg(&_due, true, false)) return;
  ResourceMark rm;
  stringStream ss;
  VM_PersistentAudit op(&ss);
  VMThread::execute(&op);
  log_debug(pheap)("%s", ss.as_string());
  if (op.differences() != 0) {
    tty->print_raw(ss.as_string());
    fatal("persistent heap: memory and media differ, see the audit's output");
  }
}

void PersistentAudit::execute(outputStream* st) {
  if (!PHeap::is_enabled()) {
    st->print_cr("No persistent heap; use -XX:PersistentHeap=<directory>.");
    return;
  }
  VM_PersistentAudit op(st);
  VMThread::execute(&op);
}
