/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentKillPoint.hpp"

#include "persistent/persistent_globals.hpp"
#include "runtime/atomic.hpp"

#include <signal.h>
#include <unistd.h>

static volatile int arrivals = 0;

void PersistentKillPoint::at(const char* point) {
  if (PersistentHeapKillAt == nullptr) return;
  size_t length = strlen(point);
  if (strncmp(PersistentHeapKillAt, point, length) != 0) return;
  const char* rest = PersistentHeapKillAt + length;
  if (*rest != 0 && *rest != ':') return;
  int wanted = *rest == ':' ? atoi(rest + 1) : 1;
  if (Atomic::add(&arrivals, 1) == wanted) {
    ::kill(::getpid(), SIGKILL);
    while (true) ::pause();
  }
}
