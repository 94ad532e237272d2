/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentAllocation.hpp"

#include "classfile/classLoaderData.hpp"
#include "classfile/symbolTable.hpp"
#include "classfile/systemDictionary.hpp"
#include "classfile/vmClasses.hpp"
#include "classfile/vmSymbols.hpp"
#include "gc/shared/threadLocalAllocBuffer.inline.hpp"
#include "gc/shared/tlab_globals.hpp"
#include "memory/resourceArea.hpp"
#include "oops/instanceKlass.inline.hpp"
#include "oops/klass.inline.hpp"
#include "oops/objArrayKlass.hpp"
#include "persistent/persistentAudit.hpp"
#include "persistent/persistentCollector.hpp"
#include "persistent/persistentHeap.hpp"
#include "persistent/persistentRoom.hpp"
#include "persistent/persistentSpace.hpp"
#include "persistent/persistentTxn.hpp"
#include "persistent/persistent_globals.hpp"
#include "runtime/atomic.hpp"
#include "runtime/javaThread.inline.hpp"

// ---- Marks ----

PersistentAllocationMark::PersistentAllocationMark(JavaThread* thread, Kind kind) : _thread(nullptr) {
  if (PHeap::is_enabled() && (kind == explicit_site || thread->persistent().in_allocate())) {
    assert(thread == JavaThread::current(), "allocations are made by the current thread");
    _thread = thread;
    PersistentAllocation::set_mark(thread);
  }
}

PersistentAllocationMark::~PersistentAllocationMark() {
  if (_thread != nullptr) {
    _thread->persistent()._allocation_site = false;
  }
}

bool PersistentAllocation::is_marked(JavaThread* thread) {
  return thread->persistent()._allocation_site;
}

bool PersistentAllocation::take_mark(JavaThread* thread) {
  PersistentThread& pt = thread->persistent();
  bool marked = pt._allocation_site;
  pt._allocation_site = false;
  return marked;
}

void PersistentAllocation::set_mark(JavaThread* thread) {
  thread->persistent()._allocation_site = true;
}

// ---- PersistentHeap.allocate ----

// The buffer is not given up: only its end is moved to its top, as JVMTI's sampling
// does. A collection retires it whole, and MemAllocator takes no new one in the scope.
static void close_tlab(JavaThread* thread) {
  ThreadLocalAllocBuffer& tlab = thread->tlab();
  if (UseTLAB && tlab.end() != nullptr) {
    tlab.set_sampling_point(tlab.top());
  }
}

static void reopen_tlab(JavaThread* thread) {
  ThreadLocalAllocBuffer& tlab = thread->tlab();
  if (UseTLAB && tlab.end() != nullptr) {
    tlab.set_back_allocation_end();
  }
}

void PersistentAllocation::enter_scope(JavaThread* thread) {
  assert(PHeap::is_enabled(), "must be");
  if (thread->persistent()._allocate_depth++ == 0) {
    close_tlab(thread);
  }
}

void PersistentAllocation::exit_scope(JavaThread* thread) {
  assert(thread->persistent().in_allocate(), "unbalanced");
  if (--thread->persistent()._allocate_depth == 0) {
    reopen_tlab(thread);
  }
}

bool PersistentAllocation::bypasses_tlab(JavaThread* thread) {
  return thread->persistent().in_allocate();
}

PersistentAllocateSuspension::PersistentAllocateSuspension(JavaThread* thread)
  : _thread(thread), _depth(thread->persistent()._allocate_depth) {
  thread->persistent()._allocation_site = false;
  if (PersistentAllocateAll) {
    _depth = 0;         // the program itself runs in such a call
  } else if (_depth > 0) {
    thread->persistent()._allocate_depth = 0;
    reopen_tlab(thread);
  }
}

PersistentAllocateSuspension::~PersistentAllocateSuspension() {
  if (_depth > 0) {
    assert(!_thread->persistent().in_allocate(), "unbalanced");
    _thread->persistent()._allocate_depth = _depth;
    close_tlab(_thread);
  }
}

// ---- What may be in P ----

static const char* const jni_define_class = "__JNI_DefineClass__";

// Those of the built-in loaders. Chained by a hash. One whose class could not be defined has none, and is the next one's of its chain.
struct GeneratedClass : public CHeapObj<mtPersistent> {
  const InstanceKlass* volatile _klass;
  GeneratedClass*               _next;
};
static GeneratedClass* volatile generated_classes[1024];

static GeneratedClass* volatile* generated_chain(const InstanceKlass* klass) {
  return &generated_classes[((uintptr_t)klass / BytesPerWord * 0x9E3779B1u >> 8) % ARRAY_SIZE(generated_classes)];
}

// Not a program's own one, -Djava.system.class.loader, which may define what it finds without saying where that is from.
static bool is_of_jdk(oop loader) {
  return loader == nullptr || loader->klass()->name()->equals("jdk/internal/loader/ClassLoaders$AppClassLoader") ||
         loader->klass()->name()->equals("jdk/internal/loader/ClassLoaders$PlatformClassLoader");
}

void PersistentAllocation::note_source(const InstanceKlass* klass, const char* source) {
  static const char* const sources[] = { "__dynamic_proxy__", "__JVM_LookupDefineClass__", "__JVM_DefineClass__", jni_define_class };
  if (!PHeap::is_enabled() || source == nullptr || source[0] != '_' || !klass->class_loader_data()->is_builtin_class_loader_data()) return;
  for (const char* s : sources) {
    if (strcmp(source, s) != 0 || (strcmp(s, "__JVM_DefineClass__") == 0 && !is_of_jdk(klass->class_loader()))) continue;
    GeneratedClass* volatile* chain = generated_chain(klass);
    const InstanceKlass* const none = nullptr;
    for (GeneratedClass* c = Atomic::load_acquire(chain); c != nullptr; c = c->_next) {
      if (Atomic::load(&c->_klass) == none && Atomic::cmpxchg(&c->_klass, none, klass) == none) return;
    }
    GeneratedClass* c = new GeneratedClass();
    c->_klass = klass;
    do c->_next = Atomic::load(chain); while (Atomic::cmpxchg(chain, c->_next, c) != c->_next);
  }
}

static GeneratedClass* find_generated(const InstanceKlass* klass) {
  GeneratedClass* c = Atomic::load_acquire(generated_chain(klass));
  while (c != nullptr && Atomic::load(&c->_klass) != klass) c = c->_next;
  return c;
}

void PersistentAllocation::forget_class(const InstanceKlass* klass) {
  if (GeneratedClass* c = find_generated(klass)) Atomic::store(&c->_klass, (const InstanceKlass*)nullptr);
}

bool PersistentAllocation::is_generated(const InstanceKlass* klass) {
  if (klass->java_super() != nullptr && klass->java_super()->name()->equals("java/lang/reflect/Proxy")) return true;    // archived, maybe
  return find_generated(klass) != nullptr;
}

// Without P there is none, as ever: class data sharing, which is not dumped with P, asks for it.
const char* PersistentAllocation::jni_source() { return PHeap::is_enabled() ? jni_define_class : nullptr; }

// Null if P may hold instances of klass, otherwise the reason why not.
static const char* refusal(Klass* klass) {
  const bool is_array = klass->is_objArray_klass();
  if (is_array) {
    klass = ObjArrayKlass::cast(klass)->bottom_klass();
  }
  if (klass->is_typeArray_klass()) {
    return nullptr;
  }
  InstanceKlass* ik = InstanceKlass::cast(klass);
  if (ik->is_hidden()) {
    return "it is a hidden class, which cannot be found again";
  }
  if (PersistentAllocation::is_generated(ik)) {
    return "the class was generated by the running program, so it could not be found again";
  }
  ClassLoaderData* cld = ik->class_loader_data();
  if (!cld->is_builtin_class_loader_data()) {
    return "its class loader is not one of the built-in ones, so the class could not be found again";
  }

  // An array is for what its elements are for: the table of a thread's ThreadLocals is as volatile as they are.
  // But those of Class objects may be in P, where symbols stand for them.
  if (ik->is_mirror_instance_klass())       return is_array ? nullptr : "Class objects belong to this process";
  if (ik->is_reference_instance_klass())    return "References are cleared by the garbage collector";
  if (ik->is_class_loader_instance_klass()) return "class loaders belong to this process";
  if (ik->is_stack_chunk_instance_klass())  return "stacks belong to this process";
  if (ik->has_finalizer())                  return "it has a finalizer";

  struct Kind { vmClassID id; const char* reason; };
  static const Kind kinds[] = {
    { VM_CLASS_ID(Throwable_klass),         "it describes an execution of this process" },
    { VM_CLASS_ID(Thread_klass),            "threads belong to this process" },
    { VM_CLASS_ID(ThreadGroup_klass),       "threads belong to this process" },
    { VM_CLASS_ID(Module_klass),            "modules belong to this process" },
    { VM_CLASS_ID(MethodHandle_klass),      "method handles belong to this process" },
    { VM_CLASS_ID(VarHandle_klass),         "variable handles belong to this process" },
    { VM_CLASS_ID(LambdaForm_klass),        "method handles belong to this process" },
    { VM_CLASS_ID(MemberName_klass),        "method handles belong to this process" },
    { VM_CLASS_ID(ResolvedMethodName_klass),"method handles belong to this process" },
    { VM_CLASS_ID(CallSite_klass),          "call sites belong to this process" },
  };
  for (const Kind& kind : kinds) {
    if (ik->is_subclass_of(vmClasses::klass_at(kind.id))) return kind.reason;
  }

  // These are not among the VM's classes.
  struct Named { const char* name; const char* reason; };
  static const Named named[] = {
    { "java/lang/ModuleLayer",                   "modules belong to this process" },
    { "jdk/internal/vm/Continuation",            "stacks belong to this process" },
    { "java/util/Currency",                      "each process has its own, which are compared by identity" },
    { "java/nio/MappedByteBuffer",               "its memory is outside the heap" },
    { "java/nio/DirectByteBuffer",               "its memory is outside the heap" },
    { "java/util/concurrent/Semaphore",          "threads of this process wait for it" },
    { "java/util/concurrent/CountDownLatch",     "threads of this process wait for it" },
    { "java/util/concurrent/CyclicBarrier",      "threads of this process wait for it" },
    { "java/util/concurrent/Phaser",             "threads of this process wait for it" },
    { "java/util/concurrent/Exchanger",          "threads of this process wait for it" },
    { "java/util/concurrent/locks/AbstractQueuedSynchronizer$Node",     "threads of this process wait in it" },
    { "java/util/concurrent/locks/AbstractQueuedLongSynchronizer$Node", "threads of this process wait in it" },
    { "java/util/concurrent/locks/StampedLock$Node",                    "threads of this process wait in it" },
    { "java/lang/reflect/AccessibleObject",      "methods and fields belong to this process" },
    { "java/lang/reflect/Parameter",             "methods and fields belong to this process" },
    { "java/lang/reflect/RecordComponent",       "methods and fields belong to this process" },
    { "java/lang/ThreadLocal$ThreadLocalMap",    "it belongs to a thread" },
    { "java/lang/persistent/Txn",                "transactions belong to this process" },
    { "java/lang/persistent/ThreadContext",      "transactions belong to this process" },
    { "java/lang/persistent/ThreadContext$TxnScope", "transactions belong to this process" },
    { "java/lang/persistent/ThreadContext$HeldLock", "transactions belong to this process" },
    { "java/lang/persistent/ThreadContext$Level",    "transactions belong to this process" },
  };
  for (Klass* k = ik; k != nullptr; k = k->super()) {
    if (!k->class_loader_data()->is_the_null_class_loader_data()) continue;
    Symbol* name = k->name();
    for (const Named& n : named) {
      if (name->equals(n.name)) return n.reason;
    }
    // The other direct buffers: java.nio.DirectIntBufferU etc.
    if (name->starts_with("java/nio/Direct")) return "its memory is outside the heap";
  }
  return nullptr;
}

// Verdicts of classes that were asked about lately. Only classes of the built-in
// loaders that are not hidden enter it: they are never unloaded. bit 0: allowed.
static const int cache_size = 512;
static volatile uintptr_t verdicts[cache_size];

bool PersistentAllocation::is_allowed(Klass* klass) {
  uintptr_t k = (uintptr_t)klass;
  volatile uintptr_t* entry = &verdicts[((k >> 4) ^ (k >> 13)) % cache_size];
  uintptr_t cached = Atomic::load(entry);
  if ((cached & ~(uintptr_t)1) == k) {
    return (cached & 1) != 0;
  }
  bool allowed = refusal(klass) == nullptr;
  Klass* bottom = klass->is_objArray_klass() ? ObjArrayKlass::cast(klass)->bottom_klass() : klass;
  if (!bottom->is_hidden() && bottom->class_loader_data()->is_permanent_class_loader_data()) {
    Atomic::store(entry, k | (allowed ? 1 : 0));
  }
  return allowed;
}

void PersistentAllocation::check_allowed(Klass* klass, TRAPS) {
  if (is_allowed(klass)) {
    return;
  }
  ResourceMark rm(THREAD);
  THROW_MSG(vmSymbols::java_lang_UnsupportedOperationException(),
            err_msg("%s cannot be persistent: %s", klass->external_name(), refusal(klass)));
}

// ---- Memory ----

// The length of a write in the log is 32 bits.
static const size_t MaxObject = 2 * (size_t)G;

bool PersistentAllocation::may_fit(size_t bytes) {
  return bytes <= MIN2(MaxObject, PersistentSpace::capacity());
}

HeapWord* PersistentAllocation::allocate_raw(JavaThread* thread, size_t words) {
  PersistentThread& pt = thread->persistent();
  size_t bytes = words * HeapWordSize;
  char* p = nullptr;
  if (bytes <= pointer_delta(pt._plab_end, pt._plab_top, 1)) {
    p = pt._plab_top;
    pt._plab_top += bytes;
  } else if (bytes > PersistentSpace::BufferSize / 4) {
    if (may_fit(bytes)) p = PersistentSpace::allocate_large(bytes);
    if (p != nullptr && pt.in_txn()) pt._txn->note_allocation(p, p + bytes);
  } else {
    size_t size;
    p = PersistentSpace::allocate_buffer(bytes, &size);
    if (p != nullptr) {
      retire_buffer(thread);
      pt._plab_top = p + bytes;
      pt._plab_end = p + size;
      if (pt.in_txn()) pt._txn->note_allocation(p, p + size);
    }
  }
  if (p == nullptr) {
    pt._no_room_for = bytes;
    return nullptr;
  }
  // Also makes the pages private: the applier relies on it.
  memset(p, 0, bytes);
  return (HeapWord*)p;
}

void PersistentAllocation::retire_buffer(JavaThread* thread) {
  PersistentThread& pt = thread->persistent();
  if (pt._plab_top == nullptr) return;
  // First: the lines may be another thread's at once.
  if (pt.in_txn()) pt._txn->note_retired(pt._plab_top, pt._plab_end);
  PersistentSpace::recycle_buffer(pt._plab_top, pt._plab_end);
  pt._plab_top = pt._plab_end = nullptr;
}

HeapWord* PersistentAllocation::allocate(Klass* klass, size_t words, TRAPS) {
  PersistentTxn* txn = THREAD->persistent()._txn;
  if (txn != nullptr && txn->is_implicit()) {
    txn->renew_if_large();
    PersistentAudit::run_if_due();
  }
  PersistentCollector::start_if_due();
  PersistentRoom room;
  HeapWord* p;
  do {
    p = allocate_raw(THREAD, words);
    if (p == nullptr && PersistentAllocateAll) return nullptr;
  } while (p == nullptr && room.make(THREAD));
  if (p == nullptr) {
    ResourceMark rm(THREAD);
    stringStream message;
    PersistentSpace::print_no_space(&message);
    THROW_MSG_NULL(vmSymbols::java_lang_OutOfMemoryError(), message.as_string());
  }
  if (txn != nullptr) {
    txn->note_new_object((oopDesc*)p);
  }
  return p;
}

// The identity hash is assigned at birth, so that it is in the first media form
// already. Derived from the address at which the object is born.
markWord PersistentAllocation::initial_mark(HeapWord* p) {
  uint64_t h = ((uintptr_t)p - PHeap::base()) / HeapWordSize + 1;
  h *= HashFactor;
  h ^= h >> 32;
  h *= HashFactor;
  intptr_t hash = (intptr_t)((h >> 32) & markWord::hash_mask);
  return markWord::prototype().copy_set_hash(hash == 0 ? 1 : hash);
}
