/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/c2/persistentAllocationC2.hpp"

#include "ci/ciArrayKlass.hpp"
#include "ci/ciInstanceKlass.hpp"
#include "ci/ciUtilities.inline.hpp"
#include "logging/log.hpp"
#include "oops/klass.inline.hpp"
#include "persistent/persistentAllocation.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistent_globals.hpp"

address PersistentAllocationC2::_new_instance = nullptr;
address PersistentAllocationC2::_new_array = nullptr;

void PersistentAllocationC2::generate(address slow_new_instance, address slow_new_array) {
  if (PHeap::is_enabled()) {
    _new_instance = generate_stub(slow_new_instance, false);
    _new_array = generate_stub(slow_new_array, true);
  }
}

address PersistentAllocationC2::new_entry(ciKlass* klass) {
  // The runtime logs sites, and counts in implicit transactions.
  if (PersistentAllocateAll || log_is_enabled(Debug, pheap)) return nullptr;
  if (!klass->is_loaded() || (klass->is_instance_klass() && !klass->as_instance_klass()->is_initialized())) return nullptr;
  VM_ENTRY_MARK;
  Klass* k = (Klass*)klass->constant_encoding();
  if (!PersistentAllocation::is_allowed(k)) return nullptr;
  if (k->is_array_klass()) return _new_array;
  return Klass::layout_helper_needs_slow_path(k->layout_helper()) ? nullptr : _new_instance;
}
