/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTTXN_HPP
#define SHARE_PERSISTENT_PERSISTENTTXN_HPP

#include "memory/allocation.hpp"
#include "oops/oopsHierarchy.hpp"
#include "persistent/persistentImages.hpp"
#include "persistent/persistentRanges.hpp"
#include "persistent/persistentThread.hpp"
#include "runtime/atomic.hpp"
#include "utilities/exceptions.hpp"
#include "utilities/globalDefinitions.hpp"
#include "utilities/growableArray.hpp"

class JavaThread;
class OopClosure;
class PersistentCapture;
class PersistentLogRecord;

// An open transaction of one thread: what it stored to persistent objects, with the
// values that were there before. Lives in DRAM only; nothing of it is on the media
// until commit.
class PersistentTxn : public CHeapObj<mtPersistent> {
 public:
  // A store. Later ones to the same location, of the same size and level, change its new value while the location is among
  // the recent ones, and are entries of their own after that: the first has what was there before, the last what was stored.
  struct Entry {
    uint64_t _new;          // the first: PersistentThread::Recent refers to it
    oopDesc* _base;
    char*    _addr;
    uint64_t _old;          // for references the object itself, so that collections can update it
    uint8_t  _size;         // bytes: 1, 2, 4, 8
    bool     _is_oop;
    bool     _captured;     // whether the base was part of the media state

    // The last eight bytes of an entry of a number in a captured object, for generated code.
    static jlong plain_tail(int size) { return size | (jlong)true << ((offset_of(Entry, _captured) - offset_of(Entry, _size)) * BitsPerByte); }
  };

 private:
  class Entries {
    Entry* _entries;
    Entry* _next;            // where the next one will be
    Entry* _end;
    Entry* _plain_end;       // the end too, if all that try_record does is to append one; the start if there is more to ask
   public:
    Entries(int capacity);
    ~Entries();
    int  length() const      { return (int)(_next - _entries); }
    int  capacity() const    { return (int)(_end - _entries); }
    bool is_empty() const    { return _next == _entries; }
    bool is_full() const     { return _next == _end; }
    Entry* adr_at(int i) const {
      assert(i >= 0 && i < length(), "out of bounds");
      return &_entries[i];
    }
    Entry* append() {
      assert(!is_full(), "grow first");
      return _next++;
    }
    bool has_plain_room() const { return _next < _plain_end; }
    void set_plain(bool plain)  { _plain_end = plain ? _end : _entries; }
    void grow();             // the entries move
    void trunc_to(int length) { _next = _entries + length; }

    static ByteSize next_offset()      { return byte_offset_of(Entries, _next); }
    static ByteSize plain_end_offset() { return byte_offset_of(Entries, _plain_end); }
  };

  JavaThread*    _thread;
  Entries        _entries;
  PersistentImages _images;        // of what was stored by copies and fills of many bytes
  // Where a level begins: lengths, and the mark of the ranges.
  struct Level { int entries; int images; int64_t ranges; int shared; };
  GrowableArrayCHeap<Level, mtPersistent> _savepoints;    // the levels but the outermost
  // Of the entries, those of objects that others may capture before this transaction ends: not captured yet, and
  // not its own. Under the log's lock.
  GrowableArrayCHeap<Entry, mtPersistent> _shared;
  static const int FirstCapacity = 64;
  // That many are united before there may be twice as many.
  static const int UniteThreshold = 4 * K;
  bool           _is_open;
  uint64_t       _begin_seq;       // the log's last record then
  volatile bool  _in_conflict;     // another one was rolled back where somebody had stored over its stores: this one's old values may be those
  bool           _frames_lost;     // see frames_lost
  PersistentRanges _allocated;     // by the thread since begin
  int64_t        _own_mark;        // what was allocated before this mark of the ranges may be captured
  // Of PersistentAllocateAll: never rolled back, ends when it is large, captures
  // whatever the thread allocated.
  const bool     _implicit;
  GrowableArrayCHeap<oopDesc*, mtPersistent> _new_objects;
  GrowableArrayCHeap<oopDesc*, mtPersistent> _media_values;    // see note_media_values
  PersistentTxn* _next_open;       // list of all open transactions
  PersistentTxn** _prev_link;

  class LocationTable;
  class LastEntries;
  class Overlaps;
  class SharedStores;
  template <typename F> static int unite(Entry* entries, int length, int savepoints, F begin_of);
  void   unite_entries();
  void   append_shared(const Entry& entry);
  void   trunc_shared(int length);
  void   set_own(const char* start, const char* end);
  void   make_room();
  void   forget_recent();
  inline static void remember(PersistentThread* pt, const void* addr, int log2_size, uint64_t* new_value);
  Level level() const { return _savepoints.is_empty() ? Level{0, 0, 0, 0} : _savepoints.last(); }
  void   open();
  void   close();
  bool   is_large() const;
  static PersistentTxn* take(JavaThread* thread);
  static void           give_back(PersistentTxn* txn);
  static void           end(JavaThread* thread);
  static uint64_t       end_committed(JavaThread* thread, bool has_appended);
  void   undo_to(Level level, bool is_outermost, bool checked);
  struct Changed { Entry _entry; bool _foreign; };    // of whose location memory has what the media may not have; whether somebody else has stored that
  static const int MaxChanged = 1 * K;
  bool   log_locations(const Changed* changed, int length);
  void   log_images();
  bool   has_another_appended() const;       // since this one began
  void   log_null(const Changed& changed);
  void   tell_others();
  // The image of a level for a byte, null if it has none.
  PersistentImage* image_of(const oopDesc* base, const char* addr, Level level) const { return _images.find(base, addr, level.images); }
  int    foreign_bytes(const Entry* e, Level level, Overlaps* overlaps) const;
  int    foreign_bytes(const Entry* e, Level level, Overlaps* overlaps, uint64_t found) const;
  bool   is_empty() const { return _entries.is_empty() && _images.is_empty(); }
  bool   allocated_since(int64_t mark, const void* obj) const;
  bool   is_of_level(const oopDesc* base) const;
  void   note_buffer();
  void   join_buffer();
  bool   log_values(PersistentLogRecord* record, LastEntries* last) const;
  bool   find_conflict(oopDesc** base, char** addr, LastEntries* last) const;
  bool   log(PersistentLogRecord* record, PersistentCapture* capture, LastEntries* last, char* errbuf = nullptr, size_t errlen = 0);
  void   renew();
  void   renew_united();

 public:
  PersistentTxn(JavaThread* thread, bool implicit = false);
  ~PersistentTxn();

  // Before the store, by the owning thread. Leaf. After an atomic one: then under the log's lock, if the object was not
  // captured before. reads_old: the old value, of a reference, is what is there when it is known whether the object is captured, since a capture puts
  // copies in the place of strings.
  void record(oopDesc* base, void* addr, int size, uint64_t old_value, uint64_t new_value, bool is_oop = false, bool locked = false, bool reads_old = false);
  void record_oop(oopDesc* base, void* addr, oopDesc* new_value);
  void record_atomic_oop(oopDesc* base, void* addr, oopDesc* old_value, oopDesc* new_value, bool locked);
  // Records and does a copy, or a fill if from is null, of many bytes in a primitive array. False, and nothing done,
  // if single entries are needed.
  bool store_range(oopDesc* base, char* addr, const char* from, uint8_t fill, size_t bytes);
  static const size_t MinRange = 64;
  // Whether stores to base need no record: the current level has allocated it, and nothing has captured it.
  bool is_own(oopDesc* base) const;
  // The same for what most transactions store: few numbers, to objects that were captured before. False, and
  // nothing done, if it is something else. is_plain: the location is surely not one of a lock's. Inline in
  // persistentTxn.inline.hpp.
  template <bool is_plain> inline static bool try_record(JavaThread* thread, oopDesc* base, void* addr, int log2_size, uint64_t new_value);

  // For generated code.
  static ByteSize next_entry_offset() { return byte_offset_of(PersistentTxn, _entries) + Entries::next_offset(); }
  static ByteSize plain_end_offset()  { return byte_offset_of(PersistentTxn, _entries) + Entries::plain_end_offset(); }

  int  depth() const           { return _savepoints.length() + 1; }
  void push_savepoint();
  void pop_savepoint();        // the inner level becomes part of the outer
  void rollback_savepoint();
  void rollback_all(bool checked = false);  // checked: no conflict, see find_conflict

  bool is_implicit() const     { return _implicit; }
  void renew_if_large();       // leaf; before a store
  void note_new_object(oopDesc* obj);

  // Whether a thread other than this has an open transaction.
  static bool is_other_open(JavaThread* thread);
  // What the open transactions of other threads have stored to obj, which is about to be captured:
  // appends the entries, those with the committed values last. Under the log's lock.
  static void stored_by_others(JavaThread* thread, const oopDesc* obj, GrowableArrayCHeap<Entry*, mtPersistent>* to);

  // The thread took memory of P.
  void note_allocation(char* start, char* end);
  // The thread gives back what it has not used of a buffer.
  void note_retired(const char* top, const char* end);
  // The thread has captured objects, of what its open transaction has allocated, too: stores to those are recorded.
  static void note_capture(JavaThread* thread);
  // Whether the open transaction of another thread has allocated obj.
  static bool allocated_by_other(JavaThread* thread, const void* obj);

  void oops_do(OopClosure* cl);
  static void all_oops_do(OopClosure* cl);       // of all open transactions, at a safepoint
  static void all_stored_do(OopClosure* cl);     // what is there now where they have stored references
  // A collection begins, at a safepoint. If somebody else has stored to the same places, without a lock, the media may refer to what neither
  // memory nor an entry does. That lives, and stays where it is, as long as the transaction is open.
  static void note_media_values();

  // ---- The current thread's transaction ----
  static void begin(JavaThread* thread);
  // Ends the innermost level. The outermost: what was stored, and the objects it
  // reaches, become one log record; returns the sequence number to wait for before
  // the transaction counts as durable. If it throws, all levels are rolled back and
  // the transaction has ended.
  static uint64_t commit(TRAPS);
  // The same, as leaves of generated code, for what most transactions are: of one level, with few stores.
  // False, and nothing done, if it is another, or if it would have to wait or throw.
  static bool try_begin(JavaThread* thread);
  static bool try_commit(JavaThread* thread);
  static const int    MaxShort       = 64;        // entries, or images
  static const size_t MaxShortRecord = 32 * K;
  DEBUG_ONLY(static volatile size_t _short_commits;)      // by try_commit, in all
  static void rollback(JavaThread* thread);      // innermost level
  static void abandon(JavaThread* thread);       // all levels: the thread ends
  // Frames of the thread are, or may be, removed without running their handlers: there is no memory for objects that their
  // compiled code left out, a debugger drops one, or an exception comes from outside where no handler is yet. One may be the program's
  // handle of the transaction, which then stays open. Leaf, by the thread or while it is stopped.
  static void frames_lost(JavaThread* thread);
  bool are_frames_lost() const { return _frames_lost; }
  static void thread_exit(JavaThread* thread);   // frees what is kept for the next one

  // PersistentAllocateAll: the thread's stores are in implicit transactions from here on.
  static void begin_implicit(JavaThread* thread);
  static void end_implicit(JavaThread* thread);
  static void renew_all_implicit();              // at a safepoint

  // Where the threads of open transactions have allocated since begin: an object that
  // another thread allocates there would be taken for theirs.
  static void allocated_do(void f(const void* start, const void* end));

  // Whether an open transaction has stored to the byte at addr. At a safepoint.
  static bool any_stored_to(const void* addr);

  static void initialize();
  static int  open_count();
};

#endif // SHARE_PERSISTENT_PERSISTENTTXN_HPP
