#!/usr/bin/env bash
# Runs OpenJDK's own tests on the JDK of build/<level>:
#   make/test-upstream.sh LEVEL sample|full|TEST... [MODE]      MODE: a, b (both)
# Mode a: the VM has a persistent heap, the program does not use it.
# Mode b: everything the program allocates is persistent, memory and media are compared at exit.
# What fails is run again on the same image without these options, and is no failure of
# ours if it fails there too. test/upstream/<mode>-listed.txt: what cannot pass, and why.
. "$(dirname "$0")/common.sh"
LEVEL=${1:-fastdebug}
shift $(( $# > 0 ? 1 : 0 ))
CONF=$BUILD/$LEVEL
IMAGE=${IMAGE:-$CONF/images/jdk}
OUT=${OUT:-$BUILD/test/upstream}
CONC=${CONC:-2}
LISTS=$ROOT/test/upstream
JTREG=$BUILD/tools/jtreg/usr/share/jtreg/bin/jtreg
[ -x "$IMAGE/bin/java" ] || die "no JDK in $IMAGE: run 'make images'"
BOOT=$(boot_jdk "$CONF" "$IMAGE")
export JTREG_JAVA=$BOOT/bin/java

# To run some of them only, set GROUPS_a or GROUPS_b to their names.
GROUPS_a=${GROUPS_a:-"hotspot/jtreg:tier1_gc hotspot/jtreg:tier1_runtime hotspot/jtreg:tier1_compiler jdk:tier1_part1"}
GROUPS_b=${GROUPS_b:-"hotspot/jtreg/compiler/arraycopy hotspot/jtreg/compiler/intrinsics hotspot/jtreg/compiler/unsafe
          hotspot/jtreg/compiler/codegen hotspot/jtreg/compiler/escapeAnalysis
          jdk/java/util jdk/java/lang/String jdk/java/lang/StringBuffer jdk/java/lang/StringBuilder jdk/java/lang/StringCoding
          jdk/java/lang/invoke/VarHandles
          jdk/jdk/incubator/vector/Int256VectorTests.java jdk/jdk/incubator/vector/Byte128VectorLoadStoreTests.java
          jdk/jdk/incubator/vector/LongMaxVectorLoadStoreTests.java jdk/jdk/incubator/vector/Double128VectorLoadStoreTests.java
          jdk/jdk/incubator/vector/Short64VectorTests.java jdk/jdk/incubator/vector/Vector128ConversionTests.java
          jdk/jdk/incubator/vector/VectorReshapeTests.java jdk/jdk/incubator/vector/VectorRuns.java jdk/jdk/incubator/vector/VectorHash.java
          jdk/jdk/incubator/vector/MismatchTest.java jdk/jdk/incubator/vector/UnalignedHeapTest.java"}
# Naming the collector makes jtreg leave out tests that @require another one.
FLAGS_STOCK="-XX:+UseG1GC"
FLAGS_a="-XX:PersistentHeapSize=32m -XX:PersistentHeapLogSize=1m"
FLAGS_b="-XX:PersistentHeapSize=${HEAP_MB:-256}m -XX:PersistentHeapLogSize=32m
         -XX:+UnlockDiagnosticVMOptions -XX:+PersistentAllocateAll -XX:+PersistentHeapAudit"
VM_b=-othervm                          # one VM per test: its audit at exit is about that test
VM_a=-agentvm

# Every VM makes a heap of its own, named by its process id: in memory if there is room.
heaps=$OUT/heaps
if [ "$(df -Pk /dev/shm 2>/dev/null | awk 'END { print int($4) }')" -gt 4000000 ]; then
    heaps=$(mktemp -d /dev/shm/everheap-upstream.XXXXXX)
fi
rm -rf "$OUT"
mkdir -p "$OUT" "$heaps"
sweep() {                              # the heaps of dead processes
    local d
    for d in "$heaps"/*; do
        [ ! -d "$d" ] || [ -d "/proc/${d##*/}" ] || rm -rf "$d"
    done
}
(trap 'exit 0' TERM; while sleep 2; do sweep; done) &
sweeper=$!
trap 'kill $sweeper 2>/dev/null; wait $sweeper 2>/dev/null; rm -rf "$heaps"' EXIT
trap 'exit 1' INT TERM

passed=0; failed=0; listed=0

# Tests have the names of their files below the JDK's test folder, with #id if a file has several.
of_suite() { sed -n "s|^$1/||p" "$2"; }   # suite, file of names → names in the suite

jt() {                                 # directory, options… 
    local dir=$1
    shift
    "$JTREG" -jdk:"$IMAGE" -automatic -ignore:quiet -k:'!headful&!external-dep' -exclude:"$JDK_TREE/test/hotspot/jtreg/ProblemList.txt" \
        -exclude:"$JDK_TREE/test/jdk/ProblemList.txt" -w:"$dir/work" -r:"$dir/report" "$@"
}

select_full() {                        # mode → all names of its groups
    local mode=$1 suite spec specs var=GROUPS_$1
    for suite in hotspot/jtreg jdk; do
        specs=()
        for spec in ${!var}; do
            case $spec in "$suite"[:/]*) specs+=("$JDK_TREE/test/$spec") ;; esac
        done
        [ ${#specs[@]} -gt 0 ] || continue
        # Without our own tests, which have options of their own.
        jt "$OUT/$mode.list.${suite%/*}" -l "${specs[@]}" 2>&1 | grep -E '^[^ :]+\.(java|sh)(#[^ ]*)?$' | grep -v '/persistent/' | sed "s|^|$suite/|"
    done
}

needs_native() {                       # names → those that need libraries this build does not have
    local name
    while read -r name; do
        if grep -qE '@run +[a-z]+/([a-zA-Z=]+/)*native' "$JDK_TREE/test/${name%%#*}"; then echo "$name"; fi
    done
}

in_list() {                            # names → those in the list; an entry that ends in / is a folder
    awk -v list="$1" 'BEGIN { while ((getline line < list) > 0) { if (line ~ /^(#|$)/) continue; split(line, w, " "); if (w[1] ~ /\/$/) dirs[w[1]]; else names[w[1]] } }
        { t = $1; hit = t in names; for (d in dirs) if (index(t, d) == 1) hit = 1; if (hit) print t }'
}

run() {                                # label, file of names, jtreg options… → label.results: status, name, line of the summary
    local label=$1 names=$2 suite dir tests
    shift 2
    : > "$OUT/$label.results"
    for suite in hotspot/jtreg jdk; do
        dir=$OUT/$label.${suite%/*}
        mapfile -t tests < <(of_suite "$suite" "$names" | sed "s|^|$JDK_TREE/test/$suite/|")
        [ ${#tests[@]} -gt 0 ] || continue
        jt "$dir" -conc:"$CONC" -timeoutFactor:"${TIMEOUT_FACTOR:-8}" -retain:fail,error -verbose:fail,error,time "$@" "${tests[@]}" > "$dir.log" 2>&1 || true
        [ -f "$dir/report/text/summary.txt" ] || { tail -20 "$dir.log"; die "jtreg did not run"; }
        awk -v s="$suite" '{ t = $1; $1 = ""; sub(/^ /, ""); print substr($1, 1, length($1) - 1), s "/" t, $0 }' "$dir/report/text/summary.txt" >> "$OUT/$label.results"
    done
}

names_of() { awk -v want="$1" '$1 ~ want { print $2 }' "$2"; }

why() {                                # label, name → the VM's sentence if it refused its options, else jtreg's
    local file=$OUT/$1.${2%%/*}/work t=${2#jdk/} base id=
    t=${t#hotspot/jtreg/}
    case $t in *#*) id=_${t#*#} ;; esac
    base=${t%%#*}
    file=$file/${base%.*}$id.jtr
    grep -hoE -m1 'Internal Error \(.*|assert\(.*|[^ ]+ contradicts (-XX:PersistentHeap|persistent heap)|-XX:PersistentHeap works with G1 only.*|archive cannot be dumped together' "$file" 2>/dev/null | head -1 |
        sed 's/\(contradicts\).*/\1 -XX:PersistentHeap/' | grep . || grep -F " $2 " "$OUT/$1.results" | head -1 | cut -d' ' -f3- | cut -c1-160
}

audited() {                            # label: what the audits saw; nothing would mean that nothing was tested
    find "$OUT/$1".*/work -name '*.jtr' -exec grep -hoE '^audit: [0-9]+ persistent objects' {} + > "$OUT/$1.audits" || true
    awk '{ n += $2 } END { printf "%d audits compared %d objects\n", NR, n; exit n == 0 }' "$OUT/$1.audits" || failed=$((failed + 1))
}

mode() {                               # a|b, file of all names
    local m=$1 all=$2 var stock_flags=() flags=() kind=-vmoption f n p stock skipped
    [ "$m" = a ] || { kind=-javaoption; stock_flags+=(-compilejdk:"$BOOT"); }
    LC_ALL=C sort -u -o "$all" "$all"
    while read -r n; do [ -f "$JDK_TREE/test/${n%%#*}" ] || die "no test $n"; done < "$all"
    in_list "$LISTS/$m-listed.txt" < "$all" > "$OUT/$m.listed"
    grep -vxFf "$OUT/$m.listed" "$all" > "$OUT/$m.rest" || true
    needs_native < "$OUT/$m.rest" > "$OUT/$m.native"
    grep -vxFf "$OUT/$m.native" "$OUT/$m.rest" > "$OUT/$m.names" || true
    for f in $FLAGS_STOCK; do stock_flags+=(-vmoption:"$f"); done
    var=FLAGS_$m; for f in ${!var} -XX:PersistentHeap="$heaps/%p"; do flags+=("$kind:$f"); done
    var=VM_$m
    run $m "$OUT/$m.names" ${!var} "${stock_flags[@]}" "${flags[@]}"
    p=$(names_of 'Passed' "$OUT/$m.results" | wc -l)
    names_of 'Failed|Error' "$OUT/$m.results" > "$OUT/$m.suspects"
    if [ -s "$OUT/$m.suspects" ]; then
        run $m-stock "$OUT/$m.suspects" ${!var} "${stock_flags[@]}"
    else
        : > "$OUT/$m-stock.results"
    fi
    names_of 'Failed|Error' "$OUT/$m-stock.results" > "$OUT/$m.stock"
    grep -vxFf "$OUT/$m.stock" "$OUT/$m.suspects" > "$OUT/$m.failed" || true
    while read -r n; do echo "FAILED $m $n: $(why $m "$n")"; done < "$OUT/$m.failed"
    while read -r n; do echo "fails on stock too: $n"; done < "$OUT/$m.stock"
    f=$(wc -l < "$OUT/$m.failed")
    n=$(wc -l < "$OUT/$m.listed")
    stock=$(wc -l < "$OUT/$m.stock")
    skipped=$(( $(wc -l < "$all") - p - f - n - stock ))
    printf 'upstream %s %4d passed %4d failed %4d listed, %d fail on stock too, %d do not apply (%d of them need native libraries)\n' \
        "$m" "$p" "$f" "$n" "$stock" "$skipped" "$(wc -l < "$OUT/$m.native")"
    [ "$m" = a ] || audited "$m"
    passed=$((passed + p)); failed=$((failed + f)); listed=$((listed + n))
}

what=(); modes=()
for arg in "$@"; do
    case $arg in a|b) modes+=("$arg") ;; *) what+=("$arg") ;; esac
done
[ ${#modes[@]} -gt 0 ] || modes=(a b)
for m in "${modes[@]}"; do
    case ${what[0]:-full} in
        full)   select_full "$m" > "$OUT/$m.all" ;;
        sample) grep -vE '^(#|$)' "$LISTS/sample-$m.txt" > "$OUT/$m.all" ;;
        *)      printf '%s\n' "${what[@]}" > "$OUT/$m.all" ;;
    esac
    [ -s "$OUT/$m.all" ] || die "no tests for mode $m"
    mode "$m" "$OUT/$m.all"
done
echo "$passed passed, $failed failed, $listed listed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
