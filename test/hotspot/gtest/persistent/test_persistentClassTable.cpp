/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "classfile/symbolTable.hpp"
#include "persistent/persistentClassTableFormat.hpp"
#include "unittest.hpp"

typedef PersistentClassTableFormat Format;

// Symbols that the tests put into entries, up to the longest that there can be.
class Names {
 public:
  Symbol* list[6];
  Names() {
    list[0] = SymbolTable::new_permanent_symbol("");
    list[1] = SymbolTable::new_permanent_symbol("C");
    list[2] = SymbolTable::new_permanent_symbol("some/pack/age/Outer$Inner");
    list[3] = SymbolTable::new_permanent_symbol("[[Lsome/pack/age/Outer$Inner;");
    list[4] = SymbolTable::new_permanent_symbol("\xe2\x82\xac/\xc3\xa9t\xc3\xa9\xc0\x80");      // modified UTF-8
    char* longest = NEW_C_HEAP_ARRAY(char, Symbol::max_length() + 1, mtTest);
    memset(longest, 'x', Symbol::max_length());
    longest[Symbol::max_length()] = 0;
    list[5] = SymbolTable::new_permanent_symbol(longest);
    FREE_C_HEAP_ARRAY(char, longest);
  }
};

TEST_VM(PersistentClassTable, entries_round_trip) {
  Names names;
  for (Symbol* name : names.list) {
    for (uint32_t fields = 0; fields < 40; fields += 13) {
      Format::Writer w(Format::class_entry, 7 + fields);
      w.put((uint32_t)Format::app_loader);
      w.put(name);
      w.put(16 + 4 * fields);
      w.put(fields);
      for (uint32_t i = 0; i < fields; i++) {
        w.put(names.list[i % 5]);
        w.put(names.list[(i + 1) % 5]);
        w.put(12 + 4 * i);
      }
      w.finish();
      ASSERT_TRUE(Format::is_valid(w.bytes(), w.size()));
      ASSERT_TRUE(Format::is_valid(w.bytes(), w.size() + 1000));
      ASSERT_EQ(0u, w.size() % 8);
      const Format::EntryHeader* h = (const Format::EntryHeader*)w.bytes();
      ASSERT_EQ((uint32_t)Format::class_entry, h->kind);
      ASSERT_EQ(7 + fields, h->id);
      Format::Reader r(w.bytes());
      ASSERT_EQ((uint32_t)Format::app_loader, r.get());
      ASSERT_EQ(name, r.get_symbol());
      ASSERT_EQ(16 + 4 * fields, r.get());
      ASSERT_EQ(fields, r.get());
      for (uint32_t i = 0; i < fields; i++) {
        ASSERT_EQ(names.list[i % 5], r.get_symbol());
        ASSERT_EQ(names.list[(i + 1) % 5], r.get_symbol());
        ASSERT_EQ(12 + 4 * i, r.get());
      }
    }
  }
  for (uint32_t kind = Format::class_symbol; kind <= Format::constants_symbol; kind++) {
    Format::Writer w(Format::symbol_entry, kind);
    w.put(kind);
    w.put((uint32_t)Format::platform_loader);
    w.put(names.list[2]);
    w.put(names.list[4]);
    w.finish();
    ASSERT_TRUE(Format::is_valid(w.bytes(), w.size()));
    Format::Reader r(w.bytes());
    ASSERT_EQ(kind, r.get());
    ASSERT_EQ((uint32_t)Format::platform_loader, r.get());
    ASSERT_EQ(names.list[2], r.get_symbol());
    ASSERT_EQ(names.list[4], r.get_symbol());
  }
}

TEST_VM(PersistentClassTable, damaged_entries_are_refused) {
  Names names;
  Format::Writer w(Format::class_entry, 3);
  w.put((uint32_t)Format::boot_loader);
  w.put(names.list[2]);
  w.put(24u);
  w.put(1u);
  w.put(names.list[1]);
  w.put(names.list[3]);
  w.put(12u);
  w.finish();
  char entry[512];
  ASSERT_LT(w.size(), sizeof(entry));
  for (uint32_t cut = 0; cut < w.size(); cut++) {
    memset(entry, 0, sizeof(entry));
    memcpy(entry, w.bytes(), cut);
    ASSERT_FALSE(Format::is_valid(entry, cut)) << "room for " << cut << " bytes";
    if (memcmp(entry, w.bytes(), w.size()) != 0) {
      ASSERT_FALSE(Format::is_valid(entry, sizeof(entry))) << "zeros from byte " << cut;
    }
  }
  for (uint32_t i = 0; i < w.size() * 8; i++) {
    memcpy(entry, w.bytes(), w.size());
    entry[i / 8] ^= (char)(1 << i % 8);
    ASSERT_FALSE(Format::is_valid(entry, w.size())) << "bit " << i;
  }
}

// A writer of another version could have put less into an entry than we look for.
TEST_VM(PersistentClassTable, nothing_is_read_behind_an_entry) {
  Names names;
  Format::Writer w(Format::class_entry, 3);
  w.put(5u);
  w.put(1000u);         // a name longer than the entry
  w.put(names.list[2]);
  w.finish();
  Format::Reader r(w.bytes());
  ASSERT_EQ(5u, r.get());
  ASSERT_EQ(names.list[0], r.get_symbol());
  for (int i = 0; i < 3; i++) {
    ASSERT_EQ(0u, r.get());
    ASSERT_EQ(names.list[0], r.get_symbol());
  }
}
