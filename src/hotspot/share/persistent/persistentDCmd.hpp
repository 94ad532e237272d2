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
  static const char* description() { return "Show the persistent heap: path, media, sizes, class table, log, transactions."; }
  static const char* impact()      { return "Low"; }
  virtual void execute(DCmdSource source, TRAPS) { PHeap::print_on(output()); }
};

// jcmd <pid> PersistentHeap.audit
class PersistentHeapAuditDCmd : public DCmd {
 public:
  PersistentHeapAuditDCmd(outputStream* output, bool heap) : DCmd(output, heap) { }
  static const char* name()        { return "PersistentHeap.audit"; }
  static const char* description() { return "Compare the media state of every captured persistent object with memory."; }
  static const char* impact()      { return "High: stops the program for a time that depends on the heap's size."; }
  virtual void execute(DCmdSource source, TRAPS) {
    PersistentAudit::execute(output());
  }
};

// jcmd <pid> PersistentHeap.histogram
class PersistentHeapHistogramDCmd : public DCmdWithParser {
  DCmdArgument<bool> _all;
 public:
  PersistentHeapHistogramDCmd(outputStream* output, bool heap);
  static int num_arguments()       { return 1; }
  static const char* name()        { return "PersistentHeap.histogram"; }
  static const char* description() { return "Show how many persistent objects there are of each class, and their size."; }
  static const char* impact()      { return "High: stops the program for a time that depends on the size of both heaps."; }
  virtual void execute(DCmdSource source, TRAPS);
};

// jcmd <pid> PersistentHeap.gc
class PersistentHeapGCDCmd : public DCmd {
 public:
  PersistentHeapGCDCmd(outputStream* output, bool heap) : DCmd(output, heap) { }
  static const char* name()        { return "PersistentHeap.gc"; }
  static const char* description() { return "Collect the Java heap and the persistent heap, and show what the persistent heap uses before and after."; }
  static const char* impact()      { return "Medium: depends on the size and content of both heaps."; }
  virtual void execute(DCmdSource source, TRAPS);
};

// jcmd <pid> PersistentHeap.backup <directory>
class PersistentHeapBackupDCmd : public DCmdWithParser {
  DCmdArgument<char*> _directory;
 public:
  PersistentHeapBackupDCmd(outputStream* output, bool heap);
  static int num_arguments()       { return 1; }
  static const char* name()        { return "PersistentHeap.backup"; }
  static const char* description() { return "Write a consistent copy of the persistent heap to a new directory while the program goes on."; }
  static const char* impact()      { return "Low: reads and writes as many bytes as the heap's files have; stops nothing."; }
  virtual void execute(DCmdSource source, TRAPS);
};

#endif // SHARE_PERSISTENT_PERSISTENTDCMD_HPP
