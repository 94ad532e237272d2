/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTCLASSTABLEFORMAT_HPP
#define SHARE_PERSISTENT_PERSISTENTCLASSTABLEFORMAT_HPP

#include "memory/allStatic.hpp"
#include "memory/allocation.hpp"
#include "oops/symbol.hpp"
#include "utilities/globalDefinitions.hpp"
#include "utilities/growableArray.hpp"

// The entries of the class table on the media, which follow each other without gaps;
// see doc/file-format.md. Bytes in memory only, so that tests can give it any.
class PersistentClassTableFormat : public AllStatic {
 public:
  struct EntryHeader {
    uint32_t size;        // of the entry, a multiple of 8; 0: end of the table
    uint32_t crc;         // of what follows this field
    uint32_t kind;
    uint32_t id;
  };
  enum EntryKind  : uint32_t { class_entry = 1, symbol_entry = 2 };
  enum SymbolKind : uint32_t { class_symbol = 1, primitive_symbol = 2, static_symbol = 3, constants_symbol = 4 };
  enum LoaderKind : uint32_t { boot_loader = 0, platform_loader = 1, app_loader = 2 };

  // Whether an entry stands here, within room bytes.
  static bool is_valid(const char* entry, size_t room);

  class Writer : public StackObj {
    GrowableArrayCHeap<char, mtPersistent> _bytes;
   public:
    Writer(EntryKind kind, uint32_t id);
    void put(uint32_t v);
    void put(const Symbol* s);
    void finish();        // sets size and checksum
    const char* bytes()   { return _bytes.adr_at(0); }
    uint32_t size()       { return (uint32_t)_bytes.length(); }
  };

  // Of a valid entry. Behind its end, numbers are 0 and names empty.
  class Reader : public StackObj {
    const char* _p;
    const char* _end;
   public:
    Reader(const char* entry) : _p(entry + sizeof(EntryHeader)), _end(entry + ((const EntryHeader*)entry)->size) {}
    uint32_t get();
    Symbol* get_symbol();       // permanent
  };
};

#endif // SHARE_PERSISTENT_PERSISTENTCLASSTABLEFORMAT_HPP
