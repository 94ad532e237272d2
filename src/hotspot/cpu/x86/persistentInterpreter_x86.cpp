/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "asm/macroAssembler.inline.hpp"
#include "interp_masm_x86.hpp"
#include "oops/access.hpp"
#include "persistent/persistentAccess.hpp"
#include "persistent/persistentBarrier.hpp"
#include "persistent/persistentMedia.hpp"
#include "persistent/persistentRuntime.hpp"
#include "persistentBarrier_x86.inline.hpp"

// The interpreter's store barrier. Every store of the template interpreter into the
// Java heap goes through these two; the stored value is dead afterwards, and so is
// every register but the interpreter's own.

#define __ this->


void InterpreterMacroAssembler::branch_if_volatile(Register base, Register tmp, Label& is_volatile) {
  compare_with_persistent_heap(this, base, tmp);
  __ jcc(Assembler::aboveEqual, is_volatile);
}

// The bytecodes put their own fence behind a volatile store.
static address leaf_for(int size) {
  switch (size) {
    case 1: return CAST_FROM_FN_PTR(address, PersistentAccess::plain_store_1);
    case 2: return CAST_FROM_FN_PTR(address, PersistentAccess::plain_store_2);
    case 4: return CAST_FROM_FN_PTR(address, PersistentAccess::plain_store_4);
    case 8: return CAST_FROM_FN_PTR(address, PersistentAccess::plain_store_8);
    default: ShouldNotReachHere(); return nullptr;
  }
}

void InterpreterMacroAssembler::access_store_at(BasicType type, DecoratorSet decorators, Address dst, Register val,
                                                Register tmp1, Register tmp2, Register tmp3) {
  Label is_volatile, done;
  bool barrier = PHeap::is_enabled() && !PersistentBarrier::is_skipped(PersistentBarrier::interpreter) && (decorators & IN_HEAP) != 0;
  if (barrier) {
    Register base = dst.base();
    assert_different_registers(base, rdi, rsi, r10, r11);
    assert(val == noreg || val == rax, "tos");
    branch_if_volatile(base, r10, is_volatile);
    __ lea(r10, dst);
    if (is_reference_type(type)) {
      __ subptr(r10, base);
      if (val == noreg) {
        __ xorl(r11, r11);
      } else {
        __ movptr(r11, val);
      }
      __ movptr(c_rarg1, base);
      __ movptr(c_rarg2, r10);
      __ movptr(c_rarg3, r11);
      __ call_VM(noreg, CAST_FROM_FN_PTR(address, PersistentRuntime::store_oop), c_rarg1, c_rarg2, c_rarg3);
    } else {
      switch (type) {
        case T_FLOAT:   __ movdl(r11, xmm0); break;
        case T_DOUBLE:  __ movdq(r11, xmm0); break;
        case T_LONG:    __ movptr(r11, rax); break;
        case T_BOOLEAN: __ movl(r11, rax); __ andl(r11, 1); break;
        default:        __ movl(r11, rax); break;
      }
      __ movptr(c_rarg0, r15_thread);
      __ movptr(c_rarg1, base);
      __ movptr(c_rarg2, r10);
      __ movptr(c_rarg3, r11);
      __ call_VM_leaf_base(leaf_for(type2aelembytes(type)), 4);
    }
    __ jmp(done);
    __ bind(is_volatile);
  }
  MacroAssembler::access_store_at(type, decorators, dst, val, tmp1, tmp2, tmp3);
  __ bind(done);
}

void InterpreterMacroAssembler::store_heap_oop(Address dst, Register val, Register tmp1, Register tmp2,
                                               Register tmp3, DecoratorSet decorators) {
  access_store_at(T_OBJECT, IN_HEAP | decorators, dst, val, tmp1, tmp2, tmp3);
}
