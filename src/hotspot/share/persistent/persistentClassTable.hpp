/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTCLASSTABLE_HPP
#define SHARE_PERSISTENT_PERSISTENTCLASSTABLE_HPP

#include "memory/allStatic.hpp"
#include "oops/oopsHierarchy.hpp"
#include "utilities/exceptions.hpp"
#include "utilities/globalDefinitions.hpp"

class Klass;
class PersistentLogRecord;
class outputStream;

// The classes of persistent instances, and the symbols that stand on the media for
// V objects which keep their identity (Class objects, enum constants, values of
// static final fields). Both are tables in `data`, appended to by the log record
// that needs the entry first.
//
// class id: 1.. ; written in the klass word of an object's media form.
// symbol id: 1.. ; written where a reference would stand, as a narrow value below
// every address in P.
class PersistentClassTable : public AllStatic {
 public:
  // ---- Boot ----
  // Reads the tables; no classes are touched.
  static bool read(char* errbuf, size_t errlen);
  // Loads and links every class, compares its fields, resolves symbols, for which the classes that hold them are initialised. What is
  // missing or changed must not be needed by any object: a sentence (class, fields) says why.
  static void load_classes(TRAPS);
  static bool        has_refusals();
  static const char* class_refusal(uint32_t class_id);      // null if there is none
  static const char* symbol_refusal(uint32_t symbol_id);
  // Enums with more constants than their symbols know get new ones, before the program can store what goes by those.
  static void note_new_constants();
  // Initialises the classes. Their initializers find an open heap.
  static void initialize_classes(TRAPS);

  // ---- Capture, under the log's lock; no safepoint ----
  // Id of the class, entering it (and adding the entry's write to record) if new.
  // 0 if the table is full.
  static uint32_t id_for(Klass* klass, PersistentLogRecord* record);
  // Symbol of a V object, entering it if new; 0 if it has none, or the table is full.
  static uint32_t symbol_for(oop obj, PersistentLogRecord* record);
  static bool is_full();               // an entry had no room, since the last commit or abort
  // The record was not appended: entries made since the last commit/abort vanish.
  static void abort_entries();
  static void commit_entries();

  // ---- Opening ----
  static int    class_count();
  static Klass* class_at(int i, uint32_t* class_id);
  static int    symbol_count();
  static oop    symbol_value(uint32_t symbol_id);     // from 1 on; null if there is none
  static bool   has_class(const char* name);          // java/lang/String

  // Identity hash of an enum constant or Class object, the same in every run; 0 for
  // any other object. Called by ObjectSynchronizer when such an object gets its hash.
  static intptr_t stable_identity_hash(oop obj);

  static void print_on(outputStream* st);
};

#endif // SHARE_PERSISTENT_PERSISTENTCLASSTABLE_HPP
