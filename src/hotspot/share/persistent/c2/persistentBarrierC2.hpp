/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_C2_PERSISTENTBARRIERC2_HPP
#define SHARE_PERSISTENT_C2_PERSISTENTBARRIERC2_HPP

#include "memory/allocation.hpp"
#include "oops/accessDecorators.hpp"
#include "runtime/deoptimization.hpp"
#include "utilities/globalDefinitions.hpp"
#include "utilities/sizes.hpp"

class Compile;
class GraphKit;
class Node;
class Node_List;
class PhaseMacroExpand;
class RegionNode;
class Type;
class TypePtr;
class ciMethod;

// Store barriers of C2: tests at parse time whether the object is in P. They emit
// nothing without -XX:PersistentHeap. What an AllocateNode of this compilation
// returns is in V: the allocation's slow path sees to that.
class PersistentBarrierC2 : public AllStatic {
 public:
  static bool is_provably_volatile(GraphKit* kit, Node* base);

  // Splits control; returns the control where base is in P (top if never) and leaves
  // the kit at the other.
  static Node* test(GraphKit* kit, Node* base);

  // Where base is in P the interpreter re-executes the bytecode. To be placed before
  // any side effect of the bytecode. adapts: the compilation that follows does without.
  static void guard_not_persistent(GraphKit* kit, Node* base, bool adapts = false);

  // Code is compiled for objects of V first. Where it meets one of P it leaves a trap of this reason in
  // the method's profile, and the next compilation has code for both there. The reason is one of those kept for each
  // bytecode, of which nobody asks at calls and allocations: intrinsics ask there whether Reason_intrinsic was seen.
  static const Deoptimization::DeoptReason MetReason = Deoptimization::Reason_array_check;
  static bool has_met_p(Compile* C, ciMethod* method, int bci);

  // ---- Pieces of the graph ----
  // The control taken; the kit goes on at the other.
  static Node* branch(GraphKit* kit, Node* bol, float probability);
  // Where controls meet, still none or two, and what is what there. The region is transformed after its phis.
  static RegionNode* region(GraphKit* kit);
  static RegionNode* region(GraphKit* kit, Node* first, Node* second);
  static Node* phi(GraphKit* kit, RegionNode* region, Node* first, Node* second, const Type* type, const TypePtr* adr_type = nullptr);
  // Of the thread. Pinned: what the loads find holds until the next call; no test may move away from what depends on it.
  static Node* thread_field(GraphKit* kit, ByteSize offset, const Type* type, BasicType bt);

  // Calls of this file pass references without letting them escape.
  static bool is_barrier_call(const Node* n);
  // A call of either kind of store.
  static bool is_store_call(const Node* n);
  // Of a loop's body, what the persistent sides of its stores have more than the call: it
  // shall not keep the loop from being unrolled.
  static uint nodes_of_sides(const Node_List& body);
  // p2x uses an allocation that is eliminated.
  static bool eliminate(PhaseMacroExpand* macro, Node* p2x);
};

// Around a store to a field or an element: the constructor emits the test and the
// persistent side, the destructor merges it with what the kit did meanwhile, the
// ordinary store. On the persistent side what needs no record, or no more than one entry
// of the transaction, is stored right there, everything else by a call of PersistentAccess.
// As long as P has no objects there is a trap instead, and nothing to merge.
class PersistentStoreC2 : public StackObj {
  GraphKit* _kit;
  Node*     _adr;
  Node*     _val;
  BasicType _bt;
  Node*     _base_address;   // on the persistent side: the object and the location as numbers
  Node*     _adr_x;
  Node*     _control;     // at the end of the persistent side; null if there is none
  Node*     _memory;      // of the store's slice; all of it if wide
  Node*     _raw_memory;  // null if wide
  int       _alias_index;
  bool      _wide;        // all memory is merged and not just the store's slice and the raw one
  bool      _appends;     // first stores are recorded inline

  Node* as_word(Node* val, BasicType bt, bool zero_extended);
  Node* number_of(Node* base, Node* adr);
  bool  is_plain() const;
  bool  may_be_known(DecoratorSet decorators) const;
  bool  may_append() const;
  bool  may_trap() const;
  void  store_known();
  void  append_entry(Node* word, Node* recent, Node* key, RegionNode* unknown);
  void  test_captured(RegionNode* unknown);
  Node* call(bool fenced, bool first);
  // The kit's control and memory and those of a side that has ended become one.
  void  merge_side();
  void  end_side();

 public:
  PersistentStoreC2(GraphKit* kit, Node* base, Node* adr, Node* val, BasicType bt, DecoratorSet decorators);
  ~PersistentStoreC2();
};

#endif // SHARE_PERSISTENT_C2_PERSISTENTBARRIERC2_HPP
