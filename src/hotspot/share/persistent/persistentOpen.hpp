/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTOPEN_HPP
#define SHARE_PERSISTENT_PERSISTENTOPEN_HPP

#include "memory/allStatic.hpp"
#include "oops/oopsHierarchy.hpp"
#include "utilities/exceptions.hpp"

class OopClosure;
class outputStream;

// Opening: turns what the file holds, as the private mapping shows it, into objects
// of this VM, from the root directory on (persistentTranslation.hpp). A small heap, -XX:PersistentHeapEagerOpenSize, as a whole before main. A
// larger one beside the program: P is hidden, and a segment is shown when somebody touches it, or
// when the thread that does nothing else comes to it (persistentSegments.hpp).
//
// Until it is complete there is no collection of P, and who wants to see all of P completes it.
class PersistentOpen : public AllStatic {
 public:
  static void translate(TRAPS);
  // The log works: what is not done yet goes on now.
  static void start();

  static bool is_complete();
  // Reads the tables of the file. Before anything of java.lang.persistent is used: agents do that before translate().
  static void read_tables();
  // Whether there are roots to ask for: not before translate() has found the root directory.
  static bool is_open();
  // At a safepoint, by all workers of the collector.
  static void complete();
  // A collection in a pause, which moves objects of V.
  static void pause_begins();
  static void pause_ends();
  // A segmentation fault for want of access rights: true if the access has to be tried again. By any thread in any state.
  static bool handle_fault(const void* addr);

  // The root directory, or null.
  static oop  root();
  static void set_root(oopDesc* root);
  static void root_do(OopClosure* cl);

  // The object that a reference in media form denotes.
  static oopDesc* decode(uint64_t media);

  static void print_on(outputStream* st);
};

#endif // SHARE_PERSISTENT_PERSISTENTOPEN_HPP
