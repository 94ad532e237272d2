/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTHEAP_HPP
#define SHARE_PERSISTENT_PERSISTENTHEAP_HPP

#include "memory/allStatic.hpp"
#include "oops/oopsHierarchy.hpp"
#include "utilities/exceptions.hpp"
#include "utilities/globalDefinitions.hpp"

class JavaThread;
class outputStream;

// The persistent heap, P: a range at the low end of G1's reservation, privately
// mapped from the heap's file. (Named PHeap because -XX:PersistentHeap owns the
// longer name.) This class is what the rest of the VM sees: the range, and the
// steps of boot and exit. See doc/architecture.md for the parts behind it.
class PHeap : public AllStatic {
  static bool      _enabled;
  static uintptr_t _base;
  static size_t    _size;

 public:
  // P's start and length in the address space are multiples of this, so that any
  // G1 region size divides them.
  static const size_t Alignment = 32 * M;

  // Whether -XX:PersistentHeap was given. Constant once arguments are parsed.
  static bool is_enabled()            { return _enabled; }
  static uintptr_t base()             { return _base; }
  static size_t    size()             { return _size; }       // bytes of address space
  static uintptr_t end()              { return _base + _size; }   // V begins there, or further up

  // One unsigned compare; false for null, and for everything without the flag.
  static bool contains(const void* p) { return (uintptr_t)p - _base < _size; }
  static bool contains(oop obj)       { return contains(cast_from_oop<void*>(obj)); }

  // ---- Boot, in this order ----

  // Checks flags, opens and locks the heap, takes from its file what shapes the
  // heap's layout. Prints one sentence and returns JNI_EINVAL if it cannot.
  // Called at the start of Arguments::apply_ergo.
  static jint initialize_arguments();

  // Bytes that G1 must reserve below V. 0 without the flag.
  static size_t reservation_size();
  // The address at which the reservation should start.
  static char*  preferred_base();

  // Called by G1 once the reservation stands and before anything is in it: replays
  // the log and maps P over [low, low + reservation_size()).
  static void map_at(char* low);

  // Called before main: loads the classes of persistent instances, translates the
  // heap if needed, makes it reachable.
  static void open(TRAPS);

  // ---- Exit ----
  // The last Java code has run: everything appended becomes durable.
  static void close();
  // A Java thread of the program is about to run (PersistentAllocateAll).
  static void thread_start(JavaThread* thread);
  // A thread ends: its open transaction is rolled back, its stores become durable.
  static void thread_exit(JavaThread* thread);

  // One line or more for hs_err and jcmd.
  static void print_on(outputStream* st);
  static void print_on_error(outputStream* st);

 private:
  static void set_range(uintptr_t base, size_t size) { _base = base; _size = size; }
};

#endif // SHARE_PERSISTENT_PERSISTENTHEAP_HPP
