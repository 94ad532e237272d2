/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTOPEN_HPP
#define SHARE_PERSISTENT_PERSISTENTOPEN_HPP

#include "memory/allStatic.hpp"
#include "oops/oopsHierarchy.hpp"
#include "utilities/exceptions.hpp"

class OopClosure;

// Opening: turns what the file holds, as the private mapping shows it, into objects
// of this VM, from the root directory on.
class PersistentOpen : public AllStatic {
 public:
  static void translate(TRAPS);

  // The root directory, or null.
  static oop  root();
  static void set_root(oopDesc* root);
  static void root_do(OopClosure* cl);

  // The object that a reference in media form denotes.
  static oopDesc* decode(uint64_t media);
};

#endif // SHARE_PERSISTENT_PERSISTENTOPEN_HPP
