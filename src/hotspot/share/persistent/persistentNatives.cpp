/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentNatives.hpp"

#include "classfile/symbolTable.hpp"
#include "jvm.h"
#include "oops/compressedOops.inline.hpp"
#include "oops/oop.inline.hpp"
#include "persistent/persistentAllocation.hpp"
#include "persistent/persistentAudit.hpp"
#include "persistent/persistentCapture.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentMedia.hpp"
#include "persistent/persistentOpen.hpp"
#include "persistent/persistentRuntime.hpp"
#include "persistent/persistentSpace.hpp"
#include "persistent/persistentTrace.hpp"
#include "persistent/persistentTxn.hpp"
#include "prims/jvmtiExport.hpp"
#include "runtime/interfaceSupport.inline.hpp"
#include "runtime/javaThread.hpp"
#include "runtime/jniHandles.inline.hpp"

JVM_ENTRY(static jboolean, PVM_isEnabled(JNIEnv* env, jclass cls))
  return PHeap::is_enabled();
JVM_END

JVM_ENTRY(static jboolean, PVM_contains(JNIEnv* env, jclass cls, jobject obj))
  return PHeap::contains(JNIHandles::resolve(obj));
JVM_END

JVM_ENTRY(static jobject, PVM_rootDirectory(JNIEnv* env, jclass cls))
  if (!PersistentOpen::is_open()) {
    THROW_MSG_NULL(vmSymbols::java_lang_IllegalStateException(),
                   "The persistent heap is not open yet: its roots are there for main, and for static initializers but those of enums and static final values that it refers to; "
                   "move this to another class");
  }
  oop root = PersistentOpen::root();
  return JNIHandles::make_local(THREAD, root);
JVM_END

JVM_ENTRY(static void, PVM_setRootDirectory(JNIEnv* env, jclass cls, jobject obj))
  oopDesc* root = cast_from_oop<oopDesc*>(JNIHandles::resolve_non_null(obj));
  guarantee(PHeap::contains(root) && PersistentOpen::root() == nullptr, "once, and persistent");
  PersistentLog::lock();
  PersistentLogRecord record;
  PersistentCapture capture(THREAD, &record);
  uint64_t seq = 0;
  char err[512];
  err[0] = 0;
  bool ok = capture.add_root(root) && capture.finish();
  if (ok) {
    seq = PersistentLog::append(&record, err, sizeof(err));
  }
  if (seq != 0) {
    capture.commit();
    PersistentOpen::set_root(root);
  } else {
    capture.abort();
  }
  PersistentLog::unlock();
  if (!ok) {
    capture.failure().throw_it(CHECK);
  }
  if (seq == 0) {
    THROW_MSG(SymbolTable::new_symbol("java/lang/persistent/TxnException"), err);
  }
  ThreadBlockInVM tbivm(THREAD);
  PersistentLog::wait_durable(seq);
JVM_END

// Java's account may be behind, after a stack overflow.
static bool has_txn(JavaThread* thread) {
  PersistentThread& pt = thread->persistent();
  return pt.in_txn() && !pt._txn->is_implicit();
}

JVM_ENTRY(static void, PVM_begin(JNIEnv* env, jclass cls))
  if (PersistentRuntime::is_stack_short(THREAD)) THROW(vmSymbols::java_lang_StackOverflowError());
  // Java would take what begins for a part of it, and nothing of this thread would become durable any more.
  if (has_txn(THREAD) && THREAD->persistent()._txn->are_frames_lost()) {
    THROW_MSG(SymbolTable::new_symbol("java/lang/persistent/TxnException"),
              "A transaction of this thread may have lost the method that would end it (by OutOfMemoryError while compiled code was given up, by a debugger, or by an exception from outside): "
              "close that transaction, or let the thread end, which rolls it back");
  }
  PersistentTxn::begin(THREAD);
JVM_END

JVM_ENTRY(static jlong, PVM_commit(JNIEnv* env, jclass cls))
  if (PersistentRuntime::is_stack_short(THREAD)) THROW_(vmSymbols::java_lang_StackOverflowError(), 0);
  if (!has_txn(THREAD)) {
    THROW_MSG_0(SymbolTable::new_symbol("java/lang/persistent/TxnException"), "The transaction has been rolled back already");
  }
  jlong seq = (jlong)PersistentTxn::commit(CHECK_0);
  PersistentAudit::run_if_due();
  if (seq != 0 && (uint64_t)seq <= PersistentLog::durable_seq()) {
    PersistentTrace::acknowledge((uint64_t)seq);
    return 0;
  }
  return seq;
JVM_END

JVM_ENTRY(static void, PVM_awaitDurable(JNIEnv* env, jclass cls, jlong seq))
  if ((uint64_t)seq > PersistentLog::durable_seq()) {
    ThreadBlockInVM tbivm(THREAD);
    PersistentLog::wait_durable((uint64_t)seq);
  }
  PersistentTrace::acknowledge((uint64_t)seq);
JVM_END

JVM_ENTRY(static void, PVM_rollback(JNIEnv* env, jclass cls))
  if (has_txn(THREAD)) PersistentTxn::rollback(THREAD);
JVM_END

JVM_ENTRY(static jint, PVM_depth(JNIEnv* env, jclass cls))
  return has_txn(THREAD) ? THREAD->persistent()._txn->depth() : 0;
JVM_END

JVM_ENTRY(static void, PVM_enterAllocate(JNIEnv* env, jclass cls))
  PersistentAllocation::enter_scope(THREAD);
JVM_END

JVM_ENTRY(static void, PVM_exitAllocate(JNIEnv* env, jclass cls))
  PersistentAllocation::exit_scope(THREAD);
JVM_END

JVM_ENTRY(static void, PVM_force(JNIEnv* env, jclass cls))
  ThreadBlockInVM tbivm(THREAD);
  uint64_t seq = PersistentLog::last_seq();
  PersistentLog::wait_durable(seq);
  PersistentTrace::acknowledge(seq);
JVM_END

JVM_ENTRY(static void, PVM_gc(JNIEnv* env, jclass cls))
  if (!DisableExplicitGC) {
    Universe::heap()->collect(GCCause::_java_lang_system_gc);
  }
JVM_END

JVM_ENTRY(static jlong, PVM_capacity(JNIEnv* env, jclass cls))
  return PHeap::is_enabled() ? (jlong)PersistentSpace::capacity() : 0;
JVM_END

JVM_ENTRY(static jlong, PVM_used(JNIEnv* env, jclass cls))
  return PHeap::is_enabled() ? (jlong)PersistentSpace::used() : 0;
JVM_END

#define FN(f) CAST_FROM_FN_PTR(void*, &f)
#define OBJ "Ljava/lang/Object;"

static JNINativeMethod methods[] = {
  {(char*)"isEnabled",        (char*)"()Z",        FN(PVM_isEnabled)},
  {(char*)"contains",         (char*)"(" OBJ ")Z", FN(PVM_contains)},
  {(char*)"rootDirectory",    (char*)"()" OBJ,     FN(PVM_rootDirectory)},
  {(char*)"setRootDirectory", (char*)"(" OBJ ")V", FN(PVM_setRootDirectory)},
  {(char*)"begin",            (char*)"()V",        FN(PVM_begin)},
  {(char*)"commit",           (char*)"()J",        FN(PVM_commit)},
  {(char*)"awaitDurable",     (char*)"(J)V",       FN(PVM_awaitDurable)},
  {(char*)"rollback",         (char*)"()V",        FN(PVM_rollback)},
  {(char*)"depth",            (char*)"()I",        FN(PVM_depth)},
  {(char*)"enterAllocate",    (char*)"()V",        FN(PVM_enterAllocate)},
  {(char*)"exitAllocate",     (char*)"()V",        FN(PVM_exitAllocate)},
  {(char*)"force",            (char*)"()V",        FN(PVM_force)},
  {(char*)"gc",               (char*)"()V",        FN(PVM_gc)},
  {(char*)"capacity",         (char*)"()J",        FN(PVM_capacity)},
  {(char*)"used",             (char*)"()J",        FN(PVM_used)},
};

#undef OBJ
#undef FN

extern "C" void JNICALL JVM_RegisterPersistentMethods(JNIEnv* env, jclass cls) {
  int ok = env->RegisterNatives(cls, methods, sizeof(methods) / sizeof(JNINativeMethod));
  guarantee(ok == 0, "register java.lang.persistent natives");
  ThreadInVMfromNative in_vm(JavaThread::thread_from_jni_environment(env));
  PersistentOpen::read_tables();
}
