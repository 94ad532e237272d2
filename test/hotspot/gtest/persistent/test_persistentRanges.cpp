/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentRanges.hpp"
#include "runtime/os.hpp"
#include "unittest.hpp"
#include "utilities/growableArray.hpp"

TEST_VM(PersistentRanges, one_for_neighbours) {
  char memory[100];
  PersistentRanges ranges;
  EXPECT_EQ(memory + 10, ranges.add(memory + 10, memory + 20, 0));
  EXPECT_EQ(memory + 10, ranges.add(memory + 20, memory + 30, 0));
  EXPECT_EQ(1, ranges.length());
  EXPECT_FALSE(ranges.contains(memory + 9, 0));
  EXPECT_TRUE(ranges.contains(memory + 10, 0));
  EXPECT_TRUE(ranges.contains(memory + 29, 0));
  EXPECT_FALSE(ranges.contains(memory + 30, 0));

  // Of another level.
  const int64_t mark = ranges.mark();
  EXPECT_EQ(memory + 30, ranges.add(memory + 30, memory + 40, mark));
  EXPECT_EQ(2, ranges.length());
  EXPECT_TRUE(ranges.contains(memory + 35, mark));
  EXPECT_FALSE(ranges.contains(memory + 25, mark));
  EXPECT_TRUE(ranges.contains(memory + 25, 0));

  // Which ends, and is one with it then.
  ranges.join(memory + 30, mark);
  EXPECT_EQ(2, ranges.length());
  ranges.join(memory + 30, 0);
  EXPECT_EQ(1, ranges.length());
  EXPECT_TRUE(ranges.contains(memory + 35, 0));
  EXPECT_FALSE(ranges.contains(memory + 40, 0));

  // What is before is a neighbour, too, but was added later.
  EXPECT_EQ(memory, ranges.add(memory, memory + 10, 0));
  EXPECT_TRUE(ranges.contains(memory + 5, 0));

  ranges.clear();
  EXPECT_EQ(0, ranges.length());
  EXPECT_EQ(0, ranges.mark());
  EXPECT_FALSE(ranges.contains(memory + 10, 0));
}

// Against a number for each byte.
TEST_VM(PersistentRanges, as_a_table) {
  const int size = 500;      // os::random begins with the same number in each run
  char memory[size];
  int64_t numbers[size];
  for (int64_t& n : numbers) n = -1;
  PersistentRanges ranges;
  GrowableArrayCHeap<int64_t, mtTest> marks(4);      // of the open levels
  marks.append(0);
  int longest = 0;
  for (int step = 0; step < 20000; step++) {
    const int from = os::random() % size;
    const int to = MIN2(size, from + 1 + os::random() % 8);
    switch (os::random() % 8) {
      case 0: case 1: case 2: case 3: {
        bool is_free = true;
        for (int i = from; i < to; i++) is_free = is_free && numbers[i] == -1;
        if (!is_free) break;
        const int64_t number = ranges.mark();
        const char* start = ranges.add(memory + from, memory + to, marks.last());
        for (int i = from; i < to; i++) numbers[i] = number;
        ASSERT_LE(start, memory + from);
        for (const char* p = start; p < memory + to; p++) ASSERT_GE(numbers[p - memory], marks.last());
        break;
      }
      case 4: case 5: {
        if (ranges.length() == 0) break;
        const PersistentRanges::Range* r = ranges.adr_at(os::random() % ranges.length());
        const int bytes = (int)(r->_end - r->_start);
        const int first = (int)(r->_start - memory) + os::random() % bytes;
        const int end = first + 1 + os::random() % (int)(r->_end - memory - first);
        ranges.remove(memory + first, memory + end);
        for (int i = first; i < end; i++) numbers[i] = -1;
        break;
      }
      case 6:
        if (marks.length() < 10) marks.append(ranges.mark());
        break;
      case 7:
        if (marks.length() > 1) {
          marks.pop();
          ranges.join(memory + from, marks.last());
        }
        break;
    }
    if (step % 1000 == 999) {
      ranges.clear();
      marks.clear();
      marks.append(0);
      for (int64_t& n : numbers) n = -1;
    }
    longest = MAX2(longest, ranges.length());
    for (int i = 1; i < ranges.length(); i++) ASSERT_LE(ranges.adr_at(i - 1)->_end, ranges.adr_at(i)->_start);
    for (int i = 0; i < size; i++) {
      for (int m = 0; m < marks.length(); m++) {
        ASSERT_EQ(numbers[i] >= marks.at(m), ranges.contains(memory + i, marks.at(m))) << "byte " << i << ", mark " << marks.at(m) << ", step " << step;
      }
    }
  }
  EXPECT_GT(longest, 20);
}
