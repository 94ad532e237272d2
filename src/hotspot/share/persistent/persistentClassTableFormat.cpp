/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentClassTableFormat.hpp"

#include "classfile/classLoader.hpp"
#include "classfile/symbolTable.hpp"
#include "memory/allocation.inline.hpp"

static uint32_t entry_crc(const char* entry, uint32_t size) {
  const size_t skip = offsetof(PersistentClassTableFormat::EntryHeader, kind);
  return (uint32_t)ClassLoader::crc32(0, entry + skip, (jint)(size - skip));
}

bool PersistentClassTableFormat::is_valid(const char* entry, size_t room) {
  if (room < sizeof(EntryHeader)) return false;
  EntryHeader h;
  memcpy(&h, entry, sizeof(h));
  return h.size % 8 == 0 && h.size >= sizeof(EntryHeader) && h.size <= room && h.crc == entry_crc(entry, h.size);
}

PersistentClassTableFormat::Writer::Writer(EntryKind kind, uint32_t id) : _bytes(256) {
  put((uint32_t)0);
  put((uint32_t)0);
  put((uint32_t)kind);
  put(id);
}

void PersistentClassTableFormat::Writer::put(uint32_t v) {
  for (int i = 0; i < 4; i++) _bytes.append((char)(v >> (i * 8)));
}

void PersistentClassTableFormat::Writer::put(const Symbol* s) {
  put((uint32_t)s->utf8_length());
  for (int i = 0; i < s->utf8_length(); i++) _bytes.append((char)s->char_at(i));
}

void PersistentClassTableFormat::Writer::finish() {
  while (_bytes.length() % 8 != 0) _bytes.append(0);
  EntryHeader* h = (EntryHeader*)_bytes.adr_at(0);
  h->size = (uint32_t)_bytes.length();
  h->crc = entry_crc(_bytes.adr_at(0), h->size);
}

uint32_t PersistentClassTableFormat::Reader::get() {
  uint32_t v = 0;
  if (_end - _p < (ptrdiff_t)sizeof(v)) {
    _p = _end;
    return 0;
  }
  memcpy(&v, _p, sizeof(v));
  _p += sizeof(v);
  return v;
}

Symbol* PersistentClassTableFormat::Reader::get_symbol() {
  uint32_t length = get();
  if (length > (size_t)(_end - _p) || length > (uint32_t)Symbol::max_length()) {
    _p = _end;
    return SymbolTable::new_permanent_symbol("");
  }
  TempNewSymbol s = SymbolTable::new_symbol(_p, (int)length);
  _p += length;
  s->make_permanent();
  return s;
}
