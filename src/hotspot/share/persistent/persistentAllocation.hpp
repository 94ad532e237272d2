/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTALLOCATION_HPP
#define SHARE_PERSISTENT_PERSISTENTALLOCATION_HPP

#include "memory/allocation.hpp"
#include "oops/markWord.hpp"
#include "oops/oopsHierarchy.hpp"
#include "utilities/exceptions.hpp"
#include "utilities/globalDefinitions.hpp"

class InstanceKlass;
class JavaThread;
class Klass;

// Where objects of P come from.
//
// Sites marked @Persistent: the runtime entries of the four internal bytecodes
// (new_persistent, ...) wrap the ordinary allocation in PersistentAllocationMark(thread,
// explicit). PersistentHeap.allocate: entries for ordinary allocations made by Java
// code (interpreter, C1, C2 slow paths, clone, reflection) wrap it in
// PersistentAllocationMark(thread), which does nothing unless the thread is inside
// allocate. Nothing else can allocate in P: what the VM allocates for itself
// (exceptions, mirrors, interned strings) is never marked.
//
// MemAllocator takes the mark when it starts (take_mark) and asks allocate().
class PersistentAllocationMark : public StackObj {
  JavaThread* _thread;
 public:
  enum Kind { in_allocate_scope, explicit_site };
  PersistentAllocationMark(JavaThread* thread, Kind kind = in_allocate_scope);
  ~PersistentAllocationMark();
};

class PersistentAllocation : public AllStatic {
 public:
  // Throws UnsupportedOperationException naming the class if P may not hold
  // instances of it. For explicit sites, before the allocation.
  static void check_allowed(Klass* klass, TRAPS);
  static bool is_allowed(Klass* klass);

  // A class file is parsed: its source says whether the running program made it (a proxy, Lookup.defineClass), so that its
  // loader does not find it in the next run.
  static void note_source(const InstanceKlass* klass, const char* source);
  // It could not be defined, since there is one of that name.
  static void forget_class(const InstanceKlass* klass);
  static bool is_generated(const InstanceKlass* klass);
  // The source of classes that native code defines.
  static const char* jni_source();

  // Whether the calling thread's next allocation is marked; take_mark clears the mark.
  static bool is_marked(JavaThread* thread);
  static bool take_mark(JavaThread* thread);
  // multi_allocate: the next array of the same allocation.
  static void set_mark(JavaThread* thread);

  // PersistentHeap.allocate; nests. The thread's TLAB counts as full from here on, so that
  // every inline allocation misses. exit_scope must be paired by the caller.
  static void enter_scope(JavaThread* thread);
  static void exit_scope(JavaThread* thread);

  // Whether MemAllocator must stay out of the TLAB, which has to remain full.
  static bool bypasses_tlab(JavaThread* thread);

  // Raw, zeroed memory in P, header not yet written; null if the class may not be
  // in P (then V serves it). A full P throws OutOfMemoryError("Persistent heap
  // space") and returns null with the exception pending.
  static HeapWord* allocate(Klass* klass, size_t words, TRAPS);

  // The same without checks and without an exception: null if P is full. Leaf.
  static HeapWord* allocate_raw(JavaThread* thread, size_t words);
  // Whether an object of that size fits into an empty heap.
  static bool may_fit(size_t bytes);

  // The thread's buffer ends at its top. By the thread, or at a safepoint.
  static void retire_buffer(JavaThread* thread);

  static const uint64_t HashFactor = UCONST64(0xD6E8FEB86659FD93);

  // The mark word of a new object at p: unlocked, with its identity hash. Generated code does the same.
  static markWord initial_mark(HeapWord* p);
};

// While the VM calls Java (class loading, initialisers, exceptions), `allocate` does not
// apply: what such code allocates is not part of the user's structure.
class PersistentAllocateSuspension : public StackObj {
  JavaThread* _thread;
  int         _depth;
 public:
  PersistentAllocateSuspension(JavaThread* thread);
  ~PersistentAllocateSuspension();
};

#endif // SHARE_PERSISTENT_PERSISTENTALLOCATION_HPP
