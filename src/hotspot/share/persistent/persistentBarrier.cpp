/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentBarrier.hpp"

DEBUG_ONLY(int PersistentBarrier::_skipped = -1;)

static const char* const names[] = {
#define PERSISTENT_BARRIER_NAME(name) #name,
  PERSISTENT_BARRIERS_DO(PERSISTENT_BARRIER_NAME)
#undef PERSISTENT_BARRIER_NAME
};

const char* PersistentBarrier::name(int kind) {
  assert(kind >= 0 && kind < count, "must be");
  return names[kind];
}

bool PersistentBarrier::set_skipped(const char* wanted) {
  for (int i = 0; i < count; i++) {
    if (strcmp(names[i], wanted) == 0) {
      DEBUG_ONLY(_skipped = i;)
      return true;
    }
  }
  return false;
}
