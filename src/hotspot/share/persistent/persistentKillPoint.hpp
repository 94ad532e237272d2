/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTKILLPOINT_HPP
#define SHARE_PERSISTENT_PERSISTENTKILLPOINT_HPP

#include "memory/allStatic.hpp"

// Named points at which -XX:PersistentHeapKillAt=<point>[:<n>] ends the process as SIGKILL does, so
// that crash tests reach states which last microseconds:
//
//   gc-begin  gc-marked  gc-sweep  gc-publish  gc-published
//   evacuate-select  evacuate-adjusted  evacuate-move  evacuate-moved  evacuate-logged
class PersistentKillPoint : public AllStatic {
 public:
  static void at(const char* point);
};

#endif // SHARE_PERSISTENT_PERSISTENTKILLPOINT_HPP
