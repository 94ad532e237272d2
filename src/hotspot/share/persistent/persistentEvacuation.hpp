/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTEVACUATION_HPP
#define SHARE_PERSISTENT_PERSISTENTEVACUATION_HPP

#include "memory/allStatic.hpp"
#include "oops/oopsHierarchy.hpp"
#include "utilities/globalDefinitions.hpp"

// Makes room for large objects out of many small holes: in a full collection that an
// allocation in P caused which an ordinary one could not help, objects of sparse 1 MB
// segments move together.
//
//   select    after marking: which segments, and where each of their objects goes
//   adjust    by G1, with the references to V objects that it moves itself
//   finish    after G1 has moved V: references within P, the objects, their side tables,
//             and one log record with all of it
//
// The media has either none of it or, once the record is there, all: as for any
// transaction. Objects slide to lower addresses within the selected segments, in order, around
// what stays.
// What open transactions have stored to, or allocated, or hold as old or new values,
// stays where it is: so nothing uncommitted is touched.
class PersistentEvacuation : public AllStatic {
  static bool _active;
  static void done();
 public:
  // everything: the last resort, all that can move does, up to 1 GB of objects.
  static void select(bool everything);
  static bool is_active()              { return _active; }
  // Where obj, in P, goes; itself if it stays.
  static oop  forwardee(oop obj);
  static void finish();
};

#endif // SHARE_PERSISTENT_PERSISTENTEVACUATION_HPP
