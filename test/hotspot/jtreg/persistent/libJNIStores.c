/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/* Every JNI function that stores into the Java heap. k makes the values. */

#include <jni.h>
#include <string.h>

#define SET_FIELD(Type, name, sig, value) \
    (*env)->Set##Type##Field(env, obj, (*env)->GetFieldID(env, cls, name, sig), value)

JNIEXPORT void JNICALL Java_JNIStores_setFields(JNIEnv* env, jclass unused, jobject obj, jint k, jobject ref) {
    jclass cls = (*env)->GetObjectClass(env, obj);
    SET_FIELD(Boolean, "z", "Z", (jboolean) (k & 1));
    SET_FIELD(Byte, "b", "B", (jbyte) k);
    SET_FIELD(Short, "s", "S", (jshort) (k * 3));
    SET_FIELD(Char, "c", "C", (jchar) (k * 5));
    SET_FIELD(Int, "i", "I", k * 7);
    SET_FIELD(Long, "j", "J", (jlong) k * 11);
    SET_FIELD(Float, "f", "F", k * 0.5f);
    SET_FIELD(Double, "d", "D", k * 0.25);
    SET_FIELD(Object, "ref", "Ljava/lang/Object;", ref);
}

JNIEXPORT void JNICALL Java_JNIStores_setElement(JNIEnv* env, jclass unused, jobjectArray a, jint i, jobject value) {
    (*env)->SetObjectArrayElement(env, a, i, value);
}

/* Elements 1..5 of each array become k + their index. */
#define REGION(Type, type, array) { \
    type v[5]; int n; \
    for (n = 0; n < 5; n++) v[n] = (type) (k + 1 + n); \
    (*env)->Set##Type##ArrayRegion(env, array, 1, 5, v); }

JNIEXPORT void JNICALL Java_JNIStores_setRegions(JNIEnv* env, jclass unused, jbyteArray b, jshortArray s, jcharArray c,
        jintArray i, jlongArray j, jfloatArray f, jdoubleArray d, jbooleanArray z, jint k) {
    REGION(Byte, jbyte, b)
    REGION(Short, jshort, s)
    REGION(Char, jchar, c)
    REGION(Int, jint, i)
    REGION(Long, jlong, j)
    REGION(Float, jfloat, f)
    REGION(Double, jdouble, d)
    { jboolean v[5] = { k & 1, 0, 1, k & 1, 1 }; (*env)->SetBooleanArrayRegion(env, z, 1, 5, v); }
}

/* mode 0, JNI_COMMIT (then released with JNI_ABORT after a second change) or JNI_ABORT. */
#define ELEMENTS(Type, type, array) { \
    int n, len = (*env)->GetArrayLength(env, array); \
    type* p = (*env)->Get##Type##ArrayElements(env, array, NULL); \
    for (n = 0; n < len; n++) p[n] = (type) (k + n); \
    (*env)->Release##Type##ArrayElements(env, array, p, mode); \
    if (mode == JNI_COMMIT) { p[0] = (type) 99; (*env)->Release##Type##ArrayElements(env, array, p, JNI_ABORT); } }

JNIEXPORT void JNICALL Java_JNIStores_elements(JNIEnv* env, jclass unused, jbyteArray b, jshortArray s, jcharArray c,
        jintArray i, jlongArray j, jfloatArray f, jdoubleArray d, jint k, jint mode) {
    ELEMENTS(Byte, jbyte, b)
    ELEMENTS(Short, jshort, s)
    ELEMENTS(Char, jchar, c)
    ELEMENTS(Int, jint, i)
    ELEMENTS(Long, jlong, j)
    ELEMENTS(Float, jfloat, f)
    ELEMENTS(Double, jdouble, d)
}

/* Returns whether the VM said that it handed out a copy. */
JNIEXPORT jboolean JNICALL Java_JNIStores_critical(JNIEnv* env, jclass unused, jarray array, jint bytes, jint k, jint mode) {
    jboolean is_copy = JNI_FALSE;
    int n;
    jbyte* p = (*env)->GetPrimitiveArrayCritical(env, array, &is_copy);
    if (p == NULL) return JNI_FALSE;
    for (n = 0; n < bytes; n++) p[n] = (jbyte) (k + n);
    (*env)->ReleasePrimitiveArrayCritical(env, array, p, mode);
    if (mode == JNI_COMMIT) {
        p[0] = 99;
        (*env)->ReleasePrimitiveArrayCritical(env, array, p, JNI_ABORT);
    }
    return is_copy;
}

/* Sum of the characters; less than 0 if they are no copy. */
JNIEXPORT jint JNICALL Java_JNIStores_stringCritical(JNIEnv* env, jclass unused, jstring string) {
    int n, sum = 0, len = (*env)->GetStringLength(env, string);
    jboolean is_copy = JNI_FALSE;
    const jchar* p = (*env)->GetStringCritical(env, string, &is_copy);
    for (n = 0; n < len; n++) sum += p[n];
    (*env)->ReleaseStringCritical(env, string, p);
    return is_copy ? sum : -1 - sum;
}

/* For java.lang.foreign. */
JNIEXPORT void plain_fill(char* p, int bytes) {
    memset(p, 42, bytes);
}
