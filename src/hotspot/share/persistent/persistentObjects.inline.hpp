/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTOBJECTS_INLINE_HPP
#define SHARE_PERSISTENT_PERSISTENTOBJECTS_INLINE_HPP

#include "persistent/persistentObjects.hpp"

#include "oops/instanceKlass.inline.hpp"
#include "oops/objArrayOop.inline.hpp"
#include "oops/oop.inline.hpp"

template <typename F>
inline void PersistentObjects::slots_do(oopDesc* obj, F f) {
  Klass* klass = obj->klass();
  if (klass->is_instance_klass()) {
    InstanceKlass* ik = InstanceKlass::cast(klass);
    OopMapBlock* map = ik->start_of_nonstatic_oop_maps();
    OopMapBlock* end = map + ik->nonstatic_oop_map_count();
    for (; map < end; map++) {
      narrowOop* slot = (narrowOop*)((char*)obj + map->offset());
      for (uint i = 0; i < map->count(); i++) {
        f(slot + i);
      }
    }
  } else if (klass->is_objArray_klass()) {
    narrowOop* slot = (narrowOop*)((char*)obj + objArrayOopDesc::base_offset_in_bytes());
    int length = objArrayOop(cast_to_oop(obj))->length();
    for (int i = 0; i < length; i++) {
      f(slot + i);
    }
  }
}

#endif // SHARE_PERSISTENT_PERSISTENTOBJECTS_INLINE_HPP
