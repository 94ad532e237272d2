/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTHISTOGRAM_HPP
#define SHARE_PERSISTENT_PERSISTENTHISTOGRAM_HPP

#include "memory/allStatic.hpp"

class outputStream;

// Objects of P by class: how many, and their bytes.
class PersistentHistogram : public AllStatic {
 public:
  // Stops the program. collect: after a full collection, so that what is counted is in use;
  // else what V's garbage refers to is counted, too.
  static void print_on(outputStream* st, bool collect);
};

#endif // SHARE_PERSISTENT_PERSISTENTHISTOGRAM_HPP
