/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTSEGMENTS_HPP
#define SHARE_PERSISTENT_PERSISTENTSEGMENTS_HPP

#include "memory/allocation.hpp"
#include "oops/oopsHierarchy.hpp"
#include "utilities/globalDefinitions.hpp"
#include "utilities/growableArray.hpp"

class Klass;
class OpenedClass;
class Translator;

// What is still to be translated of an object whose header is: the references with indices from _from to below _to.
struct OpenedObject {
  oopDesc*     _obj;
  OpenedClass* _class;      // as it was, if objects overlap; its length, too
  int          _from;
  int          _to;
};

// P in segments while it is translated beside the program (persistentOpen.hpp). A hidden segment
// is in media form and has no access rights: whoever touches it waits in the signal handler until it is shown.
//
//   What a translated reference leads to is translated, or waits in a hidden segment.
//
// So nobody sees media form. An object in a segment that is visible, but was not known to be there when that was
// shown, is translated in place, before anybody can see the reference to it.
//
// A segment is translated in another mapping of the file and then moved to its place, in one step: nobody has
// written to it, so the file has all there is.
//
// An object waits in the segment of its header; what the next segments have of an instance waits there by itself, since compiled
// code reads a field without a look at the header. An array's elements are behind its length, which is in the header's word.
//
// All of it under PersistentOpen's lock.
class PersistentSegments : public CHeapObj<mtPersistent> {
  // An object, and the class that a reference to it wants (null: any), in a word.
  class Waiting {
    static const int WordBits = 17;
    uint64_t _bits;
   public:
    Waiting() : _bits(0) {}
    Waiting(size_t word, Klass* type) : _bits((uint64_t)(uintptr_t)type >> LogBytesPerWord << WordBits | word) {}
    size_t word() const { return _bits & right_n_bits(WordBits); }
    Klass* type() const { return (Klass*)(uintptr_t)(_bits >> WordBits << LogBytesPerWord); }
    bool operator==(const Waiting& w) const { return _bits == w._bits; }
    static const size_t MaxWords = (size_t)1 << WordBits;
  };
  typedef GrowableArrayCHeap<Waiting, mtPersistent>      Objects;
  typedef GrowableArrayCHeap<OpenedObject, mtPersistent> Parts;

  struct Segment {
    bool     _hidden;
    Objects* _objects;        // whose header is here
    Parts*   _parts;          // of objects whose header is elsewhere
  };

  const int    _log_size;
  const size_t _size;         // bytes of a segment
  const size_t _count;
  Segment*     _segments;
  size_t       _hidden;       // how many
  size_t       _waiting;      // in how many something waits
  uintptr_t    _shown;        // the segment that is about to be shown, and
  char*        _mapping;      // where it is meanwhile

  uintptr_t start_of(size_t segment) const;
  void unhide(size_t segment);
  void note_waiting(const Segment& s);
  void take_waiting(size_t segment, Translator* translator);

 public:
  PersistentSegments();
  ~PersistentSegments();

  // Hides all that hold objects, but for those in which some were allocated already, or that a thread's buffer is in. At a safepoint:
  // nobody allocates meanwhile.
  void hide();

  size_t count() const                  { return _count; }
  size_t hidden() const                 { return _hidden; }
  size_t index_of(const void* p) const;
  bool   is_same(const void* a, const void* b) const { return index_of(a) == index_of(b); }
  template <typename T> T* end_of(size_t segment) const { return (T*)(start_of(segment) + _size); }
  bool   is_hidden(const void* p) const { return _segments[index_of(p)]._hidden; }
  bool   has_waiting(size_t segment) const;
  // Anywhere.
  bool   has_waiting() const            { return _waiting > 0; }
  // The first in which something waits from that one on, and then from 0. There is one.
  size_t next_waiting(size_t segment) const;

  // An object is in the segment of this word: its mark may be in the one before.
  static const void* header(const oopDesc* obj) { return (const char*)obj + HeapWordSize; }

  // Until the hidden segment is shown in which obj is, or slot, one of part's.
  void wait(oopDesc* obj, Klass* type);
  void wait(const void* slot, OpenedObject part);

  // Where the bytes of a place that is not hidden are now.
  template <typename T> T* at(T* p) const {
    return (uintptr_t)p - _shown < _size ? (T*)(_mapping + ((uintptr_t)p - _shown)) : p;
  }

  // The translator gets what waited and can reach the segment, and nobody else; then all can.
  void begin_show(size_t segment, Translator* translator);
  void end_show();
  // All at once. At a safepoint, or when nothing waits any more.
  void show_all(Translator* translator);
};

#endif // SHARE_PERSISTENT_PERSISTENTSEGMENTS_HPP
