/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentObjects.inline.hpp"

#include "classfile/classLoaderData.hpp"
#include "classfile/classLoaderDataGraph.hpp"
#include "compiler/oopMap.hpp"
#include "gc/shared/collectedHeap.hpp"
#include "gc/shared/oopStorageSet.inline.hpp"
#include "memory/iterator.inline.hpp"
#include "memory/resourceArea.hpp"
#include "memory/universe.hpp"
#include "oops/access.inline.hpp"
#include "oops/compressedOops.inline.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentOpen.hpp"
#include "runtime/safepoint.hpp"
#include "runtime/threads.hpp"
#include "utilities/objectBitSet.inline.hpp"
#include "utilities/stack.inline.hpp"

class PersistentWalk : public BasicOopIterateClosure {
  ObjectClosure* const _cl;
  ObjectBitSet<mtPersistent> _seen;
  Stack<oopDesc*, mtPersistent> _stack;

  template <typename T> void work(T* p) {
    T v = RawAccess<>::oop_load(p);
    if (CompressedOops::is_null(v)) return;
    oop obj = CompressedOops::decode_not_null(v);
    if (PHeap::contains(obj)) visit(obj);
  }

  void visit(oop obj) {
    assert(oopDesc::is_oop(obj), "stale reference into the persistent heap: " PTR_FORMAT, p2i(obj));
    if (!_seen.is_marked(obj)) {
      _seen.mark_obj(obj);
      _stack.push(cast_from_oop<oopDesc*>(obj));
    }
  }

 public:
  PersistentWalk(ObjectClosure* cl) : _cl(cl) {}

  void do_oop(oop* p) override       { work(p); }
  void do_oop(narrowOop* p) override { work(p); }
  // References that G1 would discover are like others here: what they refer to is in the heap.
  ReferenceIterationMode reference_iteration_mode() override { return DO_FIELDS; }

  void follow() {
    while (!_stack.is_empty()) {
      oopDesc* obj = _stack.pop();
      _cl->do_object(cast_to_oop(obj));
      PersistentObjects::slots_do(obj, [&] (narrowOop* slot) { work(slot); });
    }
  }
};

class FromVolatile : public ObjectClosure {
  PersistentWalk* const _walk;
 public:
  FromVolatile(PersistentWalk* walk) : _walk(walk) {}
  void do_object(oop obj) override {
    obj->oop_iterate(_walk);
    _walk->follow();
  }
};

void PersistentObjects::iterate(ObjectClosure* cl) {
  if (!PHeap::is_enabled()) return;
  assert_at_safepoint();
  PersistentWalk walk(cl);
  roots_do(&walk);
  walk.follow();
  {
    // Not around what cl does: it may keep resource memory.
    ResourceMark rm;
    // This looks at frames and changes nothing in them.
    COMPILER2_OR_JVMCI_PRESENT(DerivedPointerTableDeactivate dpt;)
    NMethodToOopClosure in_code(&walk, !NMethodToOopClosure::FixRelocations);
    Threads::oops_do(&walk, &in_code);
  }
  OopStorageSet::strong_oops_do(&walk);
  CLDToOopClosure in_loaders(&walk, ClassLoaderData::_claim_none);
  ClassLoaderDataGraph::cld_do(&in_loaders);
  walk.follow();
  FromVolatile from_volatile(&walk);
  Universe::heap()->object_iterate(&from_volatile);
}

// A location for closures that take one; objects of P stay where they are.
static oopDesc* root_directory = nullptr;

void PersistentObjects::roots_do(OopClosure* cl) {
  if (!PHeap::is_enabled()) return;
  assert_at_safepoint();
  PersistentOpen::complete();
  root_directory = cast_from_oop<oopDesc*>(PersistentOpen::root());
  if (root_directory != nullptr) {
    cl->do_oop((oop*)&root_directory);
  }
}
