/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#ifndef SHARE_PERSISTENT_PERSISTENTDCMD_HPP
#define SHARE_PERSISTENT_PERSISTENTDCMD_HPP

#include "persistent/persistentAudit.hpp"
#include "persistent/persistentHeap.hpp"
#include "services/diagnosticCommand.hpp"
#include "services/diagnosticFramework.hpp"

// jcmd <pid> PersistentHeap.info
class PersistentHeapInfoDCmd : public DCmd {
 public:
  PersistentHeapInfoDCmd(outputStream* output, bool heap) : DCmd(output, heap) { }
  static const char* name()        { return "PersistentHeap.info"; }
  static const char* description() { return "Show the persistent heap: path, media, sizes, roots, log, transactions."; }
  static const char* impact()      { return "Low"; }
  virtual void execute(DCmdSource source, TRAPS) { PHeap::print_on(output()); }
};

// jcmd <pid> PersistentHeap.audit
class PersistentHeapAuditDCmd : public DCmd {
 public:
  PersistentHeapAuditDCmd(outputStream* output, bool heap) : DCmd(output, heap) { }
  static const char* name()        { return "PersistentHeap.audit"; }
  static const char* description() { return "Compare the media state of every reachable persistent object with memory."; }
  static const char* impact()      { return "High: stops the program for a time that depends on the heap's size."; }
  virtual void execute(DCmdSource source, TRAPS) {
    PersistentAudit::execute(output());
  }
};

#endif // SHARE_PERSISTENT_PERSISTENTDCMD_HPP
