/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTTRANSLATION_HPP
#define SHARE_PERSISTENT_PERSISTENTTRANSLATION_HPP

#include "gc/shared/taskTerminator.hpp"
#include "gc/shared/taskqueue.hpp"
#include "gc/shared/workerThread.hpp"
#include "memory/allocation.hpp"
#include "oops/oopHandle.hpp"
#include "oops/oopsHierarchy.hpp"
#include "persistent/persistentSegments.hpp"
#include "utilities/bitMap.hpp"
#include "utilities/growableArray.hpp"
#include "utilities/resizeableResourceHash.hpp"

class Klass;

// From media form to memory form: class ids become class pointers, references addresses of this run. Every object that the
// root reaches is visited once. Written is only what differs, so that pages which need no change
// stay shared. Trusts nothing: objects have no checksums, and compiled code trusts the types of fields. If something
// is wrong the VM ends with a sentence.

// A bit per word of P. Zeros until written: what is not touched costs nothing, however large P is.
class OpenedBitMap : public StackObj {
  const size_t _bytes;
  char* const  _memory;
 public:
  BitMapView   _bits;
  OpenedBitMap(size_t bits);
  ~OpenedBitMap();
};

typedef OverflowTaskQueue<OpenedObject, mtPersistent>          OpenedQueue;
typedef GenericTaskQueueSet<OpenedQueue, mtPersistent>         OpenedQueueSet;
typedef ResizeableResourceHashtable<uint32_t, OpenedClass*, AnyObj::C_HEAP, mtPersistent> OpenedClassTable;

// The whole of it, and its share for each worker if done at once.
class Translation : public WorkerTask {
  friend class Translator;
  OpenedClassTable _by_id;            // the media's number; complete before the first object is looked at
  OpenedClassTable _by_narrow;        // the narrow class pointer
  GrowableArrayCHeap<OpenedClass*, mtPersistent> _all;
  GrowableArrayCHeap<OopHandle, mtPersistent>    _symbols;
  OpenedBitMap   _claimed;            // by the worker that translates the header
  OpenedBitMap   _seen;               // its header is in memory form
  OpenedBitMap   _waited;             // it waits in a hidden segment, or did
  const uint     _workers;
  OpenedQueueSet _queues;
  TaskTerminator _terminator;
  PersistentSegments* _segments;      // null, if all of P is visible from the start
  size_t         _longest;            // bytes of the longest instance
  uint           _used_workers;
  volatile size_t _objects;
  volatile size_t _references;
  volatile size_t _changed;

 public:
  // The sentence on what is wrong with the file, and the end: at once, since no safepoint is
  // possible with P half translated.
  static void damaged(const void* at, const char* what);

  Translation(uint workers);
  ~Translation();

  // To be translated later, in pieces.
  void set_segments(PersistentSegments* segments)   { _segments = segments; }

  // All at once, from this object on or from what waits in the segments; by all workers, at a safepoint or before main.
  void run_to_end(WorkerThreads* workers, oopDesc* root);
  void work(uint worker_id) override;

  // After all objects: no object begins where another one is. In parts of P, from 0 to below parts.
  void check_overlaps(size_t part, size_t parts) const;
  void verify() const;
  void log() const;
};

// One thread's part in it.
class Translator : public CHeapObj<mtPersistent> {
  Translation* const _t;
  const uint         _id;
  OpenedQueue* const _queue;
  PersistentSegments* const _segments;
  size_t _objects;
  size_t _references;
  size_t _changed;

  // References to symbols that cannot be told now, see below.
  struct LateSymbol { uint32_t* slot; Klass* type; };
  GrowableArrayCHeap<LateSymbol, mtPersistent> _late;
  bool      _symbols_move;

  // References wait here until their object's header has come from memory.
  struct Reference { const void* from; oopDesc* obj; Klass* type; };
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
    OpenedClass* get(OpenedClassTable* table, uint32_t key);
  };
  ClassCache _ids;
  ClassCache _narrows;

  template <typename T> T* at(T* p) const { return _segments == nullptr ? p : _segments->at(p); }
  bool is_hidden(const void* p) const     { return _segments != nullptr && _segments->is_hidden(p); }
  bool reaches_on(const oopDesc* obj, size_t bytes) const;
  void wait(oopDesc* obj, Klass* type);

  uint32_t*    header_of(const oopDesc* obj) const;
  uint64_t     mark_of(const oopDesc* obj) const;
  OpenedClass* class_of_seen(const oopDesc* obj);
  void put(uint32_t* at, uint32_t value);
  int  check_extent(oopDesc* obj, OpenedClass* c);
  void visit(const void* from, oopDesc* obj, Klass* type);
  void push(oopDesc* obj, OpenedClass* c, int length);
  void reference(uint32_t* slot, Klass* type);
  void symbol(uint32_t* slot, uint32_t media, Klass* type);
  void look_at_oldest();
  void translate(OpenedObject o);
  bool work_on_own();

 public:
  Translator(Translation* t, uint id);
  ~Translator();

  // Alone: the first object, now or when its segment is shown.
  void start(oopDesc* root);
  // A first object, or one that waited; part of one.
  void found(oopDesc* obj, Klass* type);
  void found(OpenedObject part);

  // All that is known, and what comes up meanwhile; with the others, or alone.
  void run();
  void run_alone();

  // While a collection moves objects of V references to symbols stay as they are.
  void defer_symbols()  { _symbols_move = true; }
  void late_symbols();
};

#endif // SHARE_PERSISTENT_PERSISTENTTRANSLATION_HPP
