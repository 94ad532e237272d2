#!/usr/bin/env bash
# Runs tests on the JDK of build/<level>: make/test.sh LEVEL all|gtest|jtreg|crash.
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

jtreg() {
    local log=$OUT/jtreg.txt p f e dirs=() d
    for d in test/hotspot/jtreg/persistent test/jdk/java/lang/persistent; do
        [ -d "$JDK_TREE/$d" ] && dirs+=("$JDK_TREE/$d")
    done
    JT_JAVA="$IMAGE" "$BUILD/tools/jtreg/usr/share/jtreg/bin/jtreg" -jdk:"$IMAGE" -conc:2 -timeoutFactor:4 -retain:fail,error \
        -vmoption:-XX:+UnlockDiagnosticVMOptions -vmoption:-XX:+PersistentHeapAudit \
        -verbose:fail,error,time -w:"$OUT/jtreg/work" -r:"$OUT/jtreg/report" "${dirs[@]}" > "$log" 2>&1 || true
    p=$(sed -n 's/^Test results:.*passed: *\([0-9,]*\).*/\1/p' "$log" | tr -d ,)
    f=$(sed -n 's/^Test results:.*failed: *\([0-9,]*\).*/\1/p' "$log" | tr -d ,)
    e=$(sed -n 's/^Test results:.*error: *\([0-9,]*\).*/\1/p' "$log" | tr -d ,)
    f=$(( ${f:-0} + ${e:-0} ))
    [ "${p:-0}" -gt 0 ] || [ "$f" -gt 0 ] || { tail -30 "$log"; f=1; }
    [ "$f" -eq 0 ] || { grep -E '^(FAILED|Error|TEST RESULT: (Failed|Error)|Failed)' "$log" | head -40; }
    count jtreg "${p:-0}" "$f"
}

crash() {
    local log=$OUT/crash.txt line p f
    JAVA="$IMAGE/bin/java" KILLS=${KILLS:-25} "$ROOT/test/crash/run.sh" > "$log" 2>&1 || true
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -1 || true)
    p=$(sed 's/ passed.*//' <<< "$line")
    f=$(sed 's/.*, \([0-9]*\) failed.*/\1/' <<< "$line")
    [ -n "$line" ] || { p=0; f=1; }
    [ "$f" = 0 ] || tail -40 "$log"
    count crash "$p" "$f"
}

case $WHAT in
    all)   overlay; gtest; jtreg; crash ;;
    gtest|jtreg|crash|overlay) $WHAT ;;
    *)     die "unknown part $WHAT" ;;
esac
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
