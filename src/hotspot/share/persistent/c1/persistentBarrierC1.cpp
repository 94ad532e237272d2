/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/c1/persistentBarrierC1.hpp"

#include "c1/c1_LIRGenerator.hpp"
#include "persistent/persistentBarrier.hpp"
#include "persistent/persistentMedia.hpp"
#include "persistent/persistent_globals.hpp"
#include "utilities/powerOfTwo.hpp"

#ifdef ASSERT
#define __ gen->lir(__FILE__, __LINE__)->
#else
#define __ gen->lir()->
#endif

bool PersistentBarrierC1::store_reference(LIRAccess& access, LIR_Opr value) {
  if (!PHeap::is_enabled() || !is_reference_type(access.type()) || PersistentBarrier::is_skipped(PersistentBarrier::c1)) return false;
  LIRGenerator* gen = access.gen();
  guarantee(access.patch_emit_info() != nullptr, "reference stores carry the state before them");
  CodeStub* stub = new PersistentStoreStub(access.type(), access.base().opr(),
                                           access.resolved_addr()->as_address_ptr()->base(), value,
                                           new CodeEmitInfo(access.patch_emit_info()),
                                           (access.decorators() & MO_SEQ_CST) != 0);
  __ jump(stub);
  __ branch_destination(stub->continuation());
  return true;
}

bool PersistentBarrierC1::has_branch() { return PHeap::is_enabled(); }

CodeStub* PersistentBarrierC1::test(LIRAccess& access, LIR_Opr& value) {
  if (!PHeap::is_enabled() || PersistentBarrier::is_skipped(PersistentBarrier::c1)) return nullptr;
  assert(!is_reference_type(access.type()), "see store_reference");
  LIRGenerator* gen = access.gen();
  LIR_Opr base = access.base().opr();
  if (access.decorators() & C1_MASK_BOOLEAN) {
    value = gen->mask_boolean(base, value, access.access_emit_info());
    access.clear_decorators(C1_MASK_BOOLEAN);
  }

  // The base as an integer, in units of the alignment, counted from P's start.
  LIR_Opr unit = gen->new_register(T_LONG);
  LIR_Opr limit = gen->new_register(T_LONG);
  __ move(LIR_OprFact::longConst(0), unit);
  __ logical_or(unit, base, unit);
  __ add(unit, LIR_OprFact::longConst(-(jlong)PHeap::base()), unit);
  __ unsigned_shift_right(unit, LIR_OprFact::intConst(exact_log2(PHeap::Alignment)), unit, LIR_OprFact::illegalOpr);
  __ move(LIR_OprFact::longConst((jlong)(PHeap::size() / PHeap::Alignment) - 1), limit);
  __ cmp(lir_cond_belowEqual, unit, limit);

  LIR_Opr addr = access.resolved_addr()->as_address_ptr()->base();
  CodeStub* stub = new PersistentStoreStub(access.type(), base, addr, value, nullptr,
                                           (access.decorators() & MO_SEQ_CST) != 0);
  __ branch(lir_cond_belowEqual, stub);
  return stub;
}

#undef __

int PersistentBarrierC1::arraycopy_flags() {
  return PHeap::is_enabled() ? LIR_OpArrayCopy::dst_null_check : 0;
}

bool PersistentBarrierC1::is_disabled_intrinsic(vmIntrinsics::ID id) {
  if (!PHeap::is_enabled()) return false;
  switch (id) {
    case vmIntrinsics::_clone:
      // It copies right after the allocation, where a safepoint may have ended an implicit transaction and captured the new array.
      return PersistentAllocateAll;
    // The barrier of a reference may throw, and that of an atomic access has a result: these are calls.
    case vmIntrinsics::_putReference:
    case vmIntrinsics::_putReferenceVolatile:
    case vmIntrinsics::_compareAndSetInt:
    case vmIntrinsics::_compareAndSetLong:
    case vmIntrinsics::_compareAndSetReference:
    case vmIntrinsics::_getAndAddInt:
    case vmIntrinsics::_getAndAddLong:
    case vmIntrinsics::_getAndSetInt:
    case vmIntrinsics::_getAndSetLong:
    case vmIntrinsics::_getAndSetReference:
      return true;
    default:
      return false;
  }
}
