/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentHistogram.hpp"

#include "gc/shared/collectedHeap.hpp"
#include "gc/shared/gcVMOperations.hpp"
#include "memory/heapInspection.hpp"
#include "memory/iterator.hpp"
#include "memory/resourceArea.hpp"
#include "memory/universe.hpp"
#include "persistent/persistentObjects.hpp"
#include "runtime/vmThread.hpp"
#include "utilities/ostream.hpp"

class CountByClass : public ObjectClosure {
  KlassInfoTable* const _table;
  size_t _missed;
 public:
  CountByClass(KlassInfoTable* table) : _table(table), _missed(0) {}
  void do_object(oop obj) override {
    if (!_table->record_instance(obj)) _missed++;
  }
  size_t missed() const { return _missed; }
};

class AddToHistogram : public KlassInfoClosure {
  KlassInfoHisto* const _histogram;
 public:
  AddToHistogram(KlassInfoHisto* histogram) : _histogram(histogram) {}
  void do_cinfo(KlassInfoEntry* entry) override { _histogram->add(entry); }
};

class VM_PersistentHistogram : public VM_GC_HeapInspection {
  outputStream* const _st;
  const bool _collect;
 public:
  VM_PersistentHistogram(outputStream* st, bool collect)
    : VM_GC_HeapInspection(st, collect), _st(st), _collect(collect) {}

  void doit() override {
    Universe::heap()->ensure_parsability(false);
    if (_collect) {
      collect();
    }
    ResourceMark rm;
    KlassInfoTable table(false);
    if (table.allocation_failed()) {
      _st->print_cr("Not enough native memory for a histogram.");
      return;
    }
    CountByClass count(&table);
    PersistentObjects::iterate(&count);
    KlassInfoHisto histogram(&table);
    AddToHistogram add(&histogram);
    table.iterate(&add);
    histogram.sort();
    histogram.print_histo_on(_st);
    if (count.missed() != 0) {
      _st->print_cr("%zu objects are missing for want of native memory.", count.missed());
    }
  }
};

void PersistentHistogram::print_on(outputStream* st, bool collect) {
  VM_PersistentHistogram op(st, collect);
  VMThread::execute(&op);
}
