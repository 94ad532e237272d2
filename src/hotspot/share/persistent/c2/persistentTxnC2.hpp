/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_C2_PERSISTENTTXNC2_HPP
#define SHARE_PERSISTENT_C2_PERSISTENTTXNC2_HPP

#include "classfile/vmIntrinsics.hpp"
#include "memory/allStatic.hpp"

class GraphKit;
class Node;

// PersistentVM.tryBegin and tryCommit: a leaf call instead of a native method's, which
// takes two changes of the thread's state with a fence each.
class PersistentTxnC2 : public AllStatic {
 public:
  static Node* call(GraphKit* kit, vmIntrinsicID id);
};

#endif // SHARE_PERSISTENT_C2_PERSISTENTTXNC2_HPP
