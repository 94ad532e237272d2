/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTARGUMENTS_HPP
#define SHARE_PERSISTENT_PERSISTENTARGUMENTS_HPP

#include "jni.h"
#include "memory/allStatic.hpp"
#include "utilities/globalDefinitions.hpp"

// Flags that a persistent heap needs, and those it contradicts.
class PersistentArguments : public AllStatic {
 public:
  // Before any file is created: sizes that no heap can have.
  static jint check_sizes(char* errbuf, size_t len);
  // Against the heap's own.
  static jint check(char* errbuf, size_t len);
};

#endif // SHARE_PERSISTENT_PERSISTENTARGUMENTS_HPP
