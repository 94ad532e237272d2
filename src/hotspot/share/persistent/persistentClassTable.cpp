/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

#include "persistent/persistentClassTable.hpp"

#include "classfile/classLoader.hpp"
#include "classfile/classLoaderData.hpp"
#include "classfile/dictionary.hpp"
#include "classfile/javaClasses.inline.hpp"
#include "classfile/symbolTable.hpp"
#include "classfile/systemDictionary.hpp"
#include "classfile/vmClasses.hpp"
#include "classfile/vmSymbols.hpp"
#include "logging/log.hpp"
#include "memory/allocation.inline.hpp"
#include "memory/resourceArea.hpp"
#include "oops/access.inline.hpp"
#include "oops/compressedKlass.inline.hpp"
#include "oops/fieldStreams.inline.hpp"
#include "oops/instanceKlass.inline.hpp"
#include "oops/instanceMirrorKlass.hpp"
#include "oops/objArrayKlass.hpp"
#include "oops/oop.inline.hpp"
#include "oops/typeArrayKlass.hpp"
#include "persistent/persistentAllocation.hpp"
#include "persistent/persistentClassTableFormat.hpp"
#include "persistent/persistentLog.hpp"
#include "persistent/persistentMedia.hpp"
#include "persistent/persistent_globals.hpp"
#include "runtime/fieldDescriptor.inline.hpp"
#include "runtime/handles.inline.hpp"
#include "runtime/java.hpp"
#include "runtime/javaCalls.hpp"
#include "runtime/javaThread.hpp"
#include "runtime/signature.hpp"
#include "utilities/defaultStream.hpp"
#include "utilities/growableArray.hpp"
#include "utilities/ostream.hpp"
#include "utilities/resizeableResourceHash.hpp"

typedef PersistentClassTableFormat::EntryHeader EntryHeader;
typedef PersistentClassTableFormat::Writer      EntryWriter;
typedef PersistentClassTableFormat::Reader      EntryReader;
typedef PersistentClassTableFormat::SymbolKind  SymbolKind;

// ---- Entries in memory ----

struct ClassEntry {
  uint32_t    id;
  uint32_t    loader;
  Symbol*     name;
  const char* media;            // the entry in the tables' view, for comparison; null if new in this run
  Klass*      klass;            // null until loaded
};

struct SymbolEntry {
  uint32_t       id;
  SymbolKind     kind;
  uint32_t       loader;
  Symbol*        holder_name;   // or the class's, or the primitive's
  Symbol*        member_name;
  Klass*         klass;         // class_symbol: the class; static_symbol: the holder; constants_symbol: the enum
  int            offset;        // static_symbol: of the field in the holder's mirror
  BasicType      type;          // primitive_symbol
  const char*    media;         // as ClassEntry's
};

typedef ResizeableResourceHashtable<Klass*, int, AnyObj::C_HEAP, mtPersistent> KlassTable;
typedef ResizeableResourceHashtable<uint32_t, int, AnyObj::C_HEAP, mtPersistent> IdTable;

// Why an entry cannot be used in this run: no object and no reference may need it.
struct Refusal {
  bool        is_class;
  uint32_t    id;
  const char* why;              // a sentence's end
};

static GrowableArrayCHeap<ClassEntry, mtPersistent>*  classes = nullptr;
static int loaded_classes = 0;      // of them: those that were there when the heap was opened
static GrowableArrayCHeap<SymbolEntry, mtPersistent>* symbols = nullptr;    // id - 1 is the index
static KlassTable* class_by_klass = nullptr;
static IdTable*    class_by_id = nullptr;
static GrowableArrayCHeap<Refusal, mtPersistent>* refusals = nullptr;       // complete once the classes are loaded
static size_t table_end = 0;              // bytes in use
static int    committed_classes = 0;
static int    committed_symbols = 0;
static size_t committed_end = 0;
static bool   full = false;               // since the last commit or abort an entry had no room

static const uint32_t SymbolLimit = 0x20000000;   // narrow value of 4 GB

static void initialize_tables() {
  classes = new GrowableArrayCHeap<ClassEntry, mtPersistent>();
  symbols = new GrowableArrayCHeap<SymbolEntry, mtPersistent>();
  refusals = new GrowableArrayCHeap<Refusal, mtPersistent>(0);
  class_by_klass = new (mtPersistent) KlassTable(1024, 1 * M);
  class_by_id = new (mtPersistent) IdTable(1024, 1 * M);
}

bool PersistentClassTable::read(char* errbuf, size_t errlen) {
  initialize_tables();
  const char* table = PersistentMedia::tables() + PersistentLayout::ClassTableOffset;
  while (table_end + sizeof(EntryHeader) <= PersistentLayout::ClassTableSize) {
    const char* entry = table + table_end;
    const EntryHeader* h = (const EntryHeader*)entry;
    if (h->size == 0) break;
    if (!PersistentClassTableFormat::is_valid(entry, PersistentLayout::ClassTableSize - table_end)) {
      os::snprintf(errbuf, errlen, "%s/data is damaged: class table entry at offset %zu; restore the heap from a backup",
                   PersistentMedia::directory(), PersistentLayout::ClassTableOffset + table_end);
      return false;
    }
    EntryReader r(entry);
    if (h->kind == PersistentClassTableFormat::class_entry) {
      ClassEntry e;
      e.id = h->id;
      e.loader = r.get();
      e.name = r.get_symbol();
      e.media = entry;
      e.klass = nullptr;
      class_by_id->put(e.id, classes->append(e));
    } else {
      SymbolEntry e;
      e.id = h->id;
      e.kind = (SymbolKind)r.get();
      e.loader = r.get();
      e.holder_name = r.get_symbol();
      e.member_name = r.get_symbol();
      e.klass = nullptr;
      e.offset = 0;
      e.type = T_ILLEGAL;
      e.media = entry;
      symbols->append(e);
      assert((int)e.id == symbols->length(), "symbols are numbered from 1");
    }
    table_end += h->size;
  }
  commit_entries();
  return true;
}

void PersistentClassTable::commit_entries() {
  committed_classes = classes->length();
  committed_symbols = symbols->length();
  committed_end = table_end;
  full = false;
}

void PersistentClassTable::abort_entries() {
  while (classes->length() > committed_classes) {
    ClassEntry e = classes->pop();
    class_by_klass->remove(e.klass);
    class_by_id->remove(e.id);
  }
  symbols->trunc_to(committed_symbols);
  table_end = committed_end;
  full = false;
}

bool PersistentClassTable::is_full() { return full; }

static bool append_entry(EntryWriter* w, PersistentLogRecord* record) {
  w->finish();
  if (w->size() + sizeof(EntryHeader) > PersistentLayout::ClassTableSize - table_end) {
    full = true;
    return false;
  }
  record->add(PersistentLayout::ClassTableOffset + table_end, w->bytes(), w->size());
  table_end += w->size();
  return true;
}

static uint32_t loader_of(const ClassLoaderData* cld) {
  if (cld->is_the_null_class_loader_data()) return PersistentClassTableFormat::boot_loader;
  return cld->is_platform_class_loader_data() ? PersistentClassTableFormat::platform_loader : PersistentClassTableFormat::app_loader;
}

static bool is_nameable(const Klass* k) {
  const Klass* bottom = k->is_objArray_klass() ? ObjArrayKlass::cast(k)->bottom_klass() : k;
  if (bottom->is_hidden()) return false;
  if (!bottom->is_instance_klass()) return true;
  // Of the archive, and not loaded yet, it has no loader data: who walks through the heap finds its mirror.
  const InstanceKlass* ik = InstanceKlass::cast(bottom);
  const bool is_builtin = ik->class_loader_data() == nullptr ? !ik->defined_by_other_loaders() : ik->class_loader_data()->is_builtin_class_loader_data();
  return is_builtin && !PersistentAllocation::is_generated(ik);
}

// The fields that shape an instance, its supers' included.
template <typename F> static void fields_do(InstanceKlass* ik, F f) {
  for (InstanceKlass* k = ik; k != nullptr; k = k->java_super()) {
    for (AllFieldStream fs(k); !fs.done(); fs.next()) {
      if (!fs.access_flags().is_static()) {
        f(fs.name(), fs.signature(), fs.offset());
      }
    }
  }
}

uint32_t PersistentClassTable::id_for(Klass* klass, PersistentLogRecord* record) {
  assert(PersistentLog::owned_by_self(), "must be");
  int* index = class_by_klass->get(klass);
  if (index != nullptr) return classes->at(*index).id;

  // The narrow class pointer, if it is free: then the header needs no translation in a
  // run that has the class at the same place.
  uint32_t id = (uint32_t)CompressedKlassPointers::encode(klass);
  if (PersistentHeapForceSwizzle || id == 0 || class_by_id->contains(id)) {
    id = 1;
    while (class_by_id->contains(id)) id++;
  }
  EntryWriter w(PersistentClassTableFormat::class_entry, id);
  w.put(loader_of(klass->class_loader_data()));
  w.put(klass->name());
  if (klass->is_instance_klass()) {
    InstanceKlass* ik = InstanceKlass::cast(klass);
    w.put((uint32_t)ik->size_helper() * HeapWordSize);
    uint32_t count = 0;
    fields_do(ik, [&] (Symbol*, Symbol*, int) { count++; });
    w.put(count);
    fields_do(ik, [&] (Symbol* name, Symbol* signature, int offset) {
      w.put(name);
      w.put(signature);
      w.put((uint32_t)offset);
    });
  }
  if (!append_entry(&w, record)) return 0;
  ClassEntry e;
  e.id = id;
  e.loader = loader_of(klass->class_loader_data());
  e.name = klass->name();
  e.media = nullptr;
  e.klass = klass;
  int i = classes->append(e);
  class_by_klass->put(klass, i);
  class_by_id->put(id, i);
  return id;
}

// ---- Symbols ----

static bool is_enum(Klass* k) {
  return k->is_instance_klass() && k->super() == vmClasses::Enum_klass();
}

// The names of an enum's constants in their order, whether or not the class is initialised.
template <typename F> static void enum_names_do(InstanceKlass* ik, F f) {
  for (JavaFieldStream fs(ik); !fs.done(); fs.next()) {
    if ((fs.access_flags().as_field_flags() & JVM_ACC_ENUM) != 0) f(fs.name());
  }
}

static uint32_t add_symbol(SymbolKind kind, uint32_t loader, Symbol* holder, Symbol* member,
                           Klass* klass, int offset, BasicType type, PersistentLogRecord* record) {
  uint32_t id = (uint32_t)symbols->length() + 1;
  if (id >= SymbolLimit) return 0;
  EntryWriter w(PersistentClassTableFormat::symbol_entry, id);
  w.put(kind);
  w.put(loader);
  w.put(holder);
  w.put(member);
  if (kind == PersistentClassTableFormat::class_symbol && is_enum(klass)) {
    // Every EnumMap and EnumSet refers to its enum's class, and goes by the order.
    uint32_t count = 0;
    enum_names_do(InstanceKlass::cast(klass), [&] (Symbol*) { count++; });
    w.put(count);
    enum_names_do(InstanceKlass::cast(klass), [&] (Symbol* name) { w.put(name); });
  }
  if (!append_entry(&w, record)) return 0;
  symbols->append(SymbolEntry{id, kind, loader, holder, member, klass, offset, type, nullptr});
  return id;
}

static oop static_value(Klass* holder, int offset) {
  return holder->java_mirror()->obj_field(offset);
}

// The array of an enum's constants that Class hands to EnumMap and EnumSet; null if
// nobody has asked for it yet.
static oop enum_constants(Klass* enum_klass) {
  fieldDescriptor fd;
  TempNewSymbol name = SymbolTable::new_symbol("enumConstants");
  if (!vmClasses::Class_klass()->find_local_field(name, vmSymbols::object_array_signature(), &fd)) return nullptr;
  return enum_klass->java_mirror()->obj_field(fd.offset());
}

static bool has_statics(InstanceKlass* ik) {
  return ik->is_initialized() || ik->is_being_initialized();
}

// The symbol of obj among the static final fields of ik; 0 if it has none there.
static uint32_t static_symbol_in(InstanceKlass* ik, oop obj, PersistentLogRecord* record) {
  if (!has_statics(ik) || !is_nameable(ik)) return 0;
  for (JavaFieldStream fs(ik); !fs.done(); fs.next()) {
    if (fs.access_flags().is_static() && fs.access_flags().is_final() &&
        is_reference_type(Signature::basic_type(fs.signature())) &&
        static_value(ik, fs.offset()) == obj) {
      return add_symbol(PersistentClassTableFormat::static_symbol, loader_of(ik->class_loader_data()), ik->name(), fs.name(),
                        ik, fs.offset(), T_ILLEGAL, record);
    }
  }
  return 0;
}

// The class, its supers, and the classes around each (Outer of Outer$Inner).
static uint32_t static_symbol_around(InstanceKlass* ik, oop obj, PersistentLogRecord* record) {
  ResourceMark rm;
  for (InstanceKlass* k = ik; k != nullptr; k = k->java_super()) {
    uint32_t id = static_symbol_in(k, obj, record);
    if (id != 0) return id;
    char* name = k->name()->as_C_string();
    for (char* dollar = strrchr(name, '$'); dollar != nullptr && dollar != name; dollar = strrchr(name, '$')) {
      *dollar = 0;
      TempNewSymbol outer_name = SymbolTable::probe(name, (int)strlen(name));
      InstanceKlass* outer = outer_name == nullptr ? nullptr
                           : k->class_loader_data()->dictionary()->find_class(Thread::current(), outer_name);
      if (outer != nullptr) {
        id = static_symbol_in(outer, obj, record);
        if (id != 0) return id;
      }
    }
  }
  return 0;
}

// A class, or the value of a static field.
static bool stands_for(const SymbolEntry* e, oop obj) {
  if (obj->klass() != vmClasses::Class_klass()) {
    return e->kind == PersistentClassTableFormat::static_symbol && e->klass != nullptr && static_value(e->klass, e->offset) == obj;
  }
  Klass* k = java_lang_Class::as_Klass(obj);
  return k != nullptr ? e->kind == PersistentClassTableFormat::class_symbol && e->klass == k
                      : e->kind == PersistentClassTableFormat::primitive_symbol && e->type == java_lang_Class::primitive_type(obj);
}

// The number of the symbol that stands for obj, or 0. Those found lately are looked at first, by the object's
// address: where a collection has moved the object it is another's, or nobody's, and all are searched.
static uint32_t find_symbol(oop obj) {
  static const int RecentCount = 8 * K;
  static int recent[RecentCount];
  const uintptr_t address = cast_from_oop<uintptr_t>(obj);
  int* last = &recent[(address >> 3 ^ address >> 13) % RecentCount];
  if (*last < symbols->length() && stands_for(symbols->adr_at(*last), obj)) return symbols->adr_at(*last)->id;
  for (int i = 0; i < symbols->length(); i++) {
    if (stands_for(symbols->adr_at(i), obj)) {
      *last = i;
      return symbols->adr_at(i)->id;
    }
  }
  return 0;
}

uint32_t PersistentClassTable::symbol_for(oop obj, PersistentLogRecord* record) {
  assert(PersistentLog::owned_by_self(), "must be");
  const uint32_t found = find_symbol(obj);
  if (found != 0) return found;
  Klass* klass = obj->klass();
  if (klass == vmClasses::Class_klass()) {
    Klass* k = java_lang_Class::as_Klass(obj);
    BasicType type = k == nullptr ? java_lang_Class::primitive_type(obj) : T_ILLEGAL;
    if (k == nullptr) {
      Symbol* name = SymbolTable::new_permanent_symbol(type2name(type));
      return add_symbol(PersistentClassTableFormat::primitive_symbol, PersistentClassTableFormat::boot_loader, name, vmSymbols::class_signature(), nullptr, 0, type, record);
    }
    if (!is_nameable(k)) return 0;
    return add_symbol(PersistentClassTableFormat::class_symbol, loader_of(k->class_loader_data()), k->name(), vmSymbols::class_signature(), k, 0, T_ILLEGAL, record);
  }
  if (klass->is_instance_klass()) {
    uint32_t id = static_symbol_around(InstanceKlass::cast(klass), obj, record);
    if (id != 0) return id;
  } else if (klass->is_objArray_klass()) {
    Klass* element = ObjArrayKlass::cast(klass)->element_klass();
    if (is_enum(element) && is_nameable(element) && enum_constants(element) == obj) {
      for (int i = 0; i < symbols->length(); i++) {
        SymbolEntry* e = symbols->adr_at(i);
        if (e->kind == PersistentClassTableFormat::constants_symbol && e->klass == element) return e->id;
      }
      return add_symbol(PersistentClassTableFormat::constants_symbol, loader_of(element->class_loader_data()), element->name(),
                        vmSymbols::object_array_signature(), element, 0, T_ILLEGAL, record);
    }
  }
  if (PersistentAllocateAll) return 0;    // the reference is lost, which is quicker to find out
  for (int i = 0; i < classes->length(); i++) {
    Klass* k = classes->at(i).klass;
    if (k != nullptr && k->is_instance_klass()) {
      uint32_t id = static_symbol_around(InstanceKlass::cast(k), obj, record);
      if (id != 0) return id;
    }
  }
  return 0;
}

// ---- Opening ----

// The heap cannot be opened: one sentence, exit code 1, the heap as it was.
static void fail(const char* format, ...) ATTRIBUTE_PRINTF(1, 2);
static void fail(const char* format, ...) {
  char what[2048];
  va_list ap;
  va_start(ap, format);
  os::vsnprintf(what, sizeof(what), format, ap);
  va_end(ap);
  jio_fprintf(defaultStream::error_stream(), "Error: persistent heap %s cannot be opened: %s\n",
              PersistentMedia::directory(), what);
  vm_exit(1);
}

// The same if something needs the entry. It may not: all instances of a class may be gone, and entries stay.
static void refuse(bool is_class, uint32_t id, const char* format, ...) ATTRIBUTE_PRINTF(3, 4);
static void refuse(bool is_class, uint32_t id, const char* format, ...) {
  char what[2048];
  va_list ap;
  va_start(ap, format);
  os::vsnprintf(what, sizeof(what), format, ap);
  va_end(ap);
  log_info(pheap)("%s %u must not be used: %s", is_class ? "Class" : "Symbol", id, what);
  refusals->append(Refusal{is_class, id, os::strdup_check_oom(what, mtPersistent)});
}

static const char* refusal_of(bool is_class, uint32_t id) {
  for (int i = 0; i < refusals->length(); i++) {
    const Refusal* r = refusals->adr_at(i);
    if (r->is_class == is_class && r->id == id) return r->why;
  }
  return nullptr;
}

bool        PersistentClassTable::has_refusals()              { return refusals->is_nonempty(); }
const char* PersistentClassTable::class_refusal(uint32_t id)  { return refusal_of(true, id); }
const char* PersistentClassTable::symbol_refusal(uint32_t id) { return refusal_of(false, id); }

static const char* java_name(Symbol* name) {
  char* s = name->as_C_string();
  for (char* p = s; *p != 0; p++) {
    if (*p == '/') *p = '.';
  }
  return s;
}

// False if the initializer has thrown; why: what.
static bool initialize(InstanceKlass* ik, stringStream* why, TRAPS) {
  ik->initialize(THREAD);
  if (!HAS_PENDING_EXCEPTION) return true;
  Handle exception(THREAD, PENDING_EXCEPTION);
  CLEAR_PENDING_EXCEPTION;
  oop cause = java_lang_Throwable::cause(exception());
  why->print("the initializer of class %s threw ", java_name(ik->name()));
  java_lang_Throwable::print(cause != nullptr ? cause : exception(), why);
  return false;
}

// Loads and links it; null, and why, if that is not possible.
static Klass* load(uint32_t loader, Symbol* name, const char** why, TRAPS) {
  Handle h(THREAD, loader == PersistentClassTableFormat::boot_loader ? (oop)nullptr :
                   loader == PersistentClassTableFormat::platform_loader ? SystemDictionary::java_platform_loader()
                                             : SystemDictionary::java_system_loader());
  Klass* k = SystemDictionary::resolve_or_null(name, h, THREAD);
  // Compiled code's assumptions about the class hierarchy leave out what is not linked.
  if (!HAS_PENDING_EXCEPTION && k != nullptr && k->is_instance_klass()) InstanceKlass::cast(k)->link_class(THREAD);
  *why = "it was not found on the class path";
  if (HAS_PENDING_EXCEPTION) {
    *why = PENDING_EXCEPTION->klass()->external_name();
    CLEAR_PENDING_EXCEPTION;
    return nullptr;
  }
  return k;
}

struct StoredField { Symbol* name; Symbol* signature; uint32_t offset; };

// Compares the fields that the instances on the media have with those of the class.
static bool check_fields(const ClassEntry* e, InstanceKlass* ik) {
  EntryReader r(e->media);
  r.get();
  r.get_symbol();
  uint32_t size = r.get();
  uint32_t count = r.get();
  GrowableArray<StoredField> stored;
  for (uint32_t i = 0; i < count; i++) {
    Symbol* name = r.get_symbol();
    Symbol* signature = r.get_symbol();
    stored.append(StoredField{name, signature, r.get()});
  }
  stringStream diff;
  GrowableArray<bool> found(stored.length(), stored.length(), false);
  fields_do(ik, [&] (Symbol* name, Symbol* signature, int offset) {
    for (int i = 0; i < stored.length(); i++) {
      StoredField s = stored.at(i);
      if (s.name == name && !found.at(i) && (s.signature == signature || s.offset == (uint32_t)offset)) {
        found.at_put(i, true);
        if (s.signature != signature) {
          diff.print(" field %s had type %s and has %s;", name->as_C_string(), s.signature->as_C_string(), signature->as_C_string());
        } else if (s.offset != (uint32_t)offset) {
          diff.print(" field %s was at offset %u and is at %d;", name->as_C_string(), s.offset, offset);
        }
        return;
      }
    }
    diff.print(" field %s (%s) was added;", name->as_C_string(), signature->as_C_string());
  });
  for (int i = 0; i < stored.length(); i++) {
    if (!found.at(i)) {
      diff.print(" field %s (%s) was removed;", stored.at(i).name->as_C_string(), stored.at(i).signature->as_C_string());
    }
  }
  if (diff.size() == 0 && size != (uint32_t)ik->size_helper() * HeapWordSize) {
    diff.print(" instances had %u bytes and have %u;", size, (uint32_t)ik->size_helper() * HeapWordSize);
  }
  if (diff.size() == 0) return true;
  refuse(true, e->id, "class %s has changed since its instances were stored:%s use the class as it was", java_name(e->name), diff.as_string());
  return false;
}

// No object can be of such a class any more.
static bool check_instantiable(const ClassEntry* e, InstanceKlass* ik) {
  if (!ik->is_interface() && !ik->is_abstract()) return true;
  refuse(true, e->id, "class %s has changed since its instances were stored: it is %s now; use the class as it was",
         java_name(e->name), ik->is_interface() ? "an interface" : "abstract");
  return false;
}

// The names of the constants, as a class symbol has them: none if it is no enum, or by a version that did not write them.
static void stored_names(const SymbolEntry* e, GrowableArray<Symbol*>* names) {
  EntryReader r(e->media);
  r.get();
  r.get();
  r.get_symbol();
  r.get_symbol();
  for (uint32_t count = r.get(); count > 0; count--) names->append(r.get_symbol());
}

static bool is_prefix(const GrowableArray<Symbol*>* names, const GrowableArray<Symbol*>* of) {
  if (names->length() > of->length()) return false;
  for (int i = 0; i < names->length(); i++) {
    if (names->at(i) != of->at(i)) return false;
  }
  return true;
}

static bool is_same_class(const SymbolEntry* a, const SymbolEntry* b) {
  return a->kind == b->kind && a->holder_name == b->holder_name && a->loader == b->loader;
}

// Whether constants that are missing at the end were only added by a later version of the program, so that this one is the one before.
static bool is_version_before(const SymbolEntry* e, const GrowableArray<Symbol*>* names) {
  for (int i = 0; i < (int)e->id - 1; i++) {
    const SymbolEntry* earlier = symbols->adr_at(i);
    if (!is_same_class(earlier, e)) continue;
    GrowableArray<Symbol*> was;
    stored_names(earlier, &was);
    if (was.is_nonempty() && is_prefix(&was, names)) return true;
  }
  return false;
}

// EnumMap and EnumSet go by the constants' order: there may be new ones behind those that were there.
static bool check_enum(const SymbolEntry* e, Klass* k) {
  GrowableArray<Symbol*> was, is;
  stored_names(e, &was);
  if (is_enum(k)) enum_names_do(InstanceKlass::cast(k), [&] (Symbol* name) { is.append(name); });
  if (is_prefix(&was, &is) || (is_prefix(&is, &was) && is_version_before(e, &is))) return true;
  int i = 0;
  while (i < is.length() && was.at(i) == is.at(i)) i++;
  refuse(false, e->id, "enum %s has changed since it was stored: constant %d was %s and is %s; use the enum as it was, since EnumMap and "
         "EnumSet go by the order of the constants, or add new ones behind them", java_name(e->holder_name), i,
         was.at(i)->as_C_string(), i < is.length() ? is.at(i)->as_C_string() : "missing");
  return false;
}

// What refers to an entry may also be of a later run, with more constants, which has a symbol of its own (note_new_constants).
static void refuse_extended(SymbolEntry* e) {
  GrowableArray<Symbol*> names;
  stored_names(e, &names);
  for (int i = (int)e->id; i < symbols->length(); i++) {
    const SymbolEntry* later = symbols->adr_at(i);
    const char* why = refusal_of(false, later->id);
    if (why == nullptr || !is_same_class(later, e)) continue;
    GrowableArray<Symbol*> more;
    stored_names(later, &more);
    if (!is_prefix(&names, &more)) continue;
    e->klass = nullptr;
    refuse(false, e->id, "%s", why);
    return;
  }
}

// Whether the symbol has a value in this run.
static bool load_symbol(SymbolEntry* e, TRAPS) {
  if (e->kind == PersistentClassTableFormat::primitive_symbol) {
    e->type = name2type(e->holder_name->as_C_string());
    return true;
  }
  const char* missing;
  Klass* k = load(e->loader, e->holder_name, &missing, CHECK_false);
  if (k == nullptr) {
    refuse(false, e->id, "class %s is referred to by it but cannot be loaded (%s)", java_name(e->holder_name), missing);
    return false;
  }
  if (e->kind == PersistentClassTableFormat::class_symbol) {
    if (!check_enum(e, k)) return false;
    e->klass = k;
    return true;
  }
  stringStream thrown;
  const bool initialized = initialize(InstanceKlass::cast(k), &thrown, CHECK_false);
  if (!initialized) {
    refuse(false, e->id, "%s", thrown.as_string());
    return false;
  }
  if (e->kind == PersistentClassTableFormat::constants_symbol) {
    // Fills the field that enum_constants reads.
    JavaValue result(T_OBJECT);
    TempNewSymbol name = SymbolTable::new_symbol("getEnumConstantsShared");
    TempNewSymbol signature = SymbolTable::new_symbol("()[Ljava/lang/Object;");
    JavaCalls::call_virtual(&result, Handle(THREAD, k->java_mirror()), vmClasses::Class_klass(), name, signature, CHECK_false);
    if (enum_constants(k) == nullptr) {
      refuse(false, e->id, "class %s, the array of whose constants is referred to by it, is no enum any more; use the class as it was", java_name(e->holder_name));
      return false;
    }
    e->klass = k;
    return true;
  }
  for (JavaFieldStream fs(InstanceKlass::cast(k)); !fs.done(); fs.next()) {
    if (fs.name() == e->member_name && fs.access_flags().is_static() && is_reference_type(Signature::basic_type(fs.signature())) &&
        static_value(k, fs.offset()) != nullptr) {
      e->offset = fs.offset();
      e->klass = k;
      return true;
    }
  }
  refuse(false, e->id, "static field %s of class %s is referred to by it but does not exist or is null", e->member_name->as_C_string(), java_name(e->holder_name));
  return false;
}

void PersistentClassTable::load_classes(TRAPS) {
  ResourceMark rm(THREAD);
  loaded_classes = classes->length();
  for (int i = 0; i < loaded_classes; i++) {
    ClassEntry e = classes->at(i);
    const char* why;
    Klass* k = load(e.loader, e.name, &why, CHECK);
    if (k == nullptr) {
      refuse(true, e.id, "class %s has instances in it but cannot be loaded (%s)", java_name(e.name), why);
      continue;
    }
    if (k->is_instance_klass() && !(check_instantiable(&e, InstanceKlass::cast(k)) && check_fields(&e, InstanceKlass::cast(k)))) continue;
    classes->adr_at(i)->klass = k;
    class_by_klass->put(k, i);
  }
  for (int i = 0; i < symbols->length(); i++) {
    SymbolEntry e = symbols->at(i);       // Java code runs
    const bool has_value = load_symbol(&e, CHECK);
    if (has_value) symbols->at_put(i, e);
  }
  if (has_refusals()) {
    for (int i = symbols->length() - 1; i >= 0; i--) {
      SymbolEntry* e = symbols->adr_at(i);
      if (e->kind == PersistentClassTableFormat::class_symbol && e->klass != nullptr) refuse_extended(e);
    }
  }
  log_info(pheap)("%d classes, %d symbols loaded", classes->length(), symbols->length());
}

void PersistentClassTable::note_new_constants() {
  ResourceMark rm;
  PersistentLog::lock();
  PersistentLogRecord record;
  const int length = symbols->length();
  for (int i = 0; i < length; i++) {
    const SymbolEntry e = symbols->at(i);
    if (e.kind != PersistentClassTableFormat::class_symbol || e.klass == nullptr || !is_enum(e.klass)) continue;
    int known = 0, count = 0;
    for (int j = i; j < symbols->length(); j++) {
      const SymbolEntry* later = symbols->adr_at(j);
      if (later->klass != e.klass || later->kind != e.kind) continue;
      if (later->media == nullptr) {
        known = max_jint;               // added here
      } else {
        GrowableArray<Symbol*> names;
        stored_names(later, &names);
        known = MAX2(known, names.length());
      }
    }
    enum_names_do(InstanceKlass::cast(e.klass), [&] (Symbol*) { count++; });
    if (count <= known) continue;
    if (add_symbol(e.kind, e.loader, e.holder_name, e.member_name, e.klass, 0, T_ILLEGAL, &record) == 0) {
      fail("the class table has no room for the new constants of enum %s; use the enum as it was", java_name(e.holder_name));
    }
  }
  if (symbols->length() > length) {
    char err[512];
    if (PersistentLog::append(&record, err, sizeof(err)) == 0) fail("the new constants of an enum cannot be noted: %s", err);
    commit_entries();
  }
  PersistentLog::unlock();
}

void PersistentClassTable::initialize_classes(TRAPS) {
  ResourceMark rm(THREAD);
  GrowableArray<InstanceKlass*> loaded(loaded_classes);
  PersistentLog::lock();
  for (int i = 0; i < loaded_classes; i++) {
    Klass* k = classes->at(i).klass;
    if (k != nullptr && k->is_instance_klass()) loaded.append(InstanceKlass::cast(k));
  }
  PersistentLog::unlock();
  for (InstanceKlass* ik : loaded) {
    stringStream why;
    const bool initialized = initialize(ik, &why, CHECK);
    if (!initialized) fail("%s", why.as_string());
  }
}

int PersistentClassTable::class_count() { return classes->length(); }

Klass* PersistentClassTable::class_at(int i, uint32_t* class_id) {
  *class_id = classes->at(i).id;
  return classes->at(i).klass;
}

bool PersistentClassTable::has_class(const char* name) {
  for (int i = 0; i < classes->length(); i++) {
    if (classes->at(i).name->equals(name)) return true;
  }
  return false;
}

int PersistentClassTable::symbol_count() { return symbols->length(); }

oop PersistentClassTable::symbol_value(uint32_t symbol_id) {
  if (symbol_id == 0 || symbol_id > (uint32_t)symbols->length()) return nullptr;
  const SymbolEntry* e = symbols->adr_at((int)symbol_id - 1);
  switch (e->kind) {
    case PersistentClassTableFormat::class_symbol:     return e->klass == nullptr ? (oop)nullptr : e->klass->java_mirror();
    case PersistentClassTableFormat::primitive_symbol: return Universe::java_mirror(e->type);
    case PersistentClassTableFormat::static_symbol:    return e->klass == nullptr ? (oop)nullptr : static_value(e->klass, e->offset);
    case PersistentClassTableFormat::constants_symbol: return e->klass == nullptr ? (oop)nullptr : enum_constants(e->klass);
  }
  return nullptr;
}

// ---- Identity hashes ----

static uint64_t mix(uint64_t h, const Symbol* s) {
  for (int i = 0; i < s->utf8_length(); i++) {
    h = (h ^ (uint8_t)s->char_at(i)) * UCONST64(0x100000001B3);     // FNV-1a
  }
  return h;
}

intptr_t PersistentClassTable::stable_identity_hash(oop obj) {
  Klass* klass = obj->klass();
  uint64_t h = UCONST64(0xCBF29CE484222325);
  if (klass == vmClasses::Class_klass()) {
    Klass* k = java_lang_Class::as_Klass(obj);
    if (k == nullptr) {
      h ^= java_lang_Class::primitive_type(obj);
    } else if (is_nameable(k)) {
      h = mix(h, k->name());
    } else {
      return 0;
    }
  } else if (klass->is_instance_klass() && vmClasses::Enum_klass_is_loaded() &&
             klass->is_subclass_of(vmClasses::Enum_klass())) {
    InstanceKlass* ik = InstanceKlass::cast(klass);
    if (!is_nameable(ik)) return 0;
    // A constant with a body has a class of its own: the enum is the one below Enum.
    while (ik->java_super() != vmClasses::Enum_klass() && ik->java_super() != nullptr) ik = ik->java_super();
    fieldDescriptor fd;
    TempNewSymbol name_symbol = SymbolTable::new_symbol("name");
    if (!vmClasses::Enum_klass()->find_local_field(name_symbol, vmSymbols::string_signature(), &fd)) return 0;
    oop name = obj->obj_field(fd.offset());
    if (name == nullptr) return 0;                // being constructed
    h = mix(h, ik->name());
    h = (h ^ java_lang_String::hash_code(name)) * UCONST64(0x100000001B3);
  } else {
    return 0;
  }
  h ^= h >> 32;
  h *= UCONST64(0xD6E8FEB86659FD93);
  intptr_t hash = (intptr_t)((h >> 32) & markWord::hash_mask);
  return hash == 0 ? 1 : hash;
}

void PersistentClassTable::print_on(outputStream* st) {
  if (classes != nullptr) {
    st->print_cr("  class table   : %d classes, %d symbols, %zu K of %zu K",
                 committed_classes, committed_symbols, committed_end / K, PersistentLayout::ClassTableSize / K);
  }
}
