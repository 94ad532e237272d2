/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTROOM_HPP
#define SHARE_PERSISTENT_PERSISTENTROOM_HPP

#include "persistent/persistentCollector.hpp"
#include "persistent/persistentSpace.hpp"
#include "utilities/globalDefinitions.hpp"

class JavaThread;

// What a thread does that finds no room in P, for an allocation or for a copy that a capture makes:
//
//   PersistentRoom room;
//   while (it does not fit && room.make(thread)) try again;
//
// A collection comes first, then those that move objects together. After each the file grows if what
// is free would not do anyhow; if it should do, and does not after the last one (objects of open transactions do not move),
// the file grows too.
class PersistentRoom {
  int    _effort;         // of the next collection
  uint   _seen;           // collections before the last attempt
  size_t _committed;      // size of the file then
  void look() {
    _seen = PersistentCollector::count();
    _committed = PersistentSpace::committed();
  }
 public:
  PersistentRoom() : _effort(PersistentCollector::free_lines) { look(); }
  // After an attempt that failed for want of room; false if there is nothing left to do. May safepoint; the thread is in the VM and
  // holds no lock.
  bool make(JavaThread* thread);
};

#endif // SHARE_PERSISTENT_PERSISTENTROOM_HPP
