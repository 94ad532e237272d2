/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/c2/persistentAllocationC2.hpp"

#include "ci/ciArrayKlass.hpp"
#include "ci/ciInstanceKlass.hpp"
#include "ci/ciUtilities.inline.hpp"
#include "code/nmethod.hpp"
#include "code/scopeDesc.hpp"
#include "logging/log.hpp"
#include "oops/klass.inline.hpp"
#include "oops/methodData.hpp"
#include "persistent/c2/persistentBarrierC2.hpp"
#include "persistent/persistentAllocation.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentThread.hpp"
#include "persistent/persistent_globals.hpp"
#include "runtime/deoptimization.hpp"
#include "runtime/frame.inline.hpp"
#include "runtime/handles.inline.hpp"
#include "runtime/javaThread.inline.hpp"
#include "runtime/mutexLocker.hpp"
#include "runtime/registerMap.hpp"

address PersistentAllocationC2::_new_instance = nullptr;
address PersistentAllocationC2::_new_array = nullptr;

void PersistentAllocationC2::generate(address slow_new_instance, address slow_new_array) {
  if (PHeap::is_enabled()) {
    _new_instance = generate_stub(slow_new_instance, false);
    _new_array = generate_stub(slow_new_array, true);
  }
}

static bool is_allowed(ciKlass* klass) {
  if (!klass->is_loaded()) return false;
  VM_ENTRY_MARK;
  return PersistentAllocation::is_allowed((Klass*)klass->constant_encoding());
}

address PersistentAllocationC2::new_entry(ciKlass* klass) {
  // The runtime logs sites, and counts in implicit transactions.
  if (PersistentAllocateAll || log_is_enabled(Debug, pheap)) return nullptr;
  if (!is_allowed(klass) || (klass->is_instance_klass() && !klass->as_instance_klass()->is_initialized())) return nullptr;
  VM_ENTRY_MARK;
  Klass* k = (Klass*)klass->constant_encoding();
  if (k->is_array_klass()) return _new_array;
  return Klass::layout_helper_needs_slow_path(k->layout_helper()) ? nullptr : _new_instance;
}

// ---- PersistentHeap.allocate ----

// Notes in the profile that code met P there. Whether the next code for it will be other code.
static bool note_met_p(JavaThread* current, const ScopeDesc* scope) {
  const int reason = PersistentBarrierC2::MetReason;
  methodHandle method(current, scope->method());
  MethodData* mdo = Deoptimization::get_method_data(current, method, true);
  if (mdo == nullptr) return false;
  // As ciMethodData::has_trap_at, except that a profile without room has all traps there.
  auto is_noted = [&] {
    MutexLocker ml(mdo->extra_data_lock(), Mutex::_no_safepoint_check_flag);
    ProfileData* data = mdo->bci_to_data(scope->bci());
    return mdo->trap_count(reason) != 0 && data != nullptr && Deoptimization::trap_state_has_reason(data->trap_state(), reason) != 0;
  };
  const bool was_noted = is_noted();
  if (!was_noted) {
    Deoptimization::update_method_data_from_interpreter(mdo, scope->bci(), reason);
  }
  switch (method->java_code_at(scope->bci())) {
    case Bytecodes::_new:
    case Bytecodes::_newarray:
    case Bytecodes::_anewarray:
      // Other code may still be without: of another method, which has this one inlined.
      return true;
    default:
      // Not every time where C2 allocates without asking (vectors).
      return !was_noted && is_noted();
  }
}

void PersistentAllocationC2::leave_compiled_code(JavaThread* current) {
  if (!PHeap::contains(current->vm_result_oop())) return;
  ResourceMark rm(current);
  RegisterMap map(current, RegisterMap::UpdateMap::skip, RegisterMap::ProcessFrames::include, RegisterMap::WalkContinuation::skip);
  frame caller = current->last_frame().sender(&map);
  nmethod* nm = caller.cb()->as_nmethod();
  if (note_met_p(current, nm->scope_desc_at(caller.pc()))) {
    nm->make_not_entrant(nmethod::InvalidationReason::UNCOMMON_TRAP);
  }
  Deoptimization::deoptimize_frame(current, caller.id());
}

bool PersistentScopeC2::is_needed(GraphKit* kit, ciKlass* klass) {
  return PersistentBarrierC2::has_met_p(kit->C, kit->method(), kit->bci()) && is_allowed(klass);
}

PersistentScopeC2::PersistentScopeC2(GraphKit* kit) : _kit(kit), _in_scope(), _outside() {
  PhaseGVN& gvn = kit->gvn();
  ByteSize offset = JavaThread::persistent_offset() + byte_offset_of(PersistentThread, _allocate_depth);
  Node* depth = PersistentBarrierC2::thread_field(kit, offset, TypeInt::INT, T_INT);
  Node* cmp = gvn.transform(new CmpINode(depth, gvn.intcon(0)));
  _in_scope._control = PersistentBarrierC2::branch(kit, gvn.transform(new BoolNode(cmp, BoolTest::ne)), PROB_FAIR);
  _outside._control  = kit->control();
}

void PersistentScopeC2::end(Side* side, Node* object) {
  side->_object  = object;
  side->_control = _kit->control();
  side->_io      = _kit->i_o();
  side->_memory  = _kit->reset_memory();
}

Node* PersistentScopeC2::merge() {
  PhaseGVN& gvn = _kit->gvn();
  RegionNode* region = PersistentBarrierC2::region(_kit, _outside._control, _in_scope._control);
  auto phi = [&] (Node* outside, Node* in_scope, const Type* type, const TypePtr* adr_type = nullptr) {
    return PersistentBarrierC2::phi(_kit, region, outside, in_scope, type, adr_type);
  };
  _kit->set_i_o(phi(_outside._io, _in_scope._io, Type::ABIO));
  _kit->set_all_memory(phi(_outside._memory, _in_scope._memory, Type::MEMORY, TypePtr::BOTTOM));
  _kit->set_control(gvn.transform(region));
  const Type* type = gvn.type(_outside._object)->meet(gvn.type(_in_scope._object));
  return phi(_outside._object, _in_scope._object, type);
}
