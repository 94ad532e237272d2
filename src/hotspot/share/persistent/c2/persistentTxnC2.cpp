/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/c2/persistentTxnC2.hpp"

#include "opto/callnode.hpp"
#include "opto/graphKit.hpp"
#include "opto/phaseX.hpp"
#include "opto/type.hpp"
#include "persistent/persistentRuntime.hpp"

static const TypeFunc* try_type() {
  const Type** fields = TypeTuple::fields(1);
  fields[TypeFunc::Parms] = TypeRawPtr::NOTNULL;
  const TypeTuple* domain = TypeTuple::make(TypeFunc::Parms + 1, fields);
  fields = TypeTuple::fields(1);
  fields[TypeFunc::Parms] = TypeInt::BOOL;
  return TypeFunc::make(domain, TypeTuple::make(TypeFunc::Parms + 1, fields));
}

Node* PersistentTxnC2::call(GraphKit* kit, vmIntrinsicID id) {
  const bool begins = id == vmIntrinsics::_persistentTryBegin;
  assert(begins || id == vmIntrinsics::_persistentTryCommit, "nothing else");
  Node* thread = kit->gvn().transform(new ThreadLocalNode());
  // Ordered with all stores of the program, as a call of Java would be.
  Node* call = kit->make_runtime_call(GraphKit::RC_LEAF, try_type(),
                                      begins ? CAST_FROM_FN_PTR(address, PersistentRuntime::try_begin)
                                             : CAST_FROM_FN_PTR(address, PersistentRuntime::try_commit),
                                      begins ? "persistent_try_begin" : "persistent_try_commit", TypePtr::BOTTOM, thread);
  return kit->gvn().transform(new ProjNode(call, TypeFunc::Parms));
}
