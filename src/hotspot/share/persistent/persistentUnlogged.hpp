/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTUNLOGGED_HPP
#define SHARE_PERSISTENT_PERSISTENTUNLOGGED_HPP

#include "memory/allStatic.hpp"
#include "runtime/atomic.hpp"
#include "utilities/globalDefinitions.hpp"

class Klass;

// Fields that are never part of the media state. A store there is not recorded or logged, a rollback leaves it, and it may refer to
// volatile objects (threads, nodes of queues); a capture writes what an unused object has.
// - Of java.util.concurrent, those that say who holds, or who waits for, a lock: they are of this process.
// - A string's hash code, which who asks for it first stores there: readers do not change what is persistent.
class PersistentUnlogged : public AllStatic {
  // Whether a class has such fields, its own or inherited, of classes that were asked about lately: the class, and 1 if it has.
  // Only classes of objects in P enter it: they are never unloaded.
  static const int Verdicts = 512;
  static volatile uintptr_t _verdicts[Verdicts];

  static volatile uintptr_t* verdict_of(const Klass* klass) {
    const uintptr_t k = (uintptr_t)klass;
    return &_verdicts[((k >> 4) ^ (k >> 13)) % Verdicts];
  }
  static bool find_verdict(Klass* klass);
  static bool is_field(Klass* klass, ptrdiff_t offset);

 public:
  // Whether objects of that class, which are in P, have such fields.
  static bool is_in(Klass* klass) {
    const uintptr_t k = (uintptr_t)klass;
    const uintptr_t verdict = Atomic::load_acquire(verdict_of(klass));
    return verdict != k && (verdict == (k | 1) || find_verdict(klass));
  }
  // Whether what they have at that offset is one.
  static bool contains(Klass* klass, ptrdiff_t offset) { return is_in(klass) && is_field(klass, offset); }
  // Whether that class, of any loader, itself declares such a field.
  static bool is_declared_by(Klass* klass);
  // Writes what the media has there into image, that of an object of klass.
  static void put_media_values(Klass* klass, char* image);
};

#endif // SHARE_PERSISTENT_PERSISTENTUNLOGGED_HPP
