/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "memory/allocation.hpp"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentSpace.hpp"
#include "runtime/os.hpp"
#include "unittest.hpp"
#include "utilities/growableArray.hpp"

// The allocator only does arithmetic on addresses: it needs no mapping.
static const uintptr_t Base = 64 * G;
static const size_t Size = 8 * M;
static const size_t Line = PersistentLayout::LineSize;
static const size_t Lines = Size / Line;
static const size_t Words = Lines / 64;

static size_t offset_in_p(const void* p) { return (uintptr_t)p - Base; }
static char* at_line(size_t line) { return (char*)Base + line * Line; }

static void set_lines(uint64_t* table, size_t from, size_t to) {
  for (size_t i = from; i < to; i++) table[i / 64] |= (uint64_t)1 << (i % 64);
}

TEST_VM(PersistentSpace, buffers_fill_a_new_heap_without_overlap) {
  uint64_t table[Words] = {};
  PersistentSpace::initialize(Base, Size, table, Size);
  size_t total = 0;
  while (true) {
    size_t bytes;
    char* p = PersistentSpace::allocate_buffer(64, &bytes);
    if (p == nullptr) break;
    ASSERT_EQ(total, offset_in_p(p)) << "buffers follow each other";
    ASSERT_EQ((size_t)64 * K, bytes);
    total += bytes;
  }
  ASSERT_EQ(Size, total) << "all of it can be had";
  ASSERT_EQ(total, PersistentSpace::used());
}

// Against a table that is searched from its start each time.
TEST_VM(PersistentSpace, first_fit) {
  uint64_t table[Words] = {};
  PersistentSpace::initialize(Base, Size, table, Size);
  static bool taken[Lines];
  memset(taken, 0, sizeof(taken));
  struct Block { size_t line; size_t lines; };
  GrowableArrayCHeap<Block, mtTest> blocks(100);
  int refused = 0;
  for (int step = 0; step < 6000; step++) {
    // Now more of the one, then of the other.
    const bool allocates = os::random() % 16 < (step / 1000 % 2 == 0 ? 11 : 6);
    if (allocates || blocks.is_empty()) {
      const bool is_buffer = os::random() % 2 == 0;
      const size_t most = PersistentSpace::BufferSize / Line;
      const size_t lines = 1 + os::random() % (os::random() % 4 != 0 ? 6 : is_buffer ? most : 3 * most);
      size_t expected = 0, length = 0;
      for (; expected + length < Lines && length < lines; length++) {
        if (taken[expected + length]) {
          expected += length + 1;
          length = (size_t)-1;
        }
      }
      size_t bytes = lines * Line;
      char* p = is_buffer ? PersistentSpace::allocate_buffer(lines * Line - 8, &bytes) : PersistentSpace::allocate_large(lines * Line - 8);
      if (length < lines) {
        ASSERT_TRUE(p == nullptr) << lines << " lines, step " << step;
        refused++;
        continue;
      }
      ASSERT_EQ(at_line(expected), p) << lines << " lines, step " << step;
      ASSERT_GE(bytes, lines * Line);
      for (size_t i = expected; i < expected + bytes / Line; i++) {
        ASSERT_FALSE(taken[i]) << "line " << i << ", step " << step;
        taken[i] = true;
      }
      blocks.append(Block{expected, bytes / Line});
    } else {
      // From somewhere to the end.
      const int i = os::random() % blocks.length();
      Block* b = blocks.adr_at(i);
      const size_t kept = os::random() % 2 == 0 ? 0 : os::random() % b->lines;
      PersistentSpace::recycle_buffer(at_line(b->line + kept), at_line(b->line + b->lines));
      for (size_t l = b->line + kept; l < b->line + b->lines; l++) taken[l] = false;
      b->lines = kept;
      if (kept == 0) blocks.delete_at(i);
    }
  }
  EXPECT_GT(refused, 0);
}

TEST_VM(PersistentSpace, reopened_heap_goes_on_in_the_holes) {
  uint64_t table[Words] = {};
  set_lines(table, 0, Lines);
  table[1] &= ~(uint64_t)0x300;             // lines 72, 73
  table[Words - 1] &= ~((uint64_t)1 << 63); // the last one
  PersistentSpace::initialize(Base, Size, table, Size);
  ASSERT_EQ(Size - 3 * Line, PersistentSpace::used());
  ASSERT_TRUE(PersistentSpace::is_taken(at_line(71)));
  ASSERT_FALSE(PersistentSpace::is_taken(at_line(72)));
  ASSERT_TRUE(PersistentSpace::is_captured(at_line(71) + 8)) << "what was there at opening is captured";
  ASSERT_FALSE(PersistentSpace::is_captured(at_line(72)));
  // Generated code asks this map only: it has what was asked for before, and nothing of other lines.
  auto bits_of = [] (size_t line) { return *(uint32_t*)(PersistentSpace::captured_map() + (uintptr_t)at_line(line) / 64); };
  ASSERT_EQ((uint32_t)-1, bits_of(71));
  ASSERT_EQ((uint32_t)0, bits_of(70));
  ASSERT_EQ((uint32_t)0, bits_of(72));
  ASSERT_TRUE(PersistentSpace::is_captured(at_line(70)));
  ASSERT_EQ((uint32_t)-1, bits_of(70));
  size_t bytes;
  ASSERT_TRUE(PersistentSpace::allocate_buffer(2 * Line + 8, &bytes) == nullptr) << "no hole is that large";
  ASSERT_EQ(at_line(72), PersistentSpace::allocate_buffer(Line + 8, &bytes));
  ASSERT_EQ(2 * Line, bytes);
  ASSERT_EQ(at_line(Lines - 1), PersistentSpace::allocate_buffer(Line, &bytes));
  ASSERT_TRUE(PersistentSpace::allocate_buffer(8, &bytes) == nullptr);
  ASSERT_EQ(Size, PersistentSpace::used());
}

TEST_VM(PersistentSpace, large_objects_take_runs_of_their_own) {
  uint64_t table[Words] = {};
  set_lines(table, 10, 11);
  set_lines(table, 1000, 1001);
  PersistentSpace::initialize(Base, Size, table, Size);
  ASSERT_EQ(at_line(11), PersistentSpace::allocate_large(989 * Line - 8)) << "first fit";
  ASSERT_EQ(at_line(1001), PersistentSpace::allocate_large(11 * Line));
  ASSERT_EQ(at_line(0), PersistentSpace::allocate_large(10 * Line)) << "a smaller hole is found again";
  ASSERT_TRUE(PersistentSpace::allocate_large((Lines - 1012) * Line + 8) == nullptr);
  ASSERT_EQ(at_line(1012), PersistentSpace::allocate_large((Lines - 1012) * Line));
}

TEST_VM(PersistentSpace, recycled_lines_are_handed_out_again) {
  uint64_t table[Words] = {};
  PersistentSpace::initialize(Base, Size, table, Size);
  size_t bytes;
  char* p = PersistentSpace::allocate_buffer(64, &bytes);
  PersistentSpace::recycle_buffer(p + 1000, p + bytes);
  ASSERT_EQ(4 * Line, PersistentSpace::used()) << "whole lines only";
  size_t again;
  ASSERT_EQ(p + 1024, PersistentSpace::allocate_buffer(64, &again));
  PersistentSpace::recycle_buffer(p + 1024, p + 1024 + again);
  // Free lines in front join in.
  ASSERT_EQ(p + 1024, PersistentSpace::allocate_large(Size - 4 * Line));
  PersistentSpace::recycle_buffer(p + 1024, (char*)Base + Size);
  PersistentSpace::recycle_buffer(p, p + 1024);
  ASSERT_EQ((size_t)0, PersistentSpace::used());
  ASSERT_EQ(p, PersistentSpace::allocate_large(Size));
}

TEST_VM(PersistentSpace, update_writes_the_line_table_once_per_buffer_and_can_be_taken_back) {
  uint64_t table[Words] = {};
  PersistentSpace::initialize(Base, Size, table, Size);
  size_t bytes;
  char* p = PersistentSpace::allocate_buffer(64, &bytes);
  char* q = PersistentSpace::allocate_large(M);
  PersistentLogRecord record;
  {
    PersistentSpace::Update update;
    update.include(p, 64);
    update.include(q, M);
    update.abort();
    update.finish(&record);
    ASSERT_TRUE(record.is_empty()) << "an aborted update leaves nothing";
  }
  {
    PersistentSpace::Update update;
    update.include(p, 64);
    update.finish(&record);
    ASSERT_FALSE(record.is_empty()) << "an abort must not make a later update forget";
  }
  size_t length = record.length();
  {
    PersistentSpace::Update update;
    update.include(p + 64, 8 * K);
    update.finish(&record);
    ASSERT_EQ(length, record.length()) << "the lines of the buffer went along";
    update.include(q, M);
    update.finish(&record);
    ASSERT_EQ(length + 16 + M / Line / 8, record.length()) << "one write for a run of words";
  }
}
