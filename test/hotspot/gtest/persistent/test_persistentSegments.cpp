/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "memory/allocation.hpp"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentSegments.hpp"
#include "runtime/os.hpp"
#include "unittest.hpp"

// The allocator only does arithmetic on addresses: it needs no mapping.
static const uintptr_t Base = 64 * G;
static const size_t Segments = 8;
static const size_t SegmentSize = PersistentLayout::SegmentSize;

static void open_with(uint64_t* table) {
  PersistentSegments::initialize(Base, Segments * SegmentSize, table);
}

static size_t offset_in_p(const void* p) { return (uintptr_t)p - Base; }

TEST_VM(PersistentSegments, buffers_fill_a_new_heap_without_overlap) {
  uint64_t table[Segments] = {};
  open_with(table);
  size_t total = 0;
  size_t expected = 0;
  while (true) {
    size_t bytes;
    char* p = PersistentSegments::allocate_buffer(64, &bytes);
    if (p == nullptr) break;
    ASSERT_EQ(expected, offset_in_p(p)) << "buffers follow each other";
    ASSERT_EQ((size_t)64 * K, bytes);
    expected += bytes;
    total += bytes;
  }
  ASSERT_EQ(Segments * SegmentSize, total) << "all of it can be had";
  ASSERT_EQ(total, PersistentSegments::used());
}

TEST_VM(PersistentSegments, reopened_heap_goes_on_after_what_is_taken) {
  uint64_t table[Segments] = {100, SegmentSize, 0, 0, 0, 0, 0, 0};
  open_with(table);
  size_t bytes;
  char* p = PersistentSegments::allocate_buffer(64, &bytes);
  ASSERT_EQ((size_t)104, offset_in_p(p)) << "aligned up to 8";
  ASSERT_TRUE(PersistentSegments::is_taken((char*)Base + 96));
  ASSERT_FALSE(PersistentSegments::is_taken((char*)Base + 104));
  ASSERT_TRUE(PersistentSegments::is_captured((char*)Base + 96)) << "what was there at opening is captured";
  ASSERT_FALSE(PersistentSegments::is_captured(p));
}

TEST_VM(PersistentSegments, large_objects_take_untouched_runs) {
  uint64_t table[Segments] = {8, 0, 0, 0, 16, 0, 0, 0};
  open_with(table);
  char* p = PersistentSegments::allocate_large(2 * SegmentSize + 8);
  ASSERT_EQ(1 * SegmentSize, offset_in_p(p));
  // The rest of the run's last segment stays usable.
  ASSERT_EQ((size_t)8, offset_in_p(PersistentSegments::allocate_large(SegmentSize - 8)));
  ASSERT_EQ(3 * SegmentSize + 8, offset_in_p(PersistentSegments::allocate_large(SegmentSize - 8)));
  ASSERT_TRUE(PersistentSegments::allocate_large(4 * SegmentSize) == nullptr) << "no run of four is left";
  ASSERT_TRUE(PersistentSegments::allocate_large(3 * SegmentSize) != nullptr);
}

TEST_VM(PersistentSegments, recycled_buffer_is_handed_out_again) {
  uint64_t table[Segments] = {};
  open_with(table);
  size_t bytes;
  char* p = PersistentSegments::allocate_buffer(64, &bytes);
  PersistentSegments::recycle_buffer(p + 1024, p + bytes);
  size_t again;
  ASSERT_EQ(p + 1024, PersistentSegments::allocate_buffer(64, &again));
  ASSERT_EQ(bytes - 1024, again);
}

TEST_VM(PersistentSegments, update_writes_each_touched_segment_once_and_can_be_taken_back) {
  uint64_t table[Segments] = {};
  open_with(table);
  PersistentLogRecord record;
  {
    PersistentSegments::Update update;
    update.include((char*)Base, 64);
    update.include((char*)Base + 64, 64);
    update.include((char*)Base + 2 * SegmentSize, SegmentSize + 8);
    update.abort();
    update.finish(&record);
    ASSERT_TRUE(record.is_empty()) << "an aborted update leaves nothing";
  }
  {
    PersistentSegments::Update update;
    update.include((char*)Base, 64);
    update.finish(&record);
    ASSERT_FALSE(record.is_empty()) << "an abort must not make a later update forget";
  }
  size_t length = record.length();
  {
    PersistentSegments::Update update;
    update.include((char*)Base + 8, 16);
    update.finish(&record);
    ASSERT_EQ(length, record.length()) << "below what is logged already";
  }
}
