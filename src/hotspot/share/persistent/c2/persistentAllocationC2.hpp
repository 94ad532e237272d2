/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_C2_PERSISTENTALLOCATIONC2_HPP
#define SHARE_PERSISTENT_C2_PERSISTENTALLOCATIONC2_HPP

#include "memory/allStatic.hpp"
#include "utilities/globalDefinitions.hpp"

class ciKlass;

// What C2 code calls at sites marked @Persistent: a stub that allocates in the thread's buffer,
// and otherwise goes on to the runtime's. Both look the same to their callers.
class PersistentAllocationC2 : public AllStatic {
  static address _new_instance;
  static address _new_array;

  static address generate_stub(address slow, bool is_array);    // of the CPU

 public:
  static void generate(address slow_new_instance, address slow_new_array);

  // The entry for instances of klass, or arrays; null: the runtime's.
  static address new_entry(ciKlass* klass);
  static bool is_stub(address entry) { return entry != nullptr && (entry == _new_instance || entry == _new_array); }
};

#endif // SHARE_PERSISTENT_C2_PERSISTENTALLOCATIONC2_HPP
