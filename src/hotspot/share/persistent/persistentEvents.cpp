/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentEvents.hpp"

#include "gc/shared/gcId.hpp"
#include "jfr/jfrEvents.hpp"
#include "logging/log.hpp"
#include "persistent/persistentMemoryPool.hpp"
#include "runtime/safepoint.hpp"

Tickspan PersistentEvents::_pauses;

void PersistentEvents::collection(const char* kind, const Ticks& start, size_t used_before, size_t used_after, size_t freed) {
  PersistentMemoryPool::collected();
  EventPersistentHeapCollection event(UNTIMED);
  if (event.should_commit()) {
    event.set_starttime(start);
    event.set_endtime(Ticks::now());
    event.set_gcId(GCId::current_or_undefined());
    event.set_kind(kind);
    event.set_usedBefore(used_before);
    event.set_usedAfter(used_after);
    event.set_freed(freed);
    event.set_sumOfPauses(_pauses);
    event.commit();
  }
}

PersistentPhase::PersistentPhase(const char* name)
  : _name(name), _in_pause(SafepointSynchronize::is_at_safepoint()), _start(Ticks::now()) {}

PersistentPhase::~PersistentPhase() {
  const Ticks end = Ticks::now();
  if (_in_pause) {
    PersistentEvents::_pauses += end - _start;
  }
  log_debug(pheap, gc, phases)("%s %.3f ms", _name, TimeHelper::counter_to_millis((end - _start).value()));
  EventPersistentHeapCollectionPhase event(UNTIMED);
  if (event.should_commit()) {
    event.set_starttime(_start);
    event.set_endtime(end);
    event.set_gcId(GCId::current_or_undefined());
    event.set_name(_name);
    event.commit();
  }
}
