/*
 * Copyright (c) 2026, the Everheap authors.
 * SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
 */

/*
 * @test
 * @summary No intrinsic of C2 writes into a persistent array unseen: rollback, results, the audit at exit
 * @requires vm.compiler2.enabled & os.arch == "amd64"
 * @library /test/lib
 * @modules java.base/java.lang:open java.base/java.math:open java.base/java.util:open java.base/sun.nio.cs:open
 *          java.base/sun.security.provider:open java.base/sun.security.util.math.intpoly:open
 *          java.base/com.sun.crypto.provider:open java.base/jdk.internal.misc:open jdk.incubator.vector
 * @build jdk.test.whitebox.WhiteBox
 * @run driver jdk.test.lib.helpers.ClassFileInstaller jdk.test.whitebox.WhiteBox
 * @run main/othervm/timeout=900 C2Intrinsics
 */

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.persistent.PersistentHeap;
import java.lang.persistent.Txn;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import jdk.test.lib.process.OutputAnalyzer;
import jdk.test.lib.process.ProcessTools;
import jdk.test.whitebox.WhiteBox;

public class C2Intrinsics {
    // The parent: one VM per round, whose audit at its exit is the judge.
    public static void main(String[] args) throws Exception {
        List<String> command = new ArrayList<>(List.of("-Xbootclasspath/a:.", "-XX:+UnlockDiagnosticVMOptions", "-XX:+WhiteBoxAPI",
            "-XX:PersistentHeap=heap-c2i", "-XX:PersistentHeapSize=64m", "-XX:+PersistentHeapAudit", "-Xmx256m",
            "-XX:-TieredCompilation", "-Xbatch", "-XX:CompileThreshold=60", "-XX:-CreateCoredumpOnCrash",
            "-XX:+PrintCompilation", "-XX:+PrintInlining", "-XX:CompileCommand=quiet",
            "-XX:CompileCommand=compileonly,C2Intrinsics$Program::hot*",
            "-XX:CompileCommand=compileonly,java.util.DualPivotQuicksort::sort"));
        for (String p : new String[] {"java.lang", "java.math", "java.util", "sun.nio.cs", "sun.security.provider",
                                      "sun.security.util.math.intpoly", "com.sun.crypto.provider", "jdk.internal.misc"}) {
            command.add("--add-opens=java.base/" + p + "=ALL-UNNAMED");
        }
        command.addAll(List.of("--add-modules", "jdk.incubator.vector", "-cp", System.getProperty("java.class.path"),
            "C2Intrinsics$Program"));
        command.addAll(List.of(args));
        OutputAnalyzer out = new OutputAnalyzer(ProcessTools.createLimitedTestJavaProcessBuilder(command).start());
        out.shouldHaveExitValue(0).shouldContain(" 0 differences").shouldContain("all done");

        String text = out.getStdout();
        int used = 0;
        for (Matcher m = Pattern.compile("(?m)^available (\\S+)$").matcher(text); m.find(); ) {
            String site = " " + Pattern.quote(m.group(1)) + " \\(\\d+ bytes\\)\\s+";
            if (Pattern.compile(site + "(?!failed).*\\(intrinsic\\)").matcher(text).find()) {
                used++;
            } else if (Pattern.compile(site + "failed to inline \\(intrinsic").matcher(text).find()) {
                System.out.println("not on this processor: " + m.group(1));
            } else {
                throw new AssertionError("never compiled: " + m.group(1));
            }
        }
        System.out.println(used + " intrinsics");
        if (used < 12) throw new AssertionError("only " + used + " intrinsics were used");

        // A guard that is hit leaves the code as it is.
        Map<String, Integer> compilations = new TreeMap<>();
        for (Matcher m = Pattern.compile("(?m)^ *\\d+ +\\d+ .*C2Intrinsics\\$Program::(hot\\w+) \\(\\d+ bytes\\)$").matcher(text); m.find(); ) {
            compilations.merge(m.group(1), 1, Integer::sum);
        }
        System.out.println(compilations);
        for (var e : compilations.entrySet()) {
            if (e.getValue() > 4) throw new AssertionError(e + " compilations");
        }
    }

    public static class Program {
        static final WhiteBox WB = WhiteBox.getWhiteBox();
        static final String SEC = "sun.security.provider.", CRYPTO = "com.sun.crypto.provider.";
        static final List<String> available = new ArrayList<>();

        // ---- Access to what is private ----

        static Class<?> cls(String name) {
            try {
                return Class.forName(name);
            } catch (ClassNotFoundException e) {
                throw new AssertionError(e);
            }
        }

        static Method method(String owner, String name, Class<?>... types) throws ReflectiveOperationException {
            Method m = cls(owner).getDeclaredMethod(name, types);
            m.setAccessible(true);
            return m;
        }

        static void check(Method m) {
            for (var a : m.getAnnotations()) {
                if (a.annotationType().getSimpleName().equals("IntrinsicCandidate") && WB.isIntrinsicAvailable(m, 4)) {
                    available.add(m.getDeclaringClass().getName() + "::" + m.getName());
                }
            }
        }

        // The intrinsic itself
        static MethodHandle handle(String owner, String name, Class<?>... types) {
            try {
                Method m = method(owner, name, types);
                check(m);
                MethodHandle h = MethodHandles.lookup().unreflect(m);
                MethodType t = h.type();
                for (int i = 0; i < t.parameterCount(); i++) {
                    if (!t.parameterType(i).isPrimitive() && !t.parameterType(i).isArray()) t = t.changeParameterType(i, Object.class);
                }
                return h.asType(t.changeReturnType(void.class));
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
        }

        // A method that calls the intrinsic; checked by the name of the latter.
        static MethodHandle caller(String owner, String name, String intrinsicOwner, String intrinsic, Class<?>... types) {
            MethodHandle h = handle(owner, name, types);
            try {
                check(method(intrinsicOwner, intrinsic, types));
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
            return h;
        }

        static Object make(String owner, Object... args) throws ReflectiveOperationException {
            for (Constructor<?> c : cls(owner).getDeclaredConstructors()) {
                if (c.getParameterCount() == args.length && (args.length != 1 || c.getParameterTypes()[0].isPrimitive() || c.getParameterTypes()[0].isInstance(args[0]))) {
                    c.setAccessible(true);
                    return c.newInstance(args);
                }
            }
            throw new AssertionError(owner);
        }

        static Field field(Class<?> c, String name) {
            for (; c != null; c = c.getSuperclass()) {
                try {
                    Field f = c.getDeclaredField(name);
                    f.setAccessible(true);
                    return f;
                } catch (NoSuchFieldException e) {
                    // in a superclass
                }
            }
            throw new AssertionError(name);
        }
        static Object get(Object o, String name) throws ReflectiveOperationException { return field(o.getClass(), name).get(o); }
        static Object constant(String owner, String name) throws ReflectiveOperationException { return field(cls(owner), name).get(null); }

        // ---- Arguments ----

        static Random random = new Random(1);
        static byte[] bytes(int n)   { byte[] a = new byte[n]; random.nextBytes(a); return a; }
        static byte[] ascii(int n)   { byte[] a = bytes(n); for (int i = 0; i < n; i++) a[i] = (byte) ('a' + (a[i] & 15)); return a; }
        static byte[] utf16(int n)   { byte[] a = new byte[2 * n]; for (int i = 0; i < n; i++) a[2 * i] = (byte) ('a' + i % 16); return a; }
        static char[] chars(int n)   { char[] a = new char[n]; for (int i = 0; i < n; i++) a[i] = (char) ('a' + random.nextInt(16)); return a; }
        static int[] ints(int n)     { int[] a = new int[n]; for (int i = 0; i < n; i++) a[i] = random.nextInt(); return a; }
        static int[] small(int n)    { int[] a = new int[n]; for (int i = 0; i < n; i++) a[i] = random.nextInt(8000000); return a; }
        static short[] shorts(int n) { short[] a = new short[n]; for (int i = 0; i < n; i++) a[i] = (short) random.nextInt(3000); return a; }
        static long[] longs(int n)   { long[] a = new long[n]; for (int i = 0; i < n; i++) a[i] = random.nextLong(); return a; }
        static long[] limbs(int n)   { long[] a = new long[n]; for (int i = 0; i < n; i++) a[i] = random.nextLong() & 0x3ffffff; return a; }

        static Object aes(boolean decrypting) throws ReflectiveOperationException {
            Object c = make(CRYPTO + "AESCrypt");
            method(CRYPTO + "AESCrypt", "init", boolean.class, String.class, byte[].class).invoke(c, decrypting, "AES", ascii(16));
            return c;
        }
        static Object mode(String name, boolean decrypting) throws ReflectiveOperationException {
            Object c = make(CRYPTO + name, make(CRYPTO + "AESCrypt"));
            method(CRYPTO + name, "init", boolean.class, String.class, byte[].class, byte[].class)
                .invoke(c, decrypting, "AES", ascii(16), name.startsWith("Elec") ? null : ascii(16));
            return c;
        }

        // ---- What is compiled ----

        static final Class<?> B = byte[].class, C = char[].class, S = short[].class, I = int[].class, J = long[].class, i = int.class;

        static final MethodHandle
            compressC = handle("java.lang.StringUTF16", "compress", C, i, B, i, i),
            compressB = handle("java.lang.StringUTF16", "compress", B, i, B, i, i),
            inflateC = handle("java.lang.StringLatin1", "inflate", B, i, C, i, i),
            inflateB = handle("java.lang.StringLatin1", "inflate", B, i, B, i, i),
            getChars = handle("java.lang.StringUTF16", "getChars", B, i, i, C, i),
            putChar = handle("java.lang.StringUTF16", "putChar", B, i, i),
            encodeISO = handle("sun.nio.cs.ISO_8859_1$Encoder", "implEncodeISOArray", C, i, B, i, i),
            encodeByteISO = handle("java.lang.StringCoding", "implEncodeISOArray", B, i, B, i, i),
            encodeAscii = handle("java.lang.StringCoding", "implEncodeAsciiArray", C, i, B, i, i),
            arraycopy = handle("java.lang.System", "arraycopy", Object.class, i, Object.class, i, i),
            copyMemory = handle("jdk.internal.misc.Unsafe", "copyMemory0", Object.class, long.class, Object.class, long.class, long.class),
            setMemory = handle("jdk.internal.misc.Unsafe", "setMemory0", Object.class, long.class, long.class, byte.class),
            multiplyToLen = handle("java.math.BigInteger", "implMultiplyToLen", I, i, I, i, I),
            squareToLen = handle("java.math.BigInteger", "implSquareToLen", I, i, I, i),
            mulAdd = handle("java.math.BigInteger", "implMulAdd", I, I, i, i, i),
            montgomeryMultiply = handle("java.math.BigInteger", "implMontgomeryMultiply", I, I, I, i, long.class, I),
            montgomerySquare = handle("java.math.BigInteger", "implMontgomerySquare", I, I, i, long.class, I),
            shiftLeft = handle("java.math.BigInteger", "shiftLeftImplWorker", I, I, i, i, i),
            shiftRight = handle("java.math.BigInteger", "shiftRightImplWorker", I, I, i, i, i),
            encodeBlock = handle("java.util.Base64$Encoder", "encodeBlock", B, i, i, B, i, boolean.class),
            decodeBlock = handle("java.util.Base64$Decoder", "decodeBlock", B, i, i, B, i, boolean.class, boolean.class),
            md5 = caller(SEC + "MD5", "implCompress", SEC + "MD5", "implCompress0", B, i),
            sha1 = caller(SEC + "SHA", "implCompress", SEC + "SHA", "implCompress0", B, i),
            sha2 = caller(SEC + "SHA2", "implCompress", SEC + "SHA2", "implCompress0", B, i),
            sha5 = caller(SEC + "SHA5", "implCompress", SEC + "SHA5", "implCompress0", B, i),
            sha3 = caller(SEC + "SHA3", "implCompress", SEC + "SHA3", "implCompress0", B, i),
            digestMB = handle(SEC + "DigestBase", "implCompressMultiBlock0", B, i, i),
            keccak = handle(SEC + "SHA3Parallel", "doubleKeccak", J, J),
            dsaNtt = handle(SEC + "ML_DSA", "implDilithiumAlmostNtt", I, I),
            dsaInverse = handle(SEC + "ML_DSA", "implDilithiumAlmostInverseNtt", I, I),
            dsaMult = handle(SEC + "ML_DSA", "implDilithiumNttMult", I, I, I),
            dsaMont = handle(SEC + "ML_DSA", "implDilithiumMontMulByConstant", I, i),
            dsaDecompose = handle(SEC + "ML_DSA", "implDilithiumDecomposePoly", I, I, I, i, i),
            kemNtt = handle(CRYPTO + "ML_KEM", "implKyberNtt", S, S),
            kemInverse = handle(CRYPTO + "ML_KEM", "implKyberInverseNtt", S, S),
            kemMult = handle(CRYPTO + "ML_KEM", "implKyberNttMult", S, S, S, S),
            kemAdd2 = handle(CRYPTO + "ML_KEM", "implKyberAddPoly", S, S, S),
            kemAdd3 = handle(CRYPTO + "ML_KEM", "implKyberAddPoly", S, S, S, S),
            kem12To16 = handle(CRYPTO + "ML_KEM", "implKyber12To16", B, i, S, i),
            kemBarrett = handle(CRYPTO + "ML_KEM", "implKyberBarrettReduce", S),
            encryptBlock = handle(CRYPTO + "AESCrypt", "implEncryptBlock", B, i, B, i),
            decryptBlock = handle(CRYPTO + "AESCrypt", "implDecryptBlock", B, i, B, i),
            cbcEncrypt = handle(CRYPTO + "CipherBlockChaining", "implEncrypt", B, i, i, B, i),
            cbcDecrypt = handle(CRYPTO + "CipherBlockChaining", "implDecrypt", B, i, i, B, i),
            ecbEncrypt = handle(CRYPTO + "ElectronicCodeBook", "implECBEncrypt", B, i, i, B, i),
            ecbDecrypt = handle(CRYPTO + "ElectronicCodeBook", "implECBDecrypt", B, i, i, B, i),
            ctr = handle(CRYPTO + "CounterMode", "implCrypt", B, i, i, B, i),
            gcm = handle(CRYPTO + "GaloisCounterMode", "implGCMCrypt0", B, i, i, B, i, B, i, cls(CRYPTO + "GCTR"), cls(CRYPTO + "GHASH")),
            ghash = handle(CRYPTO + "GHASH", "processBlocks", B, i, i, J, J),
            chacha = handle(CRYPTO + "ChaCha20Cipher", "implChaCha20Block", I, B),
            poly1305 = handle(CRYPTO + "Poly1305", "processMultipleBlocks", B, i, i, J, J),
            p256 = handle("sun.security.util.math.intpoly.MontgomeryIntegerPolynomialP256", "mult", J, J, J),
            assign = handle("sun.security.util.math.intpoly.IntegerPolynomial", "conditionalAssign", i, J, J);

        interface Call { void call(Object[] a) throws Throwable; }
        interface Maker { Object[] make() throws Exception; }

        static void hotCompressC(Object[] a) throws Throwable { compressC.invokeExact((char[]) a[0], 0, (byte[]) a[1], 3, 64); }
        static void hotCompressB(Object[] a) throws Throwable { compressB.invokeExact((byte[]) a[0], 0, (byte[]) a[1], 3, 64); }
        static void hotInflateC(Object[] a) throws Throwable { inflateC.invokeExact((byte[]) a[0], 0, (char[]) a[1], 3, 64); }
        static void hotInflateB(Object[] a) throws Throwable { inflateB.invokeExact((byte[]) a[0], 0, (byte[]) a[1], 3, 64); }
        static void hotGetChars(Object[] a) throws Throwable { getChars.invokeExact((byte[]) a[0], 0, 64, (char[]) a[1], 3); }
        static void hotPutChar(Object[] a) throws Throwable { putChar.invokeExact((byte[]) a[0], 3, (int) 'x'); }
        static void hotEncodeISO(Object[] a) throws Throwable { encodeISO.invokeExact((char[]) a[0], 0, (byte[]) a[1], 3, 64); }
        static void hotEncodeByteISO(Object[] a) throws Throwable { encodeByteISO.invokeExact((byte[]) a[0], 0, (byte[]) a[1], 3, 64); }
        static void hotEncodeAscii(Object[] a) throws Throwable { encodeAscii.invokeExact((char[]) a[0], 0, (byte[]) a[1], 3, 64); }
        static void hotArraycopy(Object[] a) throws Throwable { arraycopy.invokeExact(a[0], 0, a[1], 3, 64); }
        static void hotCopyMemory(Object[] a) throws Throwable { copyMemory.invokeExact(a[0], a[1], (long) Array_BYTE_BASE, a[2], (long) Array_BYTE_BASE + 3, 64L); }
        static void hotSetMemory(Object[] a) throws Throwable { setMemory.invokeExact(a[0], a[1], (long) Array_BYTE_BASE + 3, 64L, (byte) 7); }
        static void hotMultiplyToLen(Object[] a) throws Throwable { multiplyToLen.invokeExact((int[]) a[0], 32, (int[]) a[1], 32, (int[]) a[2]); }
        static void hotSquareToLen(Object[] a) throws Throwable { squareToLen.invokeExact((int[]) a[0], 32, (int[]) a[1], 64); }
        static void hotMulAdd(Object[] a) throws Throwable { mulAdd.invokeExact((int[]) a[0], (int[]) a[1], 20, 32, 77777); }
        static void hotMontgomeryMultiply(Object[] a) throws Throwable { montgomeryMultiply.invokeExact((int[]) a[0], (int[]) a[1], (int[]) a[2], 32, -1L, (int[]) a[3]); }
        static void hotMontgomerySquare(Object[] a) throws Throwable { montgomerySquare.invokeExact((int[]) a[0], (int[]) a[1], 32, -1L, (int[]) a[2]); }
        static void hotShiftLeft(Object[] a) throws Throwable { shiftLeft.invokeExact((int[]) a[0], (int[]) a[1], 0, 5, 60); }
        static void hotShiftRight(Object[] a) throws Throwable { shiftRight.invokeExact((int[]) a[0], (int[]) a[1], 1, 5, 60); }
        static void hotEncodeBlock(Object[] a) throws Throwable { encodeBlock.invokeExact(a[0], (byte[]) a[1], 0, 192, (byte[]) a[2], 0, false); }
        static void hotDecodeBlock(Object[] a) throws Throwable { decodeBlock.invokeExact(a[0], (byte[]) a[1], 0, 256, (byte[]) a[2], 0, false, false); }
        static void hotMd5(Object[] a) throws Throwable { md5.invokeExact(a[0], (byte[]) a[1], 0); }
        static void hotSha1(Object[] a) throws Throwable { sha1.invokeExact(a[0], (byte[]) a[1], 0); }
        static void hotSha2(Object[] a) throws Throwable { sha2.invokeExact(a[0], (byte[]) a[1], 0); }
        static void hotSha5(Object[] a) throws Throwable { sha5.invokeExact(a[0], (byte[]) a[1], 0); }
        static void hotSha3(Object[] a) throws Throwable { sha3.invokeExact(a[0], (byte[]) a[1], 0); }
        // The limit is not the last block: there the stubs differ in what they leave to the caller.
        static void hotDigest(Object[] a) throws Throwable { digestMB.invokeExact(a[0], (byte[]) a[1], 0, 500); }
        static void hotKeccak(Object[] a) throws Throwable { keccak.invokeExact((long[]) a[0], (long[]) a[1]); }
        static void hotDsaNtt(Object[] a) throws Throwable { dsaNtt.invokeExact((int[]) a[0], (int[]) a[1]); }
        static void hotDsaInverse(Object[] a) throws Throwable { dsaInverse.invokeExact((int[]) a[0], (int[]) a[1]); }
        static void hotDsaMult(Object[] a) throws Throwable { dsaMult.invokeExact((int[]) a[0], (int[]) a[1], (int[]) a[2]); }
        static void hotDsaMont(Object[] a) throws Throwable { dsaMont.invokeExact((int[]) a[0], 4097); }
        static void hotDsaDecompose(Object[] a) throws Throwable { dsaDecompose.invokeExact((int[]) a[0], (int[]) a[1], (int[]) a[2], 190464, 22); }
        static void hotKemNtt(Object[] a) throws Throwable { kemNtt.invokeExact((short[]) a[0], (short[]) a[1]); }
        static void hotKemInverse(Object[] a) throws Throwable { kemInverse.invokeExact((short[]) a[0], (short[]) a[1]); }
        static void hotKemMult(Object[] a) throws Throwable { kemMult.invokeExact((short[]) a[0], (short[]) a[1], (short[]) a[2], (short[]) a[3]); }
        static void hotKemAdd2(Object[] a) throws Throwable { kemAdd2.invokeExact((short[]) a[0], (short[]) a[1], (short[]) a[2]); }
        static void hotKemAdd3(Object[] a) throws Throwable { kemAdd3.invokeExact((short[]) a[0], (short[]) a[1], (short[]) a[2], (short[]) a[3]); }
        static void hotKem12To16(Object[] a) throws Throwable { kem12To16.invokeExact((byte[]) a[0], 0, (short[]) a[1], 256); }
        static void hotKemBarrett(Object[] a) throws Throwable { kemBarrett.invokeExact((short[]) a[0]); }
        static void hotEncryptBlock(Object[] a) throws Throwable { encryptBlock.invokeExact(a[0], (byte[]) a[1], 0, (byte[]) a[2], 0); }
        static void hotDecryptBlock(Object[] a) throws Throwable { decryptBlock.invokeExact(a[0], (byte[]) a[1], 0, (byte[]) a[2], 0); }
        static void hotCbcEncrypt(Object[] a) throws Throwable { cbcEncrypt.invokeExact(a[0], (byte[]) a[1], 0, 128, (byte[]) a[2], 0); }
        static void hotCbcDecrypt(Object[] a) throws Throwable { cbcDecrypt.invokeExact(a[0], (byte[]) a[1], 0, 128, (byte[]) a[2], 0); }
        static void hotEcbEncrypt(Object[] a) throws Throwable { ecbEncrypt.invokeExact(a[0], (byte[]) a[1], 0, 128, (byte[]) a[2], 0); }
        static void hotEcbDecrypt(Object[] a) throws Throwable { ecbDecrypt.invokeExact(a[0], (byte[]) a[1], 0, 128, (byte[]) a[2], 0); }
        static void hotCtr(Object[] a) throws Throwable { ctr.invokeExact(a[0], (byte[]) a[1], 0, 123, (byte[]) a[2], 0); }
        static void hotGcm(Object[] a) throws Throwable {
            gcm.invokeExact((byte[]) a[0], 0, 7680, (byte[]) a[1], 0, (byte[]) a[1], 0, a[2], a[3]);
        }
        static void hotGhash(Object[] a) throws Throwable { ghash.invokeExact((byte[]) a[0], 0, 16, (long[]) a[1], (long[]) a[2]); }
        static void hotChacha(Object[] a) throws Throwable { chacha.invokeExact((int[]) a[0], (byte[]) a[1]); }
        static void hotPoly1305(Object[] a) throws Throwable { poly1305.invokeExact(a[0], (byte[]) a[1], 0, 1024, (long[]) a[2], (long[]) a[3]); }
        static void hotP256(Object[] a) throws Throwable { p256.invokeExact(a[0], (long[]) a[1], (long[]) a[2], (long[]) a[3]); }
        static void hotAssign(Object[] a) throws Throwable { assign.invokeExact(1, (long[]) a[0], (long[]) a[1]); }
        static void hotSort(Object[] a) { Arrays.sort((int[]) a[0]); }
        static final VectorSpecies<Integer> SPECIES = IntVector.SPECIES_256;
        static void hotVector(Object[] a) { IntVector.fromArray(SPECIES, (int[]) a[0], 0).intoArray((int[]) a[1], 3); }
        static void hotVectorMask(Object[] a) {
            IntVector.fromArray(SPECIES, (int[]) a[0], 0).intoArray((int[]) a[1], 3, VectorMask.fromLong(SPECIES, 0x55));
        }
        static void hotScatter(Object[] a) { IntVector.fromArray(SPECIES, (int[]) a[0], 0).intoArray((int[]) a[1], 1, (int[]) a[2], 0); }

        static final int Array_BYTE_BASE;
        static {
            try {
                Array_BYTE_BASE = ((Number) constant("jdk.internal.misc.Unsafe", "ARRAY_BYTE_BASE_OFFSET")).intValue();
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
        }

        // ---- Running it ----

        static Object persistentCopy(Object array) {
            int n = Array.getLength(array);
            return PersistentHeap.allocate(() -> {
                Object copy = Array.newInstance(array.getClass().getComponentType(), n);
                System.arraycopy(array, 0, copy, 0, n);
                return copy;
            });
        }

        static String show(Object array) {
            return Arrays.deepToString(new Object[] {array});
        }

        static int roots;

        // Where an array that is written is: the n-th argument, or a field of it.
        static Object read(Object[] a, String where) throws ReflectiveOperationException {
            int dot = where.indexOf('.');
            Object o = a[Integer.parseInt(dot < 0 ? where : where.substring(0, dot))];
            if (dot >= 0) for (String f : where.substring(dot + 1).split("\\.")) o = get(o, f);
            return o;
        }
        static void write(Object[] a, String where, Object value) throws ReflectiveOperationException {
            int dot = where.lastIndexOf('.');
            if (dot < 0) {
                Object old = a[Integer.parseInt(where)];
                for (int k = 0; k < a.length; k++) if (a[k] == old) a[k] = value;
            } else {
                Object o = read(a, where.substring(0, dot));
                field(o.getClass(), where.substring(dot + 1)).set(o, value);
            }
        }

        // written: the places of arrays; with a "?" where Java code leaves other numbers
        // than the stub: what is beyond the result, or another form of the same value.
        static void test(String name, Call call, Maker maker, String... written) throws Throwable {
            if (only != null && !only.equals(name)) return;
            System.out.println("case " + name);
            for (int k = 0; k < 250; k++) call.call(maker.make());
            // Each alone in the persistent heap, then all.
            for (int k = 0; k <= written.length; k++) {
                if (k == written.length && k == 1) break;
                String[] in = k < written.length ? new String[] {written[k]} : written;
                random = new Random(k);
                Object[] v = maker.make();
                random = new Random(k);
                Object[] p = maker.make();
                for (String w : in) {
                    w = w.replace("?", "");
                    Object copy = persistentCopy(read(p, w));
                    write(p, w, copy);
                    if (!PersistentHeap.contains(read(p, w))) throw new AssertionError(name);
                    PersistentHeap.setRoot("root " + roots++, copy);
                }
                String[] before = new String[written.length];
                for (int n = 0; n < before.length; n++) before[n] = show(read(p, written[n].replace("?", "")));
                Object[] q = p;
                try (Txn txn = Txn.begin()) {
                    call.call(p);
                    txn.rollback();
                }
                for (String w : in) {
                    int n = Arrays.asList(written).indexOf(w);
                    String after = show(read(p, w.replace("?", "")));
                    if (!after.equals(before[n])) throw new AssertionError(name + " " + w + " after the rollback\n" + before[n] + "\n" + after);
                }
                // What of the state was volatile has moved on: start again.
                Object[] fresh = new Object[in.length];
                for (int n = 0; n < in.length; n++) fresh[n] = read(p, in[n].replace("?", ""));
                random = new Random(k);
                p = maker.make();
                for (int n = 0; n < in.length; n++) write(p, in[n].replace("?", ""), fresh[n]);
                for (int round = 0; round < 4; round++) {
                    call.call(v);
                    Object[] r = p;
                    if (round % 2 == 0) {
                        call.call(p);
                    } else {
                        Txn.call(() -> {
                            try {
                                call.call(r);
                            } catch (Throwable t) {
                                throw new AssertionError(t);
                            }
                            return null;
                        });
                    }
                    for (String w : written) {
                        if (w.endsWith("?")) continue;
                        String expected = show(read(v, w)), found = show(read(p, w));
                        if (!expected.equals(found)) {
                            throw new AssertionError(name + " " + w + " with " + Arrays.toString(in) + ", round " + round + "\n" + expected + "\n" + found);
                        }
                    }
                }
            }
        }

        static String only;

        static Object digest(String name) throws ReflectiveOperationException { return make(SEC + name); }

        static Object[] gcmArguments() throws ReflectiveOperationException {
            return new Object[] {bytes(7680), bytes(7680), make(CRYPTO + "GCTR", aes(false), bytes(16)), make(CRYPTO + "GHASH", (Object) bytes(16))};
        }

        static Object[] poly1305Arguments() throws Exception {
            Object o = make(CRYPTO + "Poly1305", false);
            method(CRYPTO + "Poly1305", "engineInit", java.security.Key.class, java.security.spec.AlgorithmParameterSpec.class)
                .invoke(o, new javax.crypto.spec.SecretKeySpec(ascii(32), "Poly1305"), null);
            return new Object[] {o, bytes(1024), get(get(o, "a"), "limbs"), get(get(o, "r"), "limbs")};
        }

        public static void main(String[] args) throws Throwable {
            if (args.length > 0) only = args[0];
            if (only == null) for (String a : available) System.out.println("available " + a);

            test("compressC", Program::hotCompressC, () -> new Object[] {chars(64), new byte[80]}, "1");
            test("compressB", Program::hotCompressB, () -> new Object[] {utf16(64), new byte[80]}, "1");
            test("inflateC", Program::hotInflateC, () -> new Object[] {ascii(64), new char[80]}, "1");
            test("inflateB", Program::hotInflateB, () -> new Object[] {ascii(64), new byte[160]}, "1");
            test("getChars", Program::hotGetChars, () -> new Object[] {utf16(64), new char[80]}, "1");
            test("putChar", Program::hotPutChar, () -> new Object[] {utf16(64)}, "0");
            test("encodeISO", Program::hotEncodeISO, () -> new Object[] {chars(64), new byte[80]}, "1");
            test("encodeByteISO", Program::hotEncodeByteISO, () -> new Object[] {utf16(64), new byte[80]}, "1");
            test("encodeAscii", Program::hotEncodeAscii, () -> new Object[] {chars(64), new byte[80]}, "1");
            test("arraycopy", Program::hotArraycopy, () -> new Object[] {ints(64), new int[80]}, "1");
            Object unsafe = constant("jdk.internal.misc.Unsafe", "theUnsafe");
            test("copyMemory", Program::hotCopyMemory, () -> new Object[] {unsafe, bytes(64), new byte[80]}, "2");
            test("setMemory", Program::hotSetMemory, () -> new Object[] {unsafe, new byte[80]}, "1");

            test("multiplyToLen", Program::hotMultiplyToLen, () -> new Object[] {ints(32), ints(32), new int[64]}, "2");
            test("squareToLen", Program::hotSquareToLen, () -> new Object[] {ints(32), new int[64]}, "1");
            test("mulAdd", Program::hotMulAdd, () -> new Object[] {ints(64), ints(32)}, "0");
            test("montgomeryMultiply", Program::hotMontgomeryMultiply, () -> {
                int[] n = new int[32]; Arrays.fill(n, 0); n[31] = 1; n[0] = -1;
                return new Object[] {small(32), small(32), n, new int[64]};
            }, "3?");
            test("montgomerySquare", Program::hotMontgomerySquare, () -> {
                int[] n = new int[32]; n[31] = 1; n[0] = -1;
                return new Object[] {small(32), n, new int[64]};
            }, "2?");
            test("shiftLeft", Program::hotShiftLeft, () -> new Object[] {new int[64], ints(64)}, "0");
            test("shiftRight", Program::hotShiftRight, () -> new Object[] {new int[64], ints(64)}, "0");

            Object encoder = java.util.Base64.getEncoder(), decoder = java.util.Base64.getDecoder();
            test("encodeBlock", Program::hotEncodeBlock, () -> new Object[] {encoder, bytes(192), new byte[256]}, "2");
            // The stub may leave some for the caller.
            test("decodeBlock", Program::hotDecodeBlock, () -> new Object[] {decoder, ascii(256), new byte[192]}, "2?");
            test("sort", Program::hotSort, () -> new Object[] {ints(1000)}, "0");

            test("md5", Program::hotMd5, () -> new Object[] {digest("MD5"), bytes(64)}, "0.state");
            test("sha1", Program::hotSha1, () -> new Object[] {digest("SHA"), bytes(64)}, "0.state");
            test("sha2", Program::hotSha2, () -> new Object[] {digest("SHA2$SHA256"), bytes(64)}, "0.state");
            test("sha5", Program::hotSha5, () -> new Object[] {digest("SHA5$SHA512"), bytes(128)}, "0.state");
            test("sha3", Program::hotSha3, () -> new Object[] {digest("SHA3$SHA256"), bytes(200)}, "0.state");
            for (String d : new String[] {"MD5", "SHA", "SHA2$SHA256", "SHA5$SHA512", "SHA3$SHA256"}) {
                test("digest " + d, Program::hotDigest, () -> new Object[] {digest(d), bytes(800)}, "0.state");
            }
            test("keccak", Program::hotKeccak, () -> new Object[] {longs(25), longs(25)}, "0", "1");

            String dsa = SEC + "ML_DSA", kem = CRYPTO + "ML_KEM";
            test("dsaNtt", Program::hotDsaNtt, () -> new Object[] {small(256), constant(dsa, "MONT_ZETAS_FOR_VECTOR_NTT")}, "0?");
            test("dsaInverse", Program::hotDsaInverse, () -> new Object[] {small(256), constant(dsa, "MONT_ZETAS_FOR_VECTOR_INVERSE_NTT")}, "0?");
            test("dsaMult", Program::hotDsaMult, () -> new Object[] {small(256), small(256), small(256)}, "0");
            test("dsaMont", Program::hotDsaMont, () -> new Object[] {small(256)}, "0");
            test("dsaDecompose", Program::hotDsaDecompose, () -> new Object[] {small(256), small(256), small(256)}, "1", "2");
            test("kemNtt", Program::hotKemNtt, () -> new Object[] {shorts(256), constant(kem, "montZetasForVectorNttArr")}, "0?");
            test("kemInverse", Program::hotKemInverse, () -> new Object[] {shorts(256), constant(kem, "montZetasForVectorInverseNttArr")}, "0?");
            test("kemMult", Program::hotKemMult, () -> new Object[] {shorts(256), shorts(256), shorts(256), constant(kem, "montZetasForVectorNttMultArr")}, "0?");
            // The Java code writes the first summand, which is always the result.
            test("kemAdd2", Program::hotKemAdd2, () -> { short[] r = shorts(256); return new Object[] {r, r, shorts(256)}; }, "0");
            test("kemAdd3", Program::hotKemAdd3, () -> new Object[] {shorts(256), shorts(256), shorts(256), shorts(256)}, "0");
            test("kem12To16", Program::hotKem12To16, () -> new Object[] {bytes(384), shorts(256)}, "1");
            test("kemBarrett", Program::hotKemBarrett, () -> {
                short[] a = shorts(256);
                for (int k = 0; k < a.length; k++) a[k] += 20000;      // something to reduce
                return new Object[] {a};
            }, "0?");

            test("encryptBlock", Program::hotEncryptBlock, () -> new Object[] {aes(false), bytes(16), bytes(16)}, "2");
            test("decryptBlock", Program::hotDecryptBlock, () -> new Object[] {aes(true), bytes(16), bytes(16)}, "2");
            test("cbcEncrypt", Program::hotCbcEncrypt, () -> new Object[] {mode("CipherBlockChaining", false), bytes(128), bytes(128)}, "2", "0.r");
            test("cbcDecrypt", Program::hotCbcDecrypt, () -> new Object[] {mode("CipherBlockChaining", true), bytes(128), bytes(128)}, "2", "0.r");
            test("ecbEncrypt", Program::hotEcbEncrypt, () -> new Object[] {mode("ElectronicCodeBook", false), bytes(128), bytes(128)}, "2");
            test("ecbDecrypt", Program::hotEcbDecrypt, () -> new Object[] {mode("ElectronicCodeBook", true), bytes(128), bytes(128)}, "2");
            test("ctr", Program::hotCtr, () -> new Object[] {mode("CounterMode", false), bytes(123), bytes(123)}, "2", "0.counter", "0.encryptedCounter?");
            test("gcm", Program::hotGcm, Program::gcmArguments, "1", "2.counter", "3.state", "3.subkeyHtbl?");
            test("ghash", Program::hotGhash, () -> {
                long[] h = new long[114];
                h[0] = random.nextLong(); h[1] = random.nextLong();
                return new Object[] {bytes(256), longs(2), h};
            }, "1", "2?");
            // The stub makes several blocks at a time.
            test("chacha", Program::hotChacha, () -> new Object[] {ints(16), new byte[1024]}, "1?");
            test("poly1305", Program::hotPoly1305, Program::poly1305Arguments, "2?");
            Object one = constant("sun.security.util.math.intpoly.MontgomeryIntegerPolynomialP256", "ONE");
            test("p256", Program::hotP256, () -> new Object[] {one, limbs(5), limbs(5), new long[5]}, "3?");
            test("assign", Program::hotAssign, () -> new Object[] {limbs(5), limbs(5)}, "0");

            test("vector", Program::hotVector, () -> new Object[] {ints(16), new int[24]}, "1");
            test("vectorMask", Program::hotVectorMask, () -> new Object[] {ints(16), new int[24]}, "1");
            test("scatter", Program::hotScatter, () -> new Object[] {ints(16), new int[24], new int[] {7, 3, 1, 9, 11, 2, 14, 0}}, "1");
            System.out.println("all done");
        }
    }
}
