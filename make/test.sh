#!/usr/bin/env bash
# Runs tests on the JDK of build/<level>: make/test.sh LEVEL all|overlay|gtest|jtreg|smoke|crash|upstream.
# 'all' is what CI has time for: all but smoke, which takes a second build.
# Each part prints its own counts, the last line their sum.
. "$(dirname "$0")/common.sh"
LEVEL=${1:-fastdebug}
WHAT=${2:-all}
CONF=$BUILD/$LEVEL
IMAGE=${IMAGE:-$CONF/images/jdk}
OUT=$BUILD/test
[ -x "$IMAGE/bin/java" ] || die "no JDK in $IMAGE: run 'make images'"
mkdir -p "$OUT"
passed=0
failed=0

count() {                              # name passed failed
    printf '%-10s %4d passed %4d failed\n' "$1" "$2" "$3"
    passed=$((passed + $2))
    failed=$((failed + $3))
}

overlay() {
    if "$ROOT/make/check-overlay.sh" > "$OUT/overlay.txt" 2>&1; then count overlay 1 0; else cat "$OUT/overlay.txt"; count overlay 0 1; fi
}

gtest() {
    local log=$OUT/gtest.txt p f=0
    "$CONF/hotspot/variant-server/libjvm/gtest/gtestLauncher" -jdk:"$IMAGE" --gtest_filter='Persistent*' > "$log" 2>&1 || f=1
    p=$(grep -c '^\[       OK \]' "$log" || true)
    if [ $f -ne 0 ]; then
        grep -E '^\[  FAILED  \]|Failure|error' "$log" | head -40
        f=$(grep -E '^\[  FAILED  \] Persistent' "$log" | sed 's/ (.*//' | sort -u | grep -c . || true)
        [ "$f" -gt 0 ] || { tail -20 "$log"; f=1; }
    elif [ "$p" -eq 0 ]; then
        tail -20 "$log"; f=1
    fi
    count gtest "$p" "$f"
}

# Native libraries of our own tests: one C file each, beside the test.
natives() {
    mkdir -p "$OUT/native"
    local c
    for c in "$JDK_TREE"/test/hotspot/jtreg/persistent/lib*.c "$JDK_TREE"/test/hotspot/jtreg/persistent/*/lib*.c; do
        cc -shared -fPIC -O1 -I"$IMAGE/include" -I"$IMAGE/include/linux" -o "$OUT/native/$(basename "${c%.c}").so" "$c" || die "$c does not compile"
    done
}

# run_jtreg NAME IMAGE DIR-OR-TEST...: our own tests, with the audit on. Those with the key
# 'stress' repeat a test in more configurations and are left to 'make test-jtreg'.
run_jtreg() {
    local name=$1 image=$2 log=$OUT/$1.txt p f e keys=()
    shift 2
    [ "$WHAT" != all ] || keys=('-k:!stress')
    natives
    JTREG_JAVA="$(boot_jdk "$CONF" "$image")/bin/java" "$BUILD/tools/jtreg/usr/share/jtreg/bin/jtreg" -jdk:"$image" -conc:2 -timeoutFactor:4 -retain:fail,error ${keys[@]+"${keys[@]}"} \
        -nativepath:"$OUT/native" -vmoption:-XX:+UnlockDiagnosticVMOptions -vmoption:-XX:+PersistentHeapAudit \
        -verbose:fail,error,time -w:"$OUT/$name/work" -r:"$OUT/$name/report" "$@" > "$log" 2>&1 || true
    p=$(sed -n 's/^Test results:.*passed: *\([0-9,]*\).*/\1/p' "$log" | tr -d ,)
    f=$(sed -n 's/^Test results:.*failed: *\([0-9,]*\).*/\1/p' "$log" | tr -d ,)
    e=$(sed -n 's/^Test results:.*error: *\([0-9,]*\).*/\1/p' "$log" | tr -d ,)
    f=$(( ${f:-0} + ${e:-0} ))
    [ "${p:-0}" -gt 0 ] || [ "$f" -gt 0 ] || { tail -30 "$log"; f=1; }
    [ "$f" -eq 0 ] || { grep -E '^(FAILED|Error|TEST RESULT: (Failed|Error)|Failed)' "$log" | head -40; }
    count "$name" "${p:-0}" "$f"
}

jtreg() {
    local dirs=() d
    for d in test/hotspot/jtreg/persistent test/jdk/java/lang/persistent test/langtools/tools/javac/annotations/persistent; do
        [ -d "$JDK_TREE/$d" ] && dirs+=("$JDK_TREE/$d")
    done
    run_jtreg jtreg "$IMAGE" "${dirs[@]}"
}

# The release VM: what does not need asserts to be worth running.
smoke() {
    "$ROOT/make/smoke-image.sh"
    local image=$BUILD/smoke/jdk t tests=()
    for t in hotspot/jtreg/persistent/{AllocationForms,C2Barriers,GCRoots,JNIStores,RestartTest,BadInput}.java \
             jdk/java/lang/persistent/{TxnTest,CollectionsTest,ConcurrencyTest}.java; do
        tests+=("$JDK_TREE/test/$t")
    done
    run_jtreg smoke "$image" "${tests[@]}"
}

crash() {
    local log=$OUT/crash.txt line p f
    [ "$WHAT" = all ] && STATES=${STATES:-small}
    JAVA="$IMAGE/bin/java" KILLS=${KILLS:-25} STATES=${STATES:-full} "$ROOT/test/crash/run.sh" > "$log" 2>&1 || true
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -1 || true)
    p=$(sed 's/ passed.*//' <<< "$line")
    f=$(sed 's/.*, \([0-9]*\) failed.*/\1/' <<< "$line")
    [ -n "$line" ] || { p=0; f=1; }
    [ "$f" = 0 ] || tail -40 "$log"
    count crash "$p" "$f"
}

# A sample of OpenJDK's own tests; 'make test-upstream' runs them all.
upstream() {
    local log=$OUT/upstream.txt line p f
    IMAGE="$IMAGE" "$ROOT/make/test-upstream.sh" "$LEVEL" sample > "$log" 2>&1 || true
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ listed' "$log" | tail -1 || true)
    p=$(sed 's/ passed.*//' <<< "$line")
    f=$(sed 's/.*, \([0-9]*\) failed.*/\1/' <<< "$line")
    [ -n "$line" ] || { p=0; f=1; }
    [ "$f" = 0 ] || tail -40 "$log"
    count upstream "$p" "$f"
}

case $WHAT in
    all)   overlay; gtest; jtreg; crash; upstream ;;
    gtest|jtreg|smoke|crash|overlay|upstream) $WHAT ;;
    *)     die "unknown part $WHAT" ;;
esac
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
