/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentLogFormat.hpp"

#include "classfile/classLoader.hpp"
#include "runtime/globals.hpp"
#include "runtime/stubRoutines.hpp"
#include "persistent/persistentTrace.hpp"

// That of zlib, by the stub of java.util.zip.CRC32 where there is one.
uint32_t PersistentLogFormat::crc(uint32_t crc, const void* p, size_t length) {
  typedef jint (*UpdateBytes)(jint crc, const char* p, jint length);
  UpdateBytes update = UseCRC32Intrinsics && StubRoutines::updateBytesCRC32() != nullptr
                       ? CAST_TO_FN_PTR(UpdateBytes, StubRoutines::updateBytesCRC32()) : &ClassLoader::crc32;
  const char* at = (const char*)p;
  while (length > 0) {
    jint part = (jint)MIN2(length, (size_t)(1 * G));
    crc = (uint32_t)update((jint)crc, at, part);
    at += part;
    length -= (size_t)part;
  }
  return crc;
}

void PersistentCheckpoint::fill(const uint8_t* uuid, uint64_t generation, uint64_t lsn, uint64_t seq, uint32_t epoch) {
  memset(this, 0, sizeof(*this));
  this->magic = Magic;
  memcpy(this->uuid, uuid, sizeof(this->uuid));
  this->generation = generation;
  this->lsn = lsn;
  this->seq = seq;
  this->epoch = epoch;
  this->crc = compute_crc();
}

uint32_t PersistentCheckpoint::compute_crc() const {
  return PersistentLogFormat::crc(0, this, offsetof(PersistentCheckpoint, crc));
}

bool PersistentCheckpoint::is_valid(const uint8_t* expected_uuid) const {
  return magic == Magic && memcmp(uuid, expected_uuid, sizeof(uuid)) == 0 && crc == compute_crc();
}

static uint32_t record_crc(const PersistentRecordHeader* h, const void* payload) {
  const size_t skip = offsetof(PersistentRecordHeader, lsn);
  if (payload == h + 1) {
    return PersistentLogFormat::crc(0, (const char*)h + skip, sizeof(*h) - skip + h->length);
  }
  uint32_t crc = PersistentLogFormat::crc(0, (const char*)h + skip, sizeof(*h) - skip);
  return PersistentLogFormat::crc(crc, payload, h->length);
}

void PersistentLogFormat::seal(PersistentRecordHeader* h, const void* payload) {
  h->magic = PersistentRecordHeader::Magic;
  h->crc = record_crc(h, payload);
}

const PersistentRecordHeader* PersistentLogFormat::record_at(const char* ring, size_t size, uint64_t lsn,
                                                             uint64_t seq, uint32_t epoch) {
  size_t rest = rest_of_lap(size, lsn);
  const PersistentRecordHeader* h = (const PersistentRecordHeader*)(ring + lsn % size);
  if (rest < sizeof(*h) || h->magic != PersistentRecordHeader::Magic || h->lsn != lsn ||
      h->epoch != epoch || h->seq != seq || h->length > rest - sizeof(*h) || h->length % 8 != 0) {
    return nullptr;
  }
  if (PersistentTrace::is_broken("checksum")) return h;
  // A pad's payload is whatever was there.
  if (h->type == PersistentRecordHeader::pad) {
    PersistentRecordHeader copy = *h;
    copy.length = 0;
    return h->crc == record_crc(&copy, nullptr) && h->length == rest - sizeof(*h) ? h : nullptr;
  }
  return h->crc == record_crc(h, h + 1) ? h : nullptr;
}

uint64_t PersistentLogFormat::skip_short_rest(size_t size, uint64_t lsn) {
  size_t rest = rest_of_lap(size, lsn);
  return rest < sizeof(PersistentRecordHeader) ? lsn + rest : lsn;
}

const PersistentRecordHeader* PersistentLogFormat::torn_record(const char* ring, size_t size, uint64_t lsn, uint32_t epoch) {
  if (rest_of_lap(size, lsn) < sizeof(PersistentRecordHeader)) return nullptr;
  const PersistentRecordHeader* h = (const PersistentRecordHeader*)(ring + lsn % size);
  bool whole = h->magic == PersistentRecordHeader::Magic && h->lsn == lsn && h->epoch == epoch;
  return whole ? h : nullptr;
}

// Whether a header may begin there. Without branches, so that it is as fast as memory: an
// opening heap looks through the whole log.
static bool may_have_record(const char* p, size_t length) {
  uint32_t any = 0;
  for (size_t i = 0; i < length; i += 8) {
    any |= *(const uint32_t*)(p + i) == PersistentRecordHeader::Magic;
  }
  return any != 0;
}

bool PersistentLogFormat::is_damage(const char* ring, size_t size, uint64_t lsn, uint64_t seq, uint32_t epoch) {
  assert(lsn % 8 == 0 && size % 8 == 0, "records are aligned");
  const size_t last = size - sizeof(PersistentRecordHeader);
  size_t i = (size_t)(lsn % size);
  uint64_t at = lsn;
  while (at < lsn + size) {
    if (i == size) i = 0;
    const size_t piece = (size_t)MIN3((uint64_t)(4 * K), (uint64_t)(size - i), lsn + size - at);
    if (!may_have_record(ring + i, piece)) {
      i += piece;
      at += piece;
      continue;
    }
    for (const size_t end = i + piece; i < end; i += 8, at += 8) {
      const PersistentRecordHeader* h = (const PersistentRecordHeader*)(ring + i);
      if (i <= last && h->magic == PersistentRecordHeader::Magic &&
          h->lsn == at && h->seq >= seq &&
          // A later epoch began with a checkpoint that was durable.
          (h->epoch == epoch ? h->durable >= seq : h->epoch > epoch) &&
          record_at(ring, size, at, h->seq, h->epoch) != nullptr) {
        return true;
      }
    }
  }
  return false;
}

bool PersistentLogFormat::are_valid_writes(const char* payload, size_t length, uint64_t first, uint64_t limit) {
  const char* p = payload;
  const char* end = payload + length;
  while (p < end) {
    if (end - p < (ptrdiff_t)PersistentWrites::HeaderSize) return false;
    uint64_t offset;
    uint32_t bytes;
    memcpy(&offset, p, sizeof(offset));
    memcpy(&bytes, p + 8, sizeof(bytes));
    size_t padded = align_up((size_t)bytes, (size_t)8);
    if (padded > (size_t)(end - p) - PersistentWrites::HeaderSize) return false;
    if (offset < first || offset > limit || bytes > limit - offset) return false;
    p += PersistentWrites::HeaderSize + padded;
  }
  return true;
}
