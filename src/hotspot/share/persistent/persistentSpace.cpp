/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentSpace.hpp"

#include "logging/log.hpp"
#include "memory/allocation.inline.hpp"
#include "persistent/persistentCollector.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentSlots.hpp"
#include "persistent/persistent_globals.hpp"
#include "runtime/atomic.hpp"
#include "runtime/mutex.hpp"
#include "runtime/os.inline.hpp"
#include "runtime/safepoint.hpp"
#include "utilities/bitMap.inline.hpp"
#include "utilities/count_trailing_zeros.hpp"
#include "utilities/powerOfTwo.hpp"

uintptr_t    PersistentSpace::_base = 0;
size_t       PersistentSpace::_line_count = 0;
volatile size_t PersistentSpace::_limit = 0;
PersistentSpace::LineMap* PersistentSpace::_taken = nullptr;
PersistentSpace::LineMap* PersistentSpace::_media = nullptr;
PersistentSpace::LineMap* PersistentSpace::_opened = nullptr;
uint64_t*    PersistentSpace::_captured = nullptr;
PersistentSpace::LineMap* PersistentSpace::_candidates = nullptr;
PersistentSpace::LineMap* PersistentSpace::_live = nullptr;
volatile size_t PersistentSpace::_used = 0;
size_t       PersistentSpace::_hints[HintCount];

// Guards _taken, _hints and _used. Taken inside the log's lock, by leaf code too, so it
// is no VM mutex; nothing is called while it is held.
static PlatformMutex* space_lock = nullptr;
// Held while the file grows.
static PlatformMutex* grow_lock = nullptr;

class SpaceLocker : public StackObj {
 public:
  SpaceLocker()  { space_lock->lock(); }
  ~SpaceLocker() { space_lock->unlock(); }
};

STATIC_ASSERT(sizeof(BitMap::bm_word_t) == sizeof(uint64_t));

void PersistentSpace::initialize(uintptr_t base, size_t size, const uint64_t* line_table, size_t committed) {
  assert(size % (LineSize * 64) == 0, "must be");
  space_lock = new PlatformMutex();
  grow_lock = new PlatformMutex();
  _base = base;
  _line_count = size / LineSize;
  _limit = committed / LineSize;
  _taken      = new LineMap(_line_count);
  _media      = new LineMap(_line_count);
  _opened     = new LineMap(_line_count);
  _candidates = new LineMap(_line_count);
  _live       = new LineMap(_line_count);
  memcpy(_media->words(), line_table, _line_count / BitsPerByte);
  _taken->set_from(*_media);
  _opened->set_from(*_media);
  _used = _taken->count_one_bits() * LineSize;
  for (size_t& hint : _hints) hint = 0;
  // Touched only where objects are: the operating system backs it lazily.
  size_t bytes = align_up(size / 8 / BitsPerByte, os::vm_page_size());
  _captured = (uint64_t*)os::reserve_memory(bytes, mtPersistent);
  if (_captured == nullptr || !os::commit_memory((char*)_captured, bytes, false)) {
    vm_exit_out_of_memory(bytes, OOM_MMAP_ERROR, "persistent heap's capture bitmap");
  }
}

// ---- Allocation ----

// The first run of at least that many free lines, and how many it has, up to most; _limit if
// there is none.
size_t PersistentSpace::find_run(size_t lines, size_t most, size_t* length) {
  assert(lines > 0 && lines <= most, "must be");
  const int c = hint_for(lines);
  size_t first_of_class = _limit;      // run of smallest_run(c) lines at least
  size_t from = _hints[c];
  while (from < _limit) {
    size_t start = _taken->find_first_clear_bit(from, _limit);
    if (start == _limit) break;
    // No further than most: the end of a run may be far.
    size_t end = _taken->find_first_set_bit(start, MIN2(start + most, (size_t)_limit));
    if (end - start >= smallest_run(c) && first_of_class == _limit) {
      first_of_class = start;
    }
    if (end - start >= lines) {
      _hints[c] = first_of_class;
      *length = end - start;
      return start;
    }
    from = end;
  }
  _hints[c] = first_of_class;
  return _limit;
}

char* PersistentSpace::take(size_t line, size_t lines) {
  assert(_taken->find_first_set_bit(line, line + lines) == line + lines, "of a line two may think it is theirs");
  assert(!has_captured(line, line + lines), "stores to what is allocated there would be recorded, and it never captured");
  _taken->set_range(line, line + lines);
  _used += lines * LineSize;
  PersistentCollector::note_use(_used);
  return address_of(line);
}

// Returns where the run begins that it is part of, no further down than before: of that it is known that it is in a run from
// before_start on, which somebody may have taken a part of since.
size_t PersistentSpace::give_back(size_t line, size_t lines, size_t before, size_t before_start) {
  assert(before_start <= before && before <= line, "in their order");
  assert(_taken->find_first_clear_bit(line, line + lines) == line + lines, "given back twice");
  _taken->clear_range(line, line + lines);
  _used -= lines * LineSize;
  // The run may begin further down.
  const size_t last_taken = _taken->find_last_set_bit(before, line);
  const size_t start = last_taken == line ? before_start : last_taken + 1;
  // How long it is tells whose hints it concerns. Not looked for further than is usual.
  const size_t far = line + lines + BufferSize / LineSize;
  const size_t end = _taken->find_first_set_bit(line + lines, MIN2(far, _line_count));
  for (int i = 0; i < HintCount && (end == far || smallest_run(i) <= end - start); i++) _hints[i] = MIN2(_hints[i], start);
  return start;
}

char* PersistentSpace::allocate_buffer(size_t min_bytes, size_t* bytes) {
  assert(min_bytes <= BufferSize, "use allocate_large");
  SpaceLocker sl;
  size_t length;
  size_t line = find_run(align_up(min_bytes, LineSize) / LineSize, BufferSize / LineSize, &length);
  if (line == _limit) return nullptr;
  *bytes = length * LineSize;
  return take(line, length);
}

char* PersistentSpace::allocate_large(size_t bytes) {
  SpaceLocker sl;
  size_t lines = align_up(bytes, LineSize) / LineSize;
  size_t length;
  size_t line = find_run(lines, lines, &length);
  return line == _limit ? nullptr : take(line, lines);
}

static char grow_error[512];        // why the file did not grow, or empty; under grow_lock

bool PersistentSpace::grow(size_t bytes, size_t tried) {
  grow_lock->lock();
  size_t used = _used;
  size_t size = committed();
  size_t wanted = size;
  if (used > size / 2 || size - used < 2 * bytes || size == tried) {
    wanted = MIN2(capacity(), align_up(size + MAX2(size, 2 * bytes), PHeap::Alignment));
  }
  bool grown = false;
  if (wanted > size) {
    grown = PersistentMedia::grow(wanted, grow_error, sizeof(grow_error));
    if (grown) {
      grow_error[0] = 0;
      SpaceLocker sl;
      for (size_t& hint : _hints) hint = MIN2(hint, _limit);
      _limit = wanted / LineSize;
      log_info(pheap, gc)("Grown to %zuM of %zuM", wanted / M, capacity() / M);
    } else {
      log_warning(pheap)("The persistent heap cannot grow: %s", grow_error);
    }
  }
  grow_lock->unlock();
  return grown;
}

void PersistentSpace::print_no_space(outputStream* st) {
  st->print("Persistent heap space");
  grow_lock->lock();
  if (grow_error[0] != 0) st->print(": %s", grow_error);
  grow_lock->unlock();
}

void PersistentSpace::recycle_buffer(char* top, char* end) {
  size_t first = align_up((uintptr_t)top - _base, LineSize) / LineSize;
  size_t last = line_of(end);
  if (first >= last) return;
  SpaceLocker sl;
  give_back(first, last - first, 0, 0);
}

// ---- Captured objects ----

// The bits of a line that was there when the heap was opened say for all that begins there, from now on, what its bit in _opened does. Nothing else sets
// bits of such a line, so that this needs no lock: who changes bits of the next line at that moment may undo it, no more.
bool PersistentSpace::note_opened(const void* obj) {
  Atomic::store(bits_of(line_of(obj)), (uint32_t)-1);
  return true;
}

#ifdef ASSERT
void PersistentSpace::assert_ordered() {
  assert(PersistentLog::owned_by_self(), "the log's lock orders captures");
  assert(oopDesc::header_size() * HeapWordSize > (int)CapturedUnit, "the next object begins behind the bit of what was reached");
}
#endif

void PersistentSpace::end_reached(const GrowableArrayView<oopDesc*>& objects, bool captured) {
  for (oopDesc* obj : objects) {
    put_bit((const char*)obj + CapturedUnit, false);
    if (captured) put_bit(obj, true);
  }
}

#ifdef ASSERT
bool PersistentSpace::has_captured(size_t line, size_t end) {
  for (; line < end; line++) {
    if (*bits_of(line) != 0) return true;
  }
  return false;
}
#endif

void PersistentSpace::captured_do(void f(void* context, oopDesc* obj), void* context) {
  assert(PersistentLog::owned_by_self(), "the log's lock orders captures");
  for (size_t line = 0; line < _line_count; line++) {
    if (_opened->at(line)) continue;
    for (uint32_t bits = *bits_of(line); bits != 0; bits &= bits - 1) {
      f(context, (oopDesc*)(address_of(line) + count_trailing_zeros(bits) * CapturedUnit));
    }
  }
}

bool PersistentSpace::is_taken(const void* p) {
  return line_of(p) < _line_count && _opened->at(line_of(p));
}

bool PersistentSpace::has_opened_only(const void* from, const void* to) {
  const size_t first = line_of(from) / 64;
  const size_t end = line_of(to) / 64;
  const size_t bytes = (end - first) * sizeof(uint64_t);
  return memcmp(_opened->words() + first, _taken->words() + first, bytes) == 0 &&
         _opened->find_first_set_bit(first * 64, end * 64) != end * 64;
}

// ---- The media's line table ----

static void add_words(PersistentLogRecord* record, const uint64_t* table, size_t first, size_t end) {
  record->add(PersistentLayout::LineTableOffset + first * sizeof(uint64_t), &table[first],
              (uint32_t)((end - first) * sizeof(uint64_t)));
}

void PersistentSpace::Update::include_lines(size_t first, size_t last) {
  if (_media->find_first_clear_bit(first, last + 1) == last + 1) return;
  for (size_t word = first / 64; word <= last / 64; word++) {
    if (_changes.is_empty() || _changes.last().word != word) {
      _changes.append(Change{word, _media->words()[word]});
    }
    // What is taken beside it comes along: the next objects of a buffer then change nothing.
    _media->words()[word] |= _taken->words()[word];
  }
  // Taken by a thread that passed the object on: visible here in any case.
  _media->set_range(first, last + 1);
}

void PersistentSpace::Update::finish(PersistentLogRecord* record) {
  for (int i = 0; i < _changes.length(); ) {
    int n = i + 1;
    while (n < _changes.length() && _changes.at(n).word == _changes.at(n - 1).word + 1) n++;
    add_words(record, _media->words(), _changes.at(i).word, _changes.at(n - 1).word + 1);
    i = n;
  }
}

void PersistentSpace::Update::abort() {
  while (_changes.is_nonempty()) {
    Change c = _changes.pop();
    _media->words()[c.word] = c.before;
  }
}

// ---- Collections ----

void PersistentSpace::begin_collection() {
  assert_at_safepoint();
  _candidates->set_from(*_taken);
  _live->clear();
}

bool PersistentSpace::has_candidates(const void* from, const void* to) {
  size_t end = line_of((const char*)to - 1) + 1;
  return _candidates->find_first_set_bit(line_of(from), end) != end;
}

void PersistentSpace::set_live(const void* obj, size_t bytes) {
  _live->par_at_put_range(line_of(obj), line_of((const char*)obj + bytes - 1) + 1, true);
}

void PersistentSpace::keep(const void* from, const void* to) {
  if (from < to) {
    set_live(from, pointer_delta(to, from, 1));
  }
}

void PersistentSpace::retain_captured(const void* from, const void* to, const uint64_t* marks) {
  assert(PersistentLog::owned_by_self(), "the log's lock orders captures");
  const size_t bits_per_line = LineSize / 8;
  STATIC_ASSERT(64 % (LineSize / 8) == 0);
  const size_t lines_per_word = 64 / bits_per_line;
  size_t line = line_of(from);
  size_t word = ((uintptr_t)from - _base) / 8 / 64;
  size_t end = ((uintptr_t)to - _base) / 8 / 64;
  for (size_t i = 0; word + i < end; i++, line += lines_per_word) {
    uint64_t captured = _captured[word + i];
    if ((captured & ~marks[i]) == 0) continue;
    uint64_t keep = marks[i];
    for (size_t l = 0; l < lines_per_word; l++) {
      if (!_candidates->at(line + l)) {
        keep |= right_n_bits(bits_per_line) << (l * bits_per_line);
      }
    }
    Atomic::release_store(&_captured[word + i], captured & keep);
  }
}

size_t PersistentSpace::end_collection() {
  assert(PersistentLog::owned_by_self(), "the log's lock orders what reaches the media");
  // _live becomes what is free. The candidates stay: the bitmap is cleared by them.
  uint64_t* freed = _live->words();
  const uint64_t* candidates = _candidates->words();
  const size_t words = _line_count / 64;
  for (size_t i = 0; i < words; i++) {
    freed[i] = candidates[i] & ~freed[i];
  }
  // The table may hold lines of buffers that were recycled, too.
  PersistentLogRecord record;
  GrowableArrayCHeap<uint64_t, mtPersistent> before(0);
  uint64_t* media = _media->words();
  {
    SpaceLocker sl;
    for (size_t i = 0; i < words; i++) {
      before.append(media[i]);
      media[i] &= ~freed[i] & _taken->words()[i];
    }
  }
  for (size_t i = 0; i < words; ) {
    if (media[i] == before.at((int)i)) {
      i++;
      continue;
    }
    size_t end = i + 1;
    while (end < words && end - i < 64 * K && media[end] != before.at((int)end)) end++;
    add_words(&record, media, i, end);
    i = end;
  }
  if (!record.is_empty()) {
    char err[512];
    if (PersistentLog::append(&record, err, sizeof(err)) == 0) {
      // No room on the disk for the record: the next run finds less free, that is all.
      memcpy(media, before.adr_at(0), words * sizeof(uint64_t));
    }
  }

  size_t bytes = 0;
  // The run given back last: what lies before it is not looked at again.
  size_t run_start = 0, run_end = 0;
  for (size_t line = _live->find_first_set_bit(0); line < _line_count; ) {
    size_t end = _live->find_first_clear_bit(line, _line_count);
    PersistentSlots::clear(address_of(line), address_of(end));
    _opened->clear_range(line, end);
    {
      SpaceLocker sl;
      run_start = give_back(line, end - line, run_end, run_start);
      run_end = end;
    }
    bytes += (end - line) * LineSize;
    line = _live->find_first_set_bit(end, _line_count);
  }
  return bytes;
}

// ---- Evacuation ----

void PersistentSpace::begin_refill(const void* from, const void* to) {
  assert_at_safepoint();
  assert(PersistentLog::owned_by_self(), "the log's lock orders captures");
  size_t first = line_of(from);
  size_t end = first + pointer_delta(to, from, 1) / LineSize;
  SpaceLocker sl;
  _used -= _taken->count_one_bits(first, end) * LineSize;
  _taken->clear_range(first, end);
  _opened->clear_range(first, end);
  size_t words_per_line = LineSize / 8;
  memset(&_captured[first * words_per_line / 64], 0, (end - first) * words_per_line / 8);
  for (size_t& hint : _hints) hint = 0;
}

void PersistentSpace::refill(const void* obj, size_t bytes) {
  SpaceLocker sl;
  for (size_t line = line_of(obj); line <= line_of((const char*)obj + bytes - 1); line++) {
    if (!_taken->at(line)) {
      _taken->set_bit(line);
      _used += LineSize;
    }
  }
}

void PersistentSpace::end_refill(const void* from, const void* to, PersistentLogRecord* record) {
  size_t first = line_of(from) / 64;
  size_t end = first + pointer_delta(to, from, 1) / LineSize / 64;
  memcpy(&_media->words()[first], &_taken->words()[first], (end - first) * sizeof(uint64_t));
  add_words(record, _media->words(), first, end);
}
