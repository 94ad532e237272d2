#!/usr/bin/env bash
# Random programs against a model of them, in many configurations of collector and compilers, for
# MINUTES (30) in all, two at a time: make/soak.sh [LEVEL]. Each line names its seed; to repeat one, see
# test/hotspot/jtreg/persistent/gc/ShadowGraph.java.
. "$(dirname "$0")/common.sh"
LEVEL=${1:-fastdebug}
IMAGE=${IMAGE:-$BUILD/$LEVEL/images/jdk}
MINUTES=${MINUTES:-30}
OUT=$BUILD/test/soak
[ -x "$IMAGE/bin/java" ] || die "no JDK in $IMAGE: run 'make images'"
rm -rf "$OUT"
mkdir -p "$OUT/classes"
"$IMAGE/bin/javac" -d "$OUT/classes" -sourcepath "$JDK_TREE/test/jdk/java/lang/persistent" \
    "$JDK_TREE/test/hotspot/jtreg/persistent/gc/ShadowGraph.java" || die "ShadowGraph does not compile"

CONFIGURATIONS=(
    ""
    "threads=1 -XX:PersistentHeapSize=32m"
    "threads=8 -XX:PersistentHeapSize=256m"
    "-XX:+ExplicitGCInvokesConcurrent -XX:InitiatingHeapOccupancyPercent=10"
    "-XX:+ExplicitGCInvokesConcurrent -XX:PersistentHeapOccupancyPercent=20 -XX:-TieredCompilation"
    "-XX:+G1GCAllocationFailureALot -XX:G1GCAllocationFailureALotInterval=2"
    "-XX:+VerifyBeforeGC -XX:+VerifyDuringGC -XX:+VerifyAfterGC"
    "-XX:PersistentHeapMedia=file -XX:PersistentHeapSize=48m"
    "-XX:TieredStopAtLevel=1 -XX:PersistentHeapSize=32m"
    "-Xint"
)
SECONDS_EACH=$((MINUTES * 60 * 2 / ${#CONFIGURATIONS[@]}))

soak_one() {                           # number configuration
    local dir=$OUT/$1
    mkdir -p "$dir"
    cd "$dir"
    # shellcheck disable=SC2086
    if "$IMAGE/bin/java" -Dtest.jdk="$IMAGE" -Dtest.classes="$OUT/classes" -Dtest.class.path="$OUT/classes" \
        -cp "$OUT/classes" ShadowGraph seconds="$SECONDS_EACH" $2 > log.txt 2>&1; then
        echo "passed: ShadowGraph $2: $(grep -o 'seed=.*' log.txt | head -1)"
        rm -rf "$dir"
    else
        echo "FAILED: ShadowGraph $2: see $dir/log.txt: $(grep -m1 -E 'FAILED|Error|fatal' log.txt)"
        touch "$OUT/failed.$1"
    fi
}
export -f soak_one
export OUT IMAGE SECONDS_EACH

for i in "${!CONFIGURATIONS[@]}"; do printf '%s\0%s\0' "$i" "${CONFIGURATIONS[$i]}"; done |
    xargs -0 -n 2 -P 2 bash -c 'soak_one "$0" "$1"'
failed=$(find "$OUT" -maxdepth 1 -name 'failed.*' | wc -l)
echo "$((${#CONFIGURATIONS[@]} - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
