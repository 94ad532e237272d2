/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_C2_PERSISTENTINTRINSICC2_HPP
#define SHARE_PERSISTENT_C2_PERSISTENTINTRINSICC2_HPP

#include "classfile/vmIntrinsics.hpp"
#include "memory/allStatic.hpp"

class CallGenerator;
class JVMState;
class LibraryCallKit;

// Intrinsics know nothing of P. Those that write without a store of the graph are guarded: code that
// meets an object of P leaves for the interpreter, once; compiled again it has the intrinsic for V beside an
// ordinary call of the method for P. Those that allocate are ordinary calls then.
class PersistentIntrinsicC2 : public AllStatic {
 public:
  // What C2 may use at the call of jvms: the intrinsic itself, the intrinsic with a test, or nothing.
  static CallGenerator* generator(CallGenerator* intrinsic, JVMState* jvms);

  static void guard(LibraryCallKit* kit, vmIntrinsicID id);
};

#endif // SHARE_PERSISTENT_C2_PERSISTENTINTRINSICC2_HPP
