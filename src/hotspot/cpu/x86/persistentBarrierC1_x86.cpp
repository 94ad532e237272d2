/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "asm/macroAssembler.inline.hpp"
#include "c1/c1_LIRAssembler.hpp"
#include "c1/c1_MacroAssembler.hpp"
#include "c1/c1_Runtime1.hpp"
#include "persistent/c1/persistentBarrierC1.hpp"

#define __ ce->masm()->

// Parameters on the stack: base, addr, value, size. The primitive stub preserves
// every register.
void PersistentStoreStub::emit_code(LIR_Assembler* ce) {
  __ bind(_entry);
  ce->store_parameter(_base->as_register(), 0);
  ce->store_parameter(_addr->as_pointer_register(), 1);
  bool is_oop = is_reference_type(_type);
  if (_value->is_constant()) {
    LIR_Const* c = _value->as_constant_ptr();
    switch (c->type()) {
      case T_INT:    __ movl(rscratch1, c->as_jint_bits()); break;
      case T_FLOAT:  __ movl(rscratch1, c->as_jint_bits()); break;
      case T_LONG:   __ mov64(rscratch1, (int64_t)c->as_jlong_bits()); break;
      case T_DOUBLE: __ mov64(rscratch1, (int64_t)c->as_jlong_bits()); break;
      case T_OBJECT:
        if (c->as_jobject() == nullptr) {
          __ xorptr(rscratch1, rscratch1);
        } else {
          __ movoop(rscratch1, c->as_jobject());
        }
        break;
      default: ShouldNotReachHere();
    }
    ce->store_parameter(rscratch1, 2);
  } else if (_value->is_single_xmm()) {
    __ movdl(rscratch1, _value->as_xmm_float_reg());
    ce->store_parameter(rscratch1, 2);
  } else if (_value->is_double_xmm()) {
    __ movdq(rscratch1, _value->as_xmm_double_reg());
    ce->store_parameter(rscratch1, 2);
  } else if (_value->is_double_cpu()) {
    ce->store_parameter(_value->as_register_lo(), 2);
  } else {
    ce->store_parameter(_value->as_register(), 2);
  }
  if (is_oop) {
    __ call(RuntimeAddress(Runtime1::entry_for(C1StubId::persistent_store_oop_id)));
    ce->add_call_info_here(_info);
    ce->verify_oop_map(_info);
  } else {
    ce->store_parameter((jint)type2aelembytes(_type), 3);
    __ call(RuntimeAddress(Runtime1::entry_for(C1StubId::persistent_store_primitive_id)));
  }
  __ jmp(_continuation);
}

#undef __
