/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_C2_PERSISTENTBARRIERC2_HPP
#define SHARE_PERSISTENT_C2_PERSISTENTBARRIERC2_HPP

#include "classfile/vmIntrinsics.hpp"
#include "memory/allocation.hpp"
#include "oops/accessDecorators.hpp"
#include "utilities/globalDefinitions.hpp"

class CallNode;
class GraphKit;
class LibraryCallKit;
class Node;
class PhaseMacroExpand;
class Type;
class TypePtr;

// Store barriers of C2: tests at parse time whether the object is in P. They emit
// nothing without -XX:PersistentHeap. What an AllocateNode of this compilation
// returns is in V: the allocation's slow path sees to that.
class PersistentBarrierC2 : public AllStatic {
 public:
  static bool is_provably_volatile(GraphKit* kit, Node* base);

  // Splits control; returns the control where base is in P (top if never) and leaves
  // the kit at the other.
  static Node* test(GraphKit* kit, Node* base, Node** base_address);

  // Where base is in P the interpreter re-executes the bytecode. To be placed before
  // any side effect of the bytecode.
  static void guard_not_persistent(GraphKit* kit, Node* base);
  // The same for the arrays an intrinsic writes without a store of the graph.
  static void guard_intrinsic(LibraryCallKit* kit, vmIntrinsicID id);

  // Calls of this file pass references without letting them escape.
  static bool is_barrier_call(CallNode* call);
  // A call of either kind of store.
  static bool is_store_call(CallNode* call);
  // p2x uses an allocation that is eliminated.
  static bool eliminate(PhaseMacroExpand* macro, Node* p2x);
};

// Around a store to a field or an element: the constructor emits the test and the
// side that calls PersistentAccess, the destructor merges it with what the kit did
// meanwhile, the ordinary store.
class PersistentStoreC2 : public StackObj {
  GraphKit* _kit;
  Node*     _control;     // at the end of the persistent side; null if there is none
  Node*     _memory;
  int       _alias_index;
  bool      _wide;        // all memory is merged and not just the store's slice

  Node* call(Node* base_address, Node* adr, Node* val, BasicType bt, bool fenced);

 public:
  PersistentStoreC2(GraphKit* kit, Node* base, Node* adr, Node* val, BasicType bt, DecoratorSet decorators);
  ~PersistentStoreC2();
};

#endif // SHARE_PERSISTENT_C2_PERSISTENTBARRIERC2_HPP
