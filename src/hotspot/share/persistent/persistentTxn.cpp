/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentTxn.inline.hpp"

#include "classfile/symbolTable.hpp"
#include "logging/log.hpp"
#include "memory/allocation.inline.hpp"
#include "memory/iterator.hpp"
#include "memory/resourceArea.hpp"
#include "oops/access.inline.hpp"
#include "oops/compressedOops.inline.hpp"
#include "oops/instanceKlass.inline.hpp"
#include "oops/oop.inline.hpp"
#include "oops/typeArrayKlass.hpp"
#include "persistent/persistentAccess.hpp"
#include "persistent/persistentAudit.hpp"
#include "persistent/persistentCapture.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentMedia.hpp"
#include "persistent/persistentOpen.hpp"
#include "persistent/persistentRawMemory.hpp"
#include "persistent/persistentRoom.hpp"
#include "persistent/persistentSpace.hpp"
#include "persistent/persistentThread.hpp"
#include "persistent/persistentTrace.hpp"
#include "runtime/atomic.hpp"
#include "runtime/fieldDescriptor.inline.hpp"
#include "runtime/javaThread.inline.hpp"
#include "runtime/mutex.hpp"
#include "runtime/os.inline.hpp"
#include "runtime/safepoint.hpp"
#include "utilities/copy.hpp"
#include "utilities/powerOfTwo.hpp"
#include "utilities/resizeableResourceHash.hpp"

// The list of transactions, open ones and those kept for their thread's next; a leaf lock.
static PlatformMutex* open_lock = nullptr;
static PersistentTxn* open_list = nullptr;
static volatile int   open_number = 0;
static int            shared_number = 0;     // of the entries in all of _shared; under the log's lock
static bool           shared_changed = false;     // since they were indexed
DEBUG_ONLY(volatile size_t PersistentTxn::_short_commits = 0;)

void PersistentTxn::initialize() {
  open_lock = new PlatformMutex();
}

int PersistentTxn::open_count() { return open_number; }

PersistentTxn::PersistentTxn(JavaThread* thread, bool implicit)
  : _thread(thread), _entries(FirstCapacity), _images(), _savepoints(0), _shared(0),
    _is_open(false), _begin_seq(0), _in_conflict(false), _frames_lost(false), _allocated(), _own_mark(0), _implicit(implicit), _new_objects(0), _media_values(0) {
  open_lock->lock();
  _next_open = open_list;
  _prev_link = &open_list;
  if (open_list != nullptr) open_list->_prev_link = &_next_open;
  open_list = this;
  open_lock->unlock();
}

PersistentTxn::~PersistentTxn() {
  assert(!_is_open, "must be");
  open_lock->lock();
  *_prev_link = _next_open;
  if (_next_open != nullptr) _next_open->_prev_link = _prev_link;
  open_lock->unlock();
}

PersistentTxn::Entries::Entries(int capacity)
  : _entries(NEW_C_HEAP_ARRAY(Entry, capacity, mtPersistent)), _next(_entries), _end(_entries + capacity), _plain_end(_entries) {}
PersistentTxn::Entries::~Entries() { FREE_C_HEAP_ARRAY(Entry, _entries); }

void PersistentTxn::Entries::grow() {
  const int count = length();
  const bool plain = _plain_end == _end;
  guarantee(capacity() <= max_jint / 2, "too many stores in a transaction");
  const int size = capacity() * 2;
  _entries = REALLOC_C_HEAP_ARRAY(Entry, _entries, size, mtPersistent);
  _next = _entries + count;
  _end = _entries + size;
  set_plain(plain);
}

void PersistentTxn::open() {
  assert(!_is_open && _allocated.length() == 0 && is_empty() && _shared.is_empty(), "must be");
  _is_open = true;
  _begin_seq = PersistentLog::last_seq();
  _in_conflict = false;
  _frames_lost = false;
  _own_mark = 0;
  _entries.set_plain(!_implicit);
  note_buffer();
  Atomic::inc(&open_number);
}

void PersistentTxn::close() {
  PersistentThread& pt = _thread->persistent();
  pt.new_level();
  assert(_shared.is_empty(), "cleared under the log's lock");
  _entries.trunc_to(0);
  _images.trunc_to(0);
  _savepoints.clear();
  _allocated.clear();
  _new_objects.clear();
  _media_values.clear();
  _is_open = false;
  Atomic::dec(&open_number);
}

bool PersistentTxn::is_large() const {
  return _entries.capacity() > 4 * UniteThreshold || _allocated.capacity() > (int)K || _shared.capacity() > (int)K ||
         _images.is_large();
}

PersistentTxn* PersistentTxn::take(JavaThread* thread) {
  PersistentThread& pt = thread->persistent();
  PersistentTxn* txn = pt._spare_txn;
  if (txn == nullptr) return new PersistentTxn(thread);
  pt._spare_txn = nullptr;
  return txn;
}

void PersistentTxn::give_back(PersistentTxn* txn) {
  PersistentThread& pt = txn->_thread->persistent();
  if (txn->_implicit || txn->is_large() || pt._spare_txn != nullptr) {
    delete txn;
  } else {
    pt._spare_txn = txn;
  }
}

void PersistentTxn::thread_exit(JavaThread* thread) {
  delete thread->persistent()._spare_txn;
  thread->persistent()._spare_txn = nullptr;
}

bool PersistentTxn::any_stored_to(const void* addr) {
  for (PersistentTxn* t = open_list; t != nullptr; t = t->_next_open) {
    for (int i = 0; i < t->_entries.length(); i++) {
      const Entry* e = t->_entries.adr_at(i);
      if (addr >= e->_addr && addr < e->_addr + e->_size) return true;
    }
    if (t->_images.is_written(addr)) return true;
  }
  return false;
}

// What is left of the thread's buffer holds objects of the level that begins now.
void PersistentTxn::note_buffer() {
  PersistentThread& pt = _thread->persistent();
  _allocated.remove(pt._plab_top, pt._plab_end);
  _allocated.add(pt._plab_top, pt._plab_end, level().ranges);
  pt.new_level();
  set_own(pt._plab_top, pt._plab_end);
}

// The objects of a level that has ended are its parent's.
void PersistentTxn::join_buffer() {
  if (_allocated.length() <= 1) return;
  open_lock->lock();
  _allocated.join(_thread->persistent()._plab_top, level().ranges);
  open_lock->unlock();
}

// With PersistentAllocateAll others may capture anything.
void PersistentTxn::set_own(const char* start, const char* end) {
  if (!PersistentAllocateAll) _thread->persistent().set_own(start, end);
}

bool PersistentTxn::allocated_since(int64_t mark, const void* obj) const { return _allocated.contains(obj, mark); }

void PersistentTxn::note_allocation(char* start, char* end) {
  open_lock->lock();
  const char* first = _allocated.add(start, end, MAX2(level().ranges, _own_mark));
  open_lock->unlock();
  // All of that is of this level, and not captured.
  if (end == _thread->persistent()._plab_end) set_own(first, end);
}

void PersistentTxn::note_capture(JavaThread* thread) {
  PersistentTxn* txn = thread->persistent()._txn;
  if (txn != nullptr) txn->_own_mark = txn->_allocated.mark();
  thread->persistent().set_own(nullptr, nullptr);
}

void PersistentTxn::note_retired(const char* top, const char* end) {
  open_lock->lock();
  // The rest of a line that has objects is nobody else's.
  _allocated.remove(align_up(top, PersistentLayout::LineSize), end);
  open_lock->unlock();
  _thread->persistent().set_own(nullptr, nullptr);
}

void PersistentTxn::allocated_do(void f(const void* start, const void* end)) {
  open_lock->lock();
  for (PersistentTxn* t = open_list; t != nullptr; t = t->_next_open) {
    for (int i = 0; i < t->_allocated.length(); i++) {
      f(t->_allocated.adr_at(i)->_start, t->_allocated.adr_at(i)->_end);
    }
  }
  open_lock->unlock();
}

bool PersistentTxn::is_other_open(JavaThread* thread) {
  bool is_own_open = thread != nullptr && thread->persistent().in_txn();
  return Atomic::load(&open_number) > (is_own_open ? 1 : 0);
}

bool PersistentTxn::allocated_by_other(JavaThread* thread, const void* obj) {
  assert(thread == nullptr || thread == Thread::current(), "its ranges are read without the lock");
  if (!is_other_open(thread)) return false;
  // Most are of the thread's own transaction.
  const PersistentTxn* own = thread != nullptr ? thread->persistent()._txn : nullptr;
  if (own != nullptr && own->_allocated.contains(obj, 0)) return false;
  bool found = false;
  open_lock->lock();
  for (PersistentTxn* t = open_list; t != nullptr && !found; t = t->_next_open) {
    found = t->_thread != thread && t->_allocated.contains_for_other(obj);
  }
  open_lock->unlock();
  return found;
}

// A hash of address and size -> an entry of that location. Open addressing, linear probing.
class PersistentTxn::LocationTable : public StackObj {
  const Entry* _entries;
  size_t       _size;       // power of two
  int*         _slots;      // the index of an entry + 1, or 0
 public:
  LocationTable() : _entries(nullptr), _size(0), _slots(nullptr) {}
  ~LocationTable() { FREE_C_HEAP_ARRAY(int, _slots); }
  bool is_made() const { return _slots != nullptr; }
  void make(const Entry* entries, int length) {
    _entries = entries;
    _size = (size_t)round_up_power_of_2(length + 1) * 2;
    _slots = NEW_C_HEAP_ARRAY(int, _size, mtPersistent);
    memset(_slots, 0, _size * sizeof(int));
  }
  // With the last entry of each location.
  void make_of_last(const Entry* entries, int length) {
    make(entries, length);
    for (int i = 0; i < length; i++) *slot_for(&entries[i]) = i + 1;
  }
  int* slot_for(const Entry* e) {
    const uint64_t hash = ((uintptr_t)e->_addr * 8 + e->_size) * UCONST64(0x9E3779B97F4A7C15);
    size_t i = (size_t)(hash >> 32) & (_size - 1);
    for (; _slots[i] != 0; i = (i + 1) & (_size - 1)) {
      const Entry* found = &_entries[_slots[i] - 1];
      if (found->_addr == e->_addr && found->_size == e->_size) break;
    }
    return &_slots[i];
  }
  // Whether no entry of that location was noted before.
  bool note_first(int index) {
    int* slot = slot_for(&_entries[index]);
    if (*slot != 0) return false;
    *slot = index + 1;
    return true;
  }
};

// Which entries are the last ones of their locations. The table is made when that is first asked.
class PersistentTxn::LastEntries : public StackObj {
  const Entries& _entries;
  LocationTable  _table;
 public:
  LastEntries(const PersistentTxn* txn) : _entries(txn->_entries), _table() {}
  bool is_known() const { return _table.is_made(); }
  bool is_last(int i) {
    if (!is_known()) _table.make_of_last(_entries.adr_at(0), _entries.length());
    return *_table.slot_for(_entries.adr_at(i)) == i + 1;
  }
  // Makes the table if it may be needed: not while others wait for the log's lock.
  void look_ahead() {
    for (int i = 0; i < _entries.length() && !is_known(); i++) {
      const Entry* e = _entries.adr_at(i);
      if (!e->_is_oop && PersistentRawMemory::load(e->_addr, e->_size) != e->_new) is_last(i);
    }
  }
};

// Of each byte that was stored to which location has it, or that there are several. Made when that is first asked.
class PersistentTxn::Overlaps : public StackObj {
  // Of the bytes of a word: 0, or a location, by where it begins and its size, or Several.
  struct Word { uint8_t location[sizeof(uint64_t)]; };
  typedef ResizeableResourceHashtable<uintptr_t, Word, AnyObj::C_HEAP, mtPersistent> Table;
  static const uint8_t Several = 0xff;
  const Entries& _entries;
  Table*         _words;

  static uintptr_t word_of(uintptr_t addr) { return align_down(addr, sizeof(Word)); }
  static uint8_t location_in(uintptr_t word, const Entry* e) {
    const intptr_t start = (intptr_t)((uintptr_t)e->_addr - word) + (intptr_t)sizeof(Word);     // 1 to 15
    return (uint8_t)(start * 4 + log2i_exact((uint)e->_size));
  }
  template <typename F> static void bytes_do(const Entry* e, F f) {
    for (uintptr_t p = (uintptr_t)e->_addr; p < (uintptr_t)e->_addr + e->_size; p++) f(p, word_of(p), location_in(word_of(p), e));
  }
  void make() {
    _words = new (mtPersistent) Table(clamp((unsigned)_entries.length(), 1u, (unsigned)M), M);
    for (int i = 0; i < _entries.length(); i++) {
      Word* found = nullptr;
      uintptr_t of = 0;
      bytes_do(_entries.adr_at(i), [&] (uintptr_t p, uintptr_t word, uint8_t location) {
        bool is_new;
        if (word != of) found = _words->put_if_absent(word, Word{}, &is_new);
        of = word;
        uint8_t& byte = found->location[p - word];
        byte = byte == 0 || byte == location ? location : Several;
      });
    }
  }
 public:
  Overlaps(const PersistentTxn* txn) : _entries(txn->_entries), _words(nullptr) {}
  ~Overlaps() { delete _words; }
  // The bytes of the location that entries of other sizes or places have, too, a bit for each.
  int bytes(const Entry* e) {
    if (_words == nullptr) make();
    int found = 0;
    bytes_do(e, [&] (uintptr_t p, uintptr_t word, uint8_t) {
      if (_words->get(word)->location[p - word] == Several) found |= 1 << (p - (uintptr_t)e->_addr);
    });
    return found;
  }
};

// Makes one entry of those that a level has of a location, the first. begin_of: where a savepoint's entries begin. Returns how many are left.
template <typename F> int PersistentTxn::unite(Entry* entries, int length, int savepoints, F begin_of) {
  LocationTable table;
  table.make(entries, length);
  int kept = 0;
  int savepoint = 0;       // the next
  int first = 0;           // of the level
  for (int i = 0; i < length; i++) {
    for (; savepoint < savepoints && begin_of(savepoint) == i; savepoint++) {
      first = begin_of(savepoint) = kept;
    }
    int* slot = table.slot_for(&entries[i]);
    if (*slot > first) {
      entries[*slot - 1]._new = entries[i]._new;
    } else {
      entries[kept] = entries[i];
      *slot = ++kept;
    }
  }
  for (; savepoint < savepoints; savepoint++) begin_of(savepoint) = kept;
  return kept;
}

void PersistentTxn::unite_entries() {
  if (_entries.is_empty()) return;
  int kept = unite(_entries.adr_at(0), _entries.length(), _savepoints.length(), [&] (int i) -> int& { return _savepoints.adr_at(i)->entries; });
  _entries.trunc_to(kept);
  forget_recent();
}

// Under the log's lock.
void PersistentTxn::append_shared(const Entry& entry) {
  if (_shared.length() >= UniteThreshold && _shared.length() == _shared.capacity()) {
    int kept = unite(_shared.adr_at(0), _shared.length(), _savepoints.length(), [&] (int i) -> int& { return _savepoints.adr_at(i)->shared; });
    trunc_shared(kept);
    if (kept > _shared.capacity() / 2) _shared.reserve(_shared.capacity() * 2);
  }
  _shared.append(entry);
  shared_number++;
  shared_changed = true;
}

void PersistentTxn::trunc_shared(int length) {
  assert(PersistentLog::owned_by_self(), "must be");
  if (length == _shared.length()) return;
  shared_number -= _shared.length() - length;
  shared_changed = true;
  _shared.trunc_to(length);
}

// Nobody may know where the new values of the level were; what it has allocated is its own still.
void PersistentTxn::forget_recent() {
  PersistentThread& pt = _thread->persistent();
  const uintptr_t start = pt._own_start;
  const size_t size = pt._own_size;
  pt.new_level();
  pt._own_start = start;
  pt._own_size = size;
}

void PersistentTxn::make_room() {
  if (_entries.length() >= UniteThreshold) unite_entries();
  if (_entries.length() <= _entries.capacity() / 2) return;
  _entries.grow();
  forget_recent();
}

void PersistentTxn::record(oopDesc* base, void* addr, int size, uint64_t old_value, uint64_t new_value, bool is_oop, bool locked, bool reads_old) {
  PersistentThread* pt = &_thread->persistent();
  const int log2_size = log2i_exact(size);
  if (!_images.is_empty() && !is_oop) {
    if (PersistentImages::is_across(base, (char*)addr, size)) {
      for (int i = 0; i < size; i++) {
        record(base, (char*)addr + i, 1, old_value >> (i * 8) & 0xff, new_value >> (i * 8) & 0xff, false, locked);
      }
      return;
    }
    PersistentImage* image = image_of(base, (char*)addr, level());
    if (image == nullptr && image_of(base, (char*)addr, Level{0, 0, 0}) != nullptr) {
      forget_recent();
      image = _images.add(base, (char*)addr);
    }
    if (image != nullptr) {
      if (!image->note_again((char*)addr, size, new_value)) image->note((char*)addr, size, &old_value, &new_value);
      uint64_t* after = (uint64_t*)image->after((char*)addr);
      if (size == sizeof(uint64_t) && is_aligned(after, sizeof(uint64_t))) remember(pt, addr, log2_size, after);
      return;
    }
  }
  // The object that was stored to last is asked about most.
  const Entry* last = _entries.is_empty() ? nullptr : _entries.adr_at(_entries.length() - 1);
  bool captured = (last != nullptr && last->_base == base && last->_captured) || PersistentSpace::is_captured(base);
  if (!captured && !_implicit) {
    if (is_of_level(base)) return;
    if (!allocated_since(0, base)) {
      // A capture by another thread sees the object without the store, or with this entry.
      if (!locked) PersistentLog::lock();
      captured = PersistentSpace::is_captured(base);
      if (!captured) {
        if (reads_old) old_value = (uint64_t)(uintptr_t)PersistentRawMemory::load_oop(addr);
        append_shared(Entry{new_value, base, (char*)addr, old_value, (uint8_t)size, is_oop, false});
      }
      if (!locked) PersistentLog::unlock();
    }
  }
  if (reads_old) old_value = (uint64_t)(uintptr_t)PersistentRawMemory::load_oop(addr);
  if (_entries.is_full()) make_room();
  Entry* e = _entries.append();
  *e = Entry{new_value, base, (char*)addr, old_value, (uint8_t)size, is_oop, captured};
  remember(pt, addr, log2_size, &e->_new);
}

// Rolling back the level leaves such objects as they are, unless they are captured, and nobody else can capture them before it ends; but with
// PersistentAllocateAll others may capture anything.
bool PersistentTxn::is_of_level(const oopDesc* base) const { return !PersistentAllocateAll && allocated_since(level().ranges, base); }

bool PersistentTxn::is_own(oopDesc* base) const { return is_of_level(base) && !PersistentSpace::is_captured(base); }

bool PersistentTxn::store_range(oopDesc* base, char* addr, const char* from, uint8_t fill, size_t bytes) {
  // Who captures the object looks for entries.
  if (bytes < MinRange || !base->is_typeArray() || !(_implicit || PersistentSpace::is_captured(base))) return false;
  char filler[PersistentImage::BlockSize];
  if (from == nullptr) memset(filler, fill, sizeof(filler));
  // All of it is recorded before anything moves: source and destination may overlap.
  const Level mark = level();
  const int length = _images.length();
  for (size_t done = 0; done < bytes; ) {
    PersistentImage* image = image_of(base, addr + done, mark);
    if (image == nullptr) image = _images.add(base, addr + done);
    size_t n = MIN2(bytes - done, (size_t)(image->end() - (addr + done)));
    image->note(addr + done, (int)n, addr + done, from == nullptr ? filler : from + done);
    done += n;
  }
  if (_images.length() > length) {
    // Locations of these blocks may be recent ones, with entries: no more.
    forget_recent();
    _entries.set_plain(false);
  }
  // What is stored is what was recorded, whatever happens to the source meanwhile.
  for (size_t done = 0; done < bytes; ) {
    PersistentImage* image = image_of(base, addr + done, mark);
    size_t n = MIN2(bytes - done, (size_t)(image->end() - (addr + done)));
    Copy::conjoint_memory_atomic(image->after(addr + done), addr + done, n);
    done += n;
  }
  return true;
}

void PersistentTxn::record_oop(oopDesc* base, void* addr, oopDesc* new_value) {
  record(base, addr, sizeof(narrowOop), 0, (uint64_t)(uintptr_t)new_value, true, false, true);
}

void PersistentTxn::record_atomic_oop(oopDesc* base, void* addr, oopDesc* old_value, oopDesc* new_value, bool locked) {
  record(base, addr, sizeof(narrowOop), (uint64_t)(uintptr_t)old_value, (uint64_t)(uintptr_t)new_value, true, locked);
}

// All of _shared by the object. Made again when that has changed.
class PersistentTxn::SharedStores : public CHeapObj<mtPersistent> {
  typedef ResizeableResourceHashtable<const oopDesc*, int, AnyObj::C_HEAP, mtPersistent> Table;
  struct Store { PersistentTxn* txn; int index; int before; };      // before: the object's next older one, or -1
  GrowableArrayCHeap<Store, mtPersistent> _stores;
  Table _last;                                                      // of the object
 public:
  SharedStores() : _stores(shared_number), _last(clamp((unsigned)shared_number, 1u, (unsigned)M), M) {
    // Those of the transaction that is asked about first come last.
    GrowableArrayCHeap<PersistentTxn*, mtPersistent> txns(0);
    open_lock->lock();
    for (PersistentTxn* t = open_list; t != nullptr; t = t->_next_open) {
      if (!t->_shared.is_empty()) txns.append(t);       // then it is not deleted without the log's lock
    }
    open_lock->unlock();
    while (txns.is_nonempty()) {
      PersistentTxn* t = txns.pop();
      for (int i = 0; i < t->_shared.length(); i++) {
        bool is_new;
        int* last = _last.put_if_absent(t->_shared.at(i)._base, -1, &is_new);
        *last = _stores.append(Store{t, i, *last});
      }
    }
  }
  template <typename F> void stores_do(const oopDesc* obj, F f) const {
    const int* last = _last.get(obj);
    for (int i = last != nullptr ? *last : -1; i >= 0; i = _stores.at(i).before) {
      f(_stores.at(i).txn, _stores.at(i).txn->_shared.adr_at(_stores.at(i).index));
    }
  }
};

void PersistentTxn::stored_by_others(JavaThread* thread, const oopDesc* obj, GrowableArrayCHeap<Entry*, mtPersistent>* to) {
  assert(PersistentLog::owned_by_self(), "must be");
  static SharedStores* stores = nullptr;
  if (shared_changed) {
    delete stores;
    stores = shared_number == 0 ? nullptr : new SharedStores();
    shared_changed = false;
  }
  if (stores == nullptr) return;
  stores->stores_do(obj, [&] (const PersistentTxn* txn, Entry* entry) {
    if (txn->_thread != thread) to->append(entry);
  });
}

void PersistentTxn::push_savepoint() {
  open_lock->lock();
  _savepoints.append(Level{_entries.length(), _images.length(), _allocated.mark(), _shared.length()});
  note_buffer();
  open_lock->unlock();
}

void PersistentTxn::pop_savepoint() {
  const Level inner = _savepoints.pop();
  join_buffer();
  if (_images.is_empty()) return;
  _images.merge(inner.images, level().images);
  forget_recent();
}

static bool holds(const PersistentTxn::Entry* e, uint64_t value) {
  if (e->_is_oop) {
    oopDesc* found = PersistentRawMemory::load_oop(e->_addr);
    oopDesc* stored = (oopDesc*)(uintptr_t)value;
    // A capture, of this transaction or another, has put a copy there.
    return found == stored || PersistentCapture::is_copy(found, stored);
  }
  return PersistentRawMemory::load(e->_addr, e->_size) == value;
}

// The bytes of the location that somebody else has stored to since, a bit for each. A view of another size, or a copy, may
// have changed part of it: that is not somebody else.
int PersistentTxn::foreign_bytes(const Entry* e, Level level, Overlaps* overlaps) const {
  if (e->_is_oop) return holds(e, e->_new) ? 0 : (1 << e->_size) - 1;
  return foreign_bytes(e, level, overlaps, PersistentRawMemory::load(e->_addr, e->_size));
}

// The same of a number that was found there.
int PersistentTxn::foreign_bytes(const Entry* e, Level level, Overlaps* overlaps, uint64_t found) const {
  const uint64_t different = found ^ e->_new;
  int differ = 0, foreign = 0;
  for (int i = 0; i < e->_size; i++) {
    const char* addr = e->_addr + i;
    const PersistentImage* image = image_of(e->_base, addr, level);
    if (image != nullptr && image->is_written(addr)) {
      if (image->is_foreign(addr)) foreign |= 1 << i;
    } else if ((different >> (i * 8) & 0xff) != 0) {
      differ |= 1 << i;
    }
  }
  return differ != 0 ? foreign | (differ & ~overlaps->bytes(e)) : foreign;
}

// What was found so of locations that somebody else has stored to. The table is made for the first one.
class ForeignBytes : public StackObj {
  typedef ResizeableResourceHashtable<uint64_t, int, AnyObj::C_HEAP, mtPersistent> Table;
  const int _most;
  Table*    _table;
  static uint64_t key_of(const PersistentTxn::Entry* e) { return (uint64_t)(uintptr_t)e->_addr * sizeof(uint64_t) + e->_size - 1; }
 public:
  ForeignBytes(int most) : _most(most), _table(nullptr) {}
  ~ForeignBytes()        { delete _table; }
  bool is_empty() const  { return _table == nullptr; }
  int get(const PersistentTxn::Entry* e) const {
    int* found = is_empty() ? nullptr : _table->get(key_of(e));
    return found == nullptr ? 0 : *found;
  }
  void put(const PersistentTxn::Entry* e, int bytes) {
    if (is_empty()) _table = new (mtPersistent) Table(clamp((unsigned)_most, 1u, (unsigned)M), M);
    _table->put(key_of(e), bytes);
  }
};

// Restores the elements of the location that somebody else has not stored to.
static void restore(const PersistentTxn::Entry* e, int foreign) {
  if (foreign == 0 && e->_is_oop) {
    PersistentRawMemory::plain_store_oop(e->_addr, (oopDesc*)(uintptr_t)e->_old);
  } else if (foreign == 0) {
    PersistentRawMemory::plain_store(e->_addr, e->_size, e->_old);
  } else if (!e->_is_oop && e->_base->is_typeArray()) {
    const int element = MIN2(1 << TypeArrayKlass::cast(e->_base->klass())->log2_element_size(), (int)e->_size);
    for (int i = 0; i < e->_size; i += element) {
      if ((foreign >> i & ((1 << element) - 1)) != 0) continue;
      PersistentRawMemory::plain_store(e->_addr + i, element, e->_old >> (i * 8));
    }
  }
}

// What this one has stored, and takes back, may be what they found before their own stores.
void PersistentTxn::tell_others() {
  assert(PersistentLog::owned_by_self(), "must be");
  open_lock->lock();
  for (PersistentTxn* t = open_list; t != nullptr; t = t->_next_open) {
    if (t != this) t->_in_conflict = true;
  }
  open_lock->unlock();
}

bool PersistentTxn::has_another_appended() const {
  return PersistentLog::last_seq() > MAX2(_begin_seq, _thread->persistent()._last_seq);
}

// Tells the media what memory has in these places. False, and nothing done, if it cannot have that.
bool PersistentTxn::log_locations(const Changed* changed, int length) {
  char err[512];
  err[0] = 0;
  PersistentLogRecord record;
  PersistentCapture capture(_thread, &record);
  bool ok = true;
  for (int i = 0; ok && i < length; i++) {
    const Entry& e = changed[i]._entry;
    ok = capture.add_location(e._base, e._addr, e._size, e._is_oop);
  }
  const uint64_t seq = ok && capture.finish() ? PersistentLog::append(&record, err, sizeof(err)) : 0;
  if (seq != 0) {
    _thread->persistent()._last_seq = seq;
    capture.commit();
    return true;
  }
  capture.abort();
  if (err[0] != 0) fatal("%s", err);
  return false;
}

// The same of what was copied into arrays.
void PersistentTxn::log_images() {
  PersistentLogRecord record;
  auto append = [&] {
    char err[512];
    if (record.is_empty()) return;
    const uint64_t seq = PersistentLog::append(&record, err, sizeof(err));
    if (seq == 0) fatal("%s", err);
    _thread->persistent()._last_seq = seq;
    record.reset();
  };
  _images.ranges_do([&] (oopDesc* base, char* addr, size_t bytes) {
    if (!PersistentSpace::is_captured(base)) return;
    for (size_t done = 0; done < bytes; ) {
      const size_t part = MIN2(bytes - done, 64 * K);
      record.add(PersistentCapture::file_offset(addr + done), addr + done, (uint32_t)part);
      done += part;
      if (record.length() >= 64 * K) append();
    }
  });
  append();
}

// The media gets null where it cannot have what memory has; memory too, if no other transaction has stored that, which will tell.
void PersistentTxn::log_null(const Changed& changed) {
  const Entry& e = changed._entry;
  assert(e._is_oop, "numbers can be on the media");
  char err[512];
  PersistentLogRecord record;
  record.add_value(PersistentCapture::file_offset(e._addr), e._size, 0);
  const uint64_t seq = PersistentLog::append(&record, err, sizeof(err));
  if (seq == 0) fatal("%s", err);
  _thread->persistent()._last_seq = seq;
  if (changed._foreign) return;
  ResourceMark rm;
  log_warning(pheap)("A field of a persistent %s was stored to by two transactions that no lock guards, and is null now", e._base->klass()->external_name());
  PersistentRawMemory::plain_store_oop(e._addr, nullptr);
}

// A location that somebody else has written since, and its object.
bool PersistentTxn::find_conflict(oopDesc** base, char** addr, LastEntries* last) const {
  const Level all = level();
  Overlaps overlaps(this);
  assert(depth() == 1, "what an inner level stored is its parent's");
  for (int i = 0; i < _entries.length(); i++) {
    const Entry* e = _entries.adr_at(i);
    // Nor is a store without an entry to what this transaction has allocated: when a level has ended, it is its parent's.
    if (!holds(e, e->_new) && last->is_last(i) && foreign_bytes(e, all, &overlaps) != 0 &&
        (e->_captured || PersistentSpace::is_captured(e->_base) || !allocated_since(0, e->_base))) {
      *base = e->_base;
      *addr = e->_addr;
      return true;
    }
  }
  *base = _images.find_conflict();
  *addr = (char*)*base;         // somewhere in the array
  return *base != nullptr;
}

// Restores the old values of what the level has stored, last first. What somebody
// else has stored since stands: it is newer than the old value. (A failed commit has
// checked that, and may have replaced strings by their copies since.) Objects that
// were allocated in the level being undone are not of the heap any more, but V may
// still refer to them: they stay as they are.
void PersistentTxn::undo_to(Level level, bool is_outermost, bool checked) {
  PersistentLog::lock();
  // After a conflict nobody knows what was there before all of them. And what looks like this one's may be the same value of another
  // one that has been committed since.
  const bool is_told = _in_conflict || has_another_appended();
  Overlaps overlaps(this);
  ForeignBytes foreign_bytes_of(_entries.length());        // their location's earlier entries, too
  GrowableArrayCHeap<Changed, mtPersistent> changed(0);       // a location once
  LocationTable changed_before;
  // The level's entries of an image's block are older.
  _images.undo_to(level.images, checked);
  for (int i = _entries.length() - 1; i >= level.entries; i--) {
    const Entry* e = _entries.adr_at(i);
    if (!PersistentSpace::is_captured(e->_base) && allocated_since(level.ranges, e->_base)) continue;
    int foreign = foreign_bytes_of.get(e);
    if (foreign == 0 && !checked) {
      foreign = foreign_bytes(e, level, &overlaps);
      if (foreign != 0) foreign_bytes_of.put(e, foreign);
    }
    restore(e, foreign);
    // Nor has the media what this thread has captured of its own: the root directory, and, with PersistentAllocateAll, what others have.
    if (PersistentSpace::is_captured(e->_base) &&
        (foreign != 0 || is_told || (!e->_captured && allocated_since(0, e->_base)))) {
      if (!changed_before.is_made()) changed_before.make(_entries.adr_at(0), _entries.length());
      if (changed_before.note_first(i)) changed.append(Changed{*e, foreign != 0});
    }
  }
  if (!foreign_bytes_of.is_empty()) tell_others();
  // Captured by another thread, with what was there before this transaction, a string as its copy: memory gets that, too.
  LocationTable seen;
  if (_shared.length() > level.shared) seen.make(_shared.adr_at(0), _shared.length());
  for (int i = level.shared; i < _shared.length(); i++) {
    const Entry* e = _shared.adr_at(i);
    if (seen.note_first(i) && e->_is_oop && PersistentSpace::is_captured(e->_base) &&
        PersistentCapture::is_copy((oopDesc*)(uintptr_t)e->_old, PersistentRawMemory::load_oop(e->_addr))) {
      PersistentRawMemory::plain_store_oop(e->_addr, (oopDesc*)(uintptr_t)e->_old);
    }
  }
  if (is_outermost && is_told) log_images();
  // Not all at once: a record that needs a file of its own stops the VM if the disk is full.
  for (int from = 0; is_outermost && from < changed.length(); from += MaxChanged) {
    const int length = MIN2(changed.length() - from, MaxChanged);
    if (log_locations(changed.adr_at(from), length)) continue;
    for (int i = from; i < from + length; i++) {
      if (!log_locations(changed.adr_at(i), 1)) log_null(changed.at(i));
    }
  }
  _entries.trunc_to(level.entries);
  _images.trunc_to(level.images);
  _thread->persistent().new_level();
  trunc_shared(level.shared);
  // What the outer level has stored is not to be told yet: it gets these places as they are.
  for (int i = 0; i < changed.length() && !is_outermost; i++) {
    const Entry& e = changed.at(i)._entry;
    if (!e._is_oop && image_of(e._base, e._addr, Level{0, 0, 0, 0}) != nullptr) continue;
    _in_conflict = true;
    const uint64_t found = e._is_oop ? (uint64_t)(uintptr_t)PersistentRawMemory::load_oop(e._addr) : PersistentRawMemory::load(e._addr, e._size);
    if (_entries.is_full()) make_room();
    *_entries.append() = Entry{found, e._base, e._addr, found, e._size, e._is_oop, true};
  }
  PersistentLog::unlock();
  OrderAccess::fence();
}

void PersistentTxn::rollback_savepoint() {
  Level inner = _savepoints.pop();
  undo_to(inner, false, false);
  join_buffer();
}

void PersistentTxn::rollback_all(bool checked) {
  while (depth() > 1) pop_savepoint();
  undo_to(level(), true, checked);
}

static void entry_oops_do(PersistentTxn::Entry* e, OopClosure* cl) {
  cl->do_oop((oop*)&e->_base);
  if (e->_is_oop) {
    cl->do_oop((oop*)&e->_old);
    cl->do_oop((oop*)&e->_new);
  }
}

void PersistentTxn::oops_do(OopClosure* cl) {
  for (int i = 0; i < _entries.length(); i++) {
    entry_oops_do(_entries.adr_at(i), cl);
  }
  _images.oops_do(cl);
  for (int i = 0; i < _shared.length(); i++) {
    entry_oops_do(_shared.adr_at(i), cl);
    shared_changed = true;      // the object may have been moved
  }
  for (int i = 0; i < _new_objects.length(); i++) {
    cl->do_oop((oop*)_new_objects.adr_at(i));
  }
  for (int i = 0; i < _media_values.length(); i++) {
    cl->do_oop((oop*)_media_values.adr_at(i));
  }
}

void PersistentTxn::all_oops_do(OopClosure* cl) {
  assert_at_safepoint();
  for (PersistentTxn* t = open_list; t != nullptr; t = t->_next_open) {
    t->oops_do(cl);
  }
}

void PersistentTxn::all_stored_do(OopClosure* cl) {
  assert_at_safepoint();
  for (PersistentTxn* t = open_list; t != nullptr; t = t->_next_open) {
    for (int i = 0; i < t->_entries.length(); i++) {
      const Entry* e = t->_entries.adr_at(i);
      if (!e->_is_oop) continue;
      oop value = cast_to_oop(PersistentRawMemory::load_oop(e->_addr));
      cl->do_oop(&value);
    }
  }
}

void PersistentTxn::note_media_values() {
  assert_at_safepoint();
  bool is_drained = false;
  for (PersistentTxn* t = open_list; t != nullptr; t = t->_next_open) {
    t->_media_values.clear();
    if (!t->_in_conflict && !t->has_another_appended()) continue;
    for (int i = 0; i < t->_entries.length(); i++) {
      const Entry* e = t->_entries.adr_at(i);
      if (!e->_is_oop || !PersistentSpace::is_captured(e->_base)) continue;
      if (!is_drained) PersistentLog::drain();
      is_drained = true;
      uint32_t media;
      PersistentMedia::read_data(PersistentCapture::file_offset(e->_addr), &media, sizeof(media));
      oopDesc* value = PersistentOpen::decode(media);
      if (PHeap::contains(value)) t->_media_values.append(value);
    }
  }
}

// ---- The current thread's transaction ----

void PersistentTxn::end(JavaThread* thread) {
  PersistentTxn* txn = thread->persistent()._txn;
  thread->persistent()._txn = nullptr;
  txn->close();
  give_back(txn);
  if (thread->persistent()._allocates_all) {
    begin_implicit(thread);
  }
}

// Returns the number to wait for: what the thread stored before, outside transactions, becomes durable with it.
uint64_t PersistentTxn::end_committed(JavaThread* thread, bool has_appended) {
  end(thread);
  PersistentAudit::count_commit();
  // What it has read may be others', on their way to the disk. And who knows what threads have carried a virtual one.
  if (!has_appended && (!PersistentLog::is_mapped() || thread->is_vthread_mounted())) return PersistentLog::last_seq();
  return thread->persistent()._last_seq;
}

void PersistentTxn::begin(JavaThread* thread) {
  PersistentThread& pt = thread->persistent();
  if (pt._txn != nullptr && pt._txn->is_implicit()) {
    end_implicit(thread);
  }
  if (pt._txn == nullptr) {
    pt._txn = take(thread);
    pt._txn->open();
  } else {
    pt._txn->push_savepoint();
  }
}

void PersistentTxn::frames_lost(JavaThread* thread) {
  PersistentTxn* txn = thread->persistent()._txn;
  if (txn != nullptr && !txn->is_implicit()) txn->_frames_lost = true;
}

bool PersistentTxn::try_begin(JavaThread* thread) {
  PersistentThread& pt = thread->persistent();
  if (pt._txn != nullptr || pt._spare_txn == nullptr) return false;
  begin(thread);
  return true;
}

void PersistentTxn::rollback(JavaThread* thread) {
  PersistentTxn* txn = thread->persistent()._txn;
  if (txn->depth() > 1) {
    txn->rollback_savepoint();
  } else {
    abandon(thread);
  }
}

void PersistentTxn::abandon(JavaThread* thread) {
  thread->persistent()._txn->rollback_all();
  end(thread);
}

static void throw_conflict(Klass* klass, ptrdiff_t offset, TRAPS) {
  ResourceMark rm(THREAD);
  stringStream ss;
  fieldDescriptor fd;
  if (klass->is_instance_klass() &&
      InstanceKlass::cast(klass)->find_field_from_offset((int)offset, false, &fd)) {
    ss.print("field %s of a persistent %s", fd.name()->as_C_string(), klass->external_name());
  } else {
    ss.print("a persistent %s", klass->external_name());
  }
  ss.print(" was written by another thread during this transaction; guard it by a lock taken with Txn.lock");
  THROW_MSG(SymbolTable::new_symbol("java/lang/persistent/TxnException"), ss.as_string());
}

uint64_t PersistentTxn::commit(TRAPS) {
  JavaThread* thread = THREAD;
  PersistentThread& pt = thread->persistent();
  PersistentTxn* txn = pt._txn;
  if (txn->depth() > 1) {
    txn->pop_savepoint();
    return 0;
  }

  if (txn->is_empty()) return end_committed(thread, false);

  char err[512];
  PersistentCapture::Failure failure;
  PersistentRoom room;
  while (true) {
    LastEntries last(txn);
    if (txn->_entries.length() > UniteThreshold) last.look_ahead();
    PersistentLog::lock();
    {
      PersistentLogRecord record;
      if (txn->log_values(&record, &last)) {
        uint64_t seq = PersistentLog::append(&record, err, sizeof(err));
        PersistentLog::unlock();
        if (seq == 0) break;
        pt._last_seq = seq;
        return end_committed(thread, true);
      }
    }
    oopDesc* base;
    char* addr;
    if (txn->find_conflict(&base, &addr, &last)) {
      PersistentLog::unlock();
      Klass* klass = base->klass();
      ptrdiff_t offset = addr - (char*)base;
      abandon(thread);
      throw_conflict(klass, offset, THREAD);
      return 0;
    }
    PersistentLogRecord record;
    PersistentCapture capture(thread, &record);
    bool ok = txn->log(&record, &capture, &last, err, sizeof(err));
    PersistentLog::unlock();
    if (ok) return end_committed(thread, !record.is_empty());
    failure = capture.failure();
    // No room for the copy of a string: again when there is.
    if (failure._reason != PersistentCapture::Failure::no_space || !room.make(thread)) break;
  }

  txn->rollback_all(true);
  end(thread);
  if (err[0] != 0) {
    THROW_MSG_0(SymbolTable::new_symbol("java/lang/persistent/TxnException"), err);
  }
  failure.throw_it(THREAD);
  return 0;
}

bool PersistentTxn::try_commit(JavaThread* thread) {
  PersistentThread& pt = thread->persistent();
  PersistentTxn* txn = pt._txn;
  if (txn == nullptr || txn->depth() > 1 || txn->_entries.length() > MaxShort || txn->_images.length() > MaxShort || txn->is_large() || pt._allocates_all ||
      !PersistentLog::is_mapped() || PersistentAudit::is_due()) {
    return false;
  }
  if (!txn->is_empty()) {
    if (!PersistentLog::try_lock()) return false;
    bool ok = false;
    {
      PersistentLogRecord record;
      LastEntries last(txn);
      oopDesc* base;
      char* addr;
      if (txn->log_values(&record, &last)) {
        uint64_t seq = PersistentLog::try_append(&record);
        ok = seq != 0;
        if (ok) pt._last_seq = seq;
      } else if (PersistentLog::has_room(MaxShortRecord) && !txn->find_conflict(&base, &addr, &last)) {
        record.reset();
        PersistentCapture capture(thread, &record, MaxShortRecord);
        ok = txn->log(&record, &capture, &last);
      }
    }
    PersistentLog::unlock();
    if (!ok) return false;
  }
  assert(pt._last_seq <= PersistentLog::durable_seq(), "appending made it so");
  end_committed(thread, true);
  if (pt._last_seq != 0) PersistentTrace::acknowledge(pt._last_seq);
  DEBUG_ONLY(Atomic::inc(&_short_commits);)
  return true;
}

// The values of most transactions: numbers only, in objects that were captured before, and nobody else has
// stored there. False if this is another. Conflicts are looked for and values taken by one load each: what
// another thread stores later is not part of it.
bool PersistentTxn::log_values(PersistentLogRecord* record, LastEntries* last) const {
  assert(PersistentLog::owned_by_self(), "what is captured does not change");
  const int length = _entries.length();
  if (length > 0 && (!_entries.adr_at(0)->_captured || _entries.adr_at(0)->_is_oop)) return false;
  record->reserve(length, length * sizeof(uint64_t));
  Overlaps overlaps(this);
  for (int i = 0; i < length; i++) {
    const Entry* e = _entries.adr_at(i);
    if (!e->_captured || e->_is_oop) return false;
    uint64_t value = PersistentRawMemory::load(e->_addr, e->_size);
    // This transaction may have changed it, by a later store or a copy.
    if (value != e->_new) {
      if (!last->is_last(i)) continue;
      if (_images.is_empty() || foreign_bytes(e, level(), &overlaps, value) != 0) return false;
    }
    record->add_value(PersistentCapture::file_offset(e->_addr), e->_size, value);
  }
  assert(_shared.is_empty() && _new_objects.is_empty(), "of those not captured");
  if (_images.find_conflict() != nullptr) return false;
  _images.add_values(record);
  return true;
}

// Captures and appends what the transaction stored; false if it cannot be, with
// errbuf set if the disk is full. Without errbuf also if it would have to wait. Under the log's lock.
bool PersistentTxn::log(PersistentLogRecord* record, PersistentCapture* capture, LastEntries* last, char* errbuf, size_t errlen) {
  if (errbuf != nullptr) errbuf[0] = 0;
  bool ok = true;
  for (int i = 0; ok && i < _entries.length(); i++) {
    const Entry* e = _entries.adr_at(i);
    // Objects that nothing captured reaches stay volatile in effect; one that this
    // commit reaches is written whole.
    // (If all of its entries have the same value, a location may be written twice. It does no harm.)
    if ((!last->is_known() || last->is_last(i)) && (e->_captured || PersistentSpace::is_captured(e->_base))) {
      ok = capture->add_location(e->_base, e->_addr, e->_size, e->_is_oop);
    }
  }
  if (_implicit) {
    // Nobody looks for conflicts: what memory has. The object may be one that nothing has captured.
    _images.ranges_do([&] (oopDesc* base, char* addr, size_t bytes) {
      if (ok && PersistentSpace::is_captured(base)) ok = capture->add_location(base, addr, (int)bytes, false);
    });
  } else if (ok) {
    _images.add_values(record);
  }
  for (int i = 0; ok && i < _new_objects.length(); i++) {
    ok = capture->add_object(_new_objects.at(i));
  }
  ok = ok && capture->finish();
  if (ok && !record->is_empty()) {
    uint64_t seq = errbuf != nullptr ? PersistentLog::append(record, errbuf, errlen) : PersistentLog::try_append(record);
    if (seq != 0) {
      _thread->persistent()._last_seq = seq;
    } else {
      ok = false;
    }
  }
  if (ok) {
    capture->commit();
    trunc_shared(0);        // what was stored is committed: who captures it now takes it as it is
  } else {
    capture->abort();
  }
  return ok;
}

// ---- Implicit transactions ----

void PersistentTxn::begin_implicit(JavaThread* thread) {
  PersistentTxn* txn = new PersistentTxn(thread, true);
  thread->persistent()._txn = txn;
  txn->open();
}

void PersistentTxn::end_implicit(JavaThread* thread) {
  PersistentTxn* txn = thread->persistent()._txn;
  txn->renew();
  thread->persistent()._txn = nullptr;
  txn->close();
  delete txn;
}

void PersistentTxn::renew() {
  unite_entries();
  renew_united();
}

void PersistentTxn::renew_united() {
  assert(_implicit && _savepoints.is_empty(), "must be");
  LastEntries last(this);
  PersistentLog::lock();
  PersistentLogRecord record;
  PersistentCapture capture(_thread, &record);
  char err[512];
  if (!log(&record, &capture, &last, err, sizeof(err))) {
    fatal("PersistentAllocateAll: %s", err[0] != 0 ? err : "the class table is full");
  }
  PersistentLog::unlock();
  _entries.trunc_to(0);
  _images.trunc_to(0);
  _new_objects.clear();
  _thread->persistent().new_level();
  open_lock->lock();
  _allocated.clear();
  _own_mark = 0;
  open_lock->unlock();
  PersistentAudit::count_commit();
}

void PersistentTxn::renew_if_large() {
  if (!_implicit) return;
  const bool is_large = _images.length() >= (int)(4 * K) || _new_objects.length() >= (int)(4 * K);
  if (!is_large && _entries.length() < (int)(16 * K)) return;
  unite_entries();
  if (is_large || _entries.length() >= (int)(8 * K)) renew_united();
}

void PersistentTxn::note_new_object(oopDesc* obj) {
  if (_implicit) {
    _new_objects.append(obj);
  }
}

void PersistentTxn::renew_all_implicit() {
  assert_at_safepoint();
  for (PersistentTxn* t = open_list; t != nullptr; t = t->_next_open) {
    if (t->_implicit) t->renew();
  }
}

void PersistentThread::oops_do(OopClosure* cl) {
  if (_txn != nullptr) {
    _txn->oops_do(cl);
  }
}
