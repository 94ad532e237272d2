/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTCAPTURE_HPP
#define SHARE_PERSISTENT_PERSISTENTCAPTURE_HPP

#include "memory/allocation.hpp"
#include "oops/klass.hpp"
#include "oops/oopsHierarchy.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentSpace.hpp"
#include "utilities/exceptions.hpp"
#include "utilities/globalDefinitions.hpp"
#include "utilities/growableArray.hpp"

class JavaThread;
class Klass;
class OopMapBlock;
class PersistentLogRecord;

// Turns memory into its media form for one log record, and makes part of the media
// state whatever the record refers to and was not yet: the uncaptured objects of P
// that it reaches are written whole, strings and boxes of V are copied into P first.
//
// Used under the log's lock from the first add to the append; never safepoints. If
// an add fails the capture is aborted; failure() says why.
class PersistentCapture : public StackObj {
 public:
  // Why a capture cannot be: kept when the log's lock is given up, thrown after.
  struct Failure {
    enum Reason { none, volatile_reference, foreign_allocation, no_space, table_full, disk_full };
    Reason    _reason = none;
    oopDesc*  _holder = nullptr;
    ptrdiff_t _offset = 0;
    Klass*    _class  = nullptr;      // of the object that is referred to
    char      _disk[256];             // what the disk says; empty: nothing

    Failure() { _disk[0] = '\0'; }
    void throw_it(TRAPS) const;
  };

 private:
  JavaThread*          _thread;
  PersistentLogRecord* _record;
  PersistentSpace::Update _space;
  typedef GrowableArrayCHeap<oopDesc*, mtPersistent> Objects;
  static Objects*      _memory;                          // for the one capture there is at a time
  static uintptr_t     _reference_origin;                // the media's references count from there
  static uint32_t      _reference_shift;
  Objects&             _objects;                         // captured by this record
  int                  _done;                            // of them, written
  const size_t         _limit;                           // of the record, in bytes
  Klass*               _last_class;                      // of the object that was written last
  uint32_t             _last_id;
  bool                 _last_is_plain;                   // no lock, no string: memory's numbers are media's
  const OopMapBlock*   _last_maps;                       // where its references are; none of an array
  const OopMapBlock*   _last_maps_end;

  Failure _failure;

  void end();

  bool fail(Failure::Reason reason, oopDesc* holder, ptrdiff_t offset, Klass* klass);
  inline bool encode(oopDesc* holder, narrowOop* slot, uint32_t* media, bool is_plain = false);
  bool encode(oopDesc* holder, ptrdiff_t offset, oopDesc** value, uint32_t* media);
  // Of the media state when this record is.
  static bool is_part(const oopDesc* obj) { return PersistentSpace::is_captured(obj) || PersistentSpace::is_reached(obj); }
  bool reach(oopDesc* obj, bool is_value = false) { return is_part(obj) || reach_new(obj, is_value); }
  bool reach_new(oopDesc* obj, bool is_value);
  bool note_class(Klass* klass);
  inline bool write_object(oopDesc* obj);
  class Uncommitted;
  inline bool write_references(oopDesc* obj, size_t at, bool is_plain, const Uncommitted* others);
  bool write_committed(Uncommitted* others, oopDesc* obj, size_t at);
  oopDesc* copy_immutable(oopDesc* v);

 public:
  // finish() fails, without a reason, if the record would have more than limit bytes.
  PersistentCapture(JavaThread* thread, PersistentLogRecord* record, size_t limit = SIZE_MAX);

  // What stands at addr (size bytes) in the captured object base.
  bool add_location(oopDesc* base, char* addr, int size, bool is_oop);
  // The same of a reference that will stand there; *value is replaced by its copy in P if it has one.
  bool add_reference(oopDesc* base, char* addr, oopDesc** value);
  // A whole object, whether anything refers to it or not.
  bool add_object(oopDesc* obj);
  // The root directory.
  bool add_root(oopDesc* obj);

  // After the last add: completes the record. Then append it and commit() or abort().
  bool finish();
  // The record could not be appended.
  void disk_full(const char* error);
  void commit();
  void abort();
  const Failure& failure() const { return _failure; }

  // Whether copy, in P, may be what a capture put in the place of v, a string or box.
  static bool is_copy(oopDesc* copy, oopDesc* v);
  // Writes into image, the object's, what the media has in the place of the numbers that only this process is concerned with: locks, the VM's flags.
  static void put_unlocked_state(Klass* klass, char* image);
  static uint64_t clean_mark(oopDesc* obj);
  static uint64_t file_offset(const void* p) { return PersistentLayout::ObjectOffset + ((uintptr_t)p - PHeap::base()); }
  static void initialize();

  // The copies of strings and boxes made so far are not found again: a collection may
  // free them. At a safepoint.
  static void forget_copies();

  // Media form of a reference into P, and back.
  static uint32_t encode_reference(const void* obj) { return (uint32_t)(((uintptr_t)obj - _reference_origin) >> _reference_shift); }
};

#endif // SHARE_PERSISTENT_PERSISTENTCAPTURE_HPP
