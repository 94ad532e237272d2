#!/usr/bin/env bash
# Runs the bank on a persistent heap of media kind dax, in a QEMU guest with an emulated NVDIMM, kills QEMU with -9,
# boots again and checks; see doc/dax.md. Set to change:
#   IMAGE    the JDK                             (build/fastdebug/images/jdk)
#   KILLS    kills while the bank works          (3)
#   OPTIONS  more JVM options                    (-XX:TieredStopAtLevel=1)
#   SEED     of the moments of the kills         (the clock)
# The last line counts checks; where QEMU or a kernel cannot be had it says "dax skipped: <reason>", which is no failure.
# SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
. "$(dirname "$0")/common.sh"
IMAGE=$(readlink -f "${IMAGE:-$BUILD/fastdebug/images/jdk}")
KILLS=${KILLS:-3}
OPTIONS=${OPTIONS:--XX:TieredStopAtLevel=1}
OUT=$BUILD/test/dax
TOOLS=$BUILD/tools/dax
CACHE=$BUILD/cache/dax
BOOT_SECONDS=200                       # a boot that takes longer hangs
RANDOM=${SEED:-$(date +%s)}

passed=0
failed=0
qemu=

skip() { echo "dax skipped: $*"; echo "0 passed, 0 failed"; exit 0; }
ok()   { passed=$((passed + 1)); echo "ok: $*"; }
bad()  { failed=$((failed + 1)); echo "FAILED: $*"; }
kill_qemu() { [ -z "$qemu" ] || { kill -9 "$qemu" 2>/dev/null || true; wait "$qemu" 2>/dev/null || true; qemu=; }; }
trap kill_qemu EXIT

finish() { echo "$passed passed, $failed failed"; [ "$failed" -eq 0 ]; exit; }
give_up() {
    bad "$*"
    echo "the guest's console:"; tail -15 "$OUT/console.$boot" | tr -d '\r'
    echo "the VM:"; tail -15 "$OUT/shared/log.$boot" 2>/dev/null || true
    finish
}

# ---- QEMU, a kernel, busybox: from the system's own package archive, unpacked in build/tools, nothing installed ----

apt_dax() {
    local command=$1; shift
    "$command" -qq -o Debug::NoLocking=1 -o APT::Sandbox::User="$(id -un)" -o Dir::Cache="$CACHE/apt" -o Dir::Cache::archives="$CACHE" "$@"
}

get_tools() {
    [ -f "$TOOLS/.ready" ] && return
    command -v apt-get > /dev/null && command -v dpkg-deb > /dev/null || return 1
    rm -rf "$TOOLS" "$CACHE"
    mkdir -p "$TOOLS" "$CACHE/partial" "$CACHE/apt"
    local kernel deb
    kernel=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
    [ -n "$kernel" ] || return 1
    echo "fetching QEMU and $kernel"
    apt_dax apt-get install --download-only -y --no-install-recommends qemu-system-x86 busybox-static &&
        (cd "$CACHE" && apt_dax apt-get download "$kernel") || return 1
    for deb in "$CACHE"/*.deb; do
        case ${deb##*/} in
            # Of the kernel's 400 MB what a guest needs.
            linux-image-*) dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$TOOLS" --wildcards './boot/vmlinuz*' './lib/modules/*/modules.*' \
                './lib/modules/*/kernel/'{crypto,lib,fs/{9p,ext4,jbd2,netfs,fscache,mbcache.ko*},net/9p,drivers/{virtio,nvdimm,acpi/nfit}} ;;
            *) dpkg-deb -x "$deb" "$TOOLS" ;;
        esac || return 1
    done
    # What the system has installed already was not downloaded.
    [ -x "$TOOLS/usr/bin/qemu-system-x86_64" ] || ln -sf "$(command -v qemu-system-x86_64)" "$TOOLS/usr/bin/" || return 1
    [ -x "$TOOLS/bin/busybox" ] || { mkdir -p "$TOOLS/bin" && cp /bin/busybox "$TOOLS/bin/"; } || return 1
    rm -rf "$CACHE"
    touch "$TOOLS/.ready"
}

# The ELF kernel in the bzImage: QEMU boots it without real mode and decompression, which TCG takes seconds for.
extract_kernel() {                     # from, to
    local at
    at=$(LC_ALL=C grep -abo -m1 $'\xfd7zXZ' "$1" | head -1 | cut -d: -f1)
    [ -n "$at" ] && { tail -c +$((at + 1)) "$1" | xz -dc --single-stream > "$2" 2>/dev/null || true; }
    [ "$(head -c 4 "$2" 2>/dev/null | tail -c 3)" = ELF ] || cp "$1" "$2"
}

build_guest() {
    local root=$OUT/initramfs busybox=$TOOLS/bin/busybox version modules m
    version=$(ls "$TOOLS/lib/modules" | head -1)
    modules=$TOOLS/lib/modules/$version
    rm -rf "$root"
    mkdir -p "$root/bin" "$root/modules" "$root/paths"
    cp "$busybox" "$root/bin/"
    cp "$ROOT/test/dax/init" "$root/init"
    echo "$IMAGE" > "$root/paths/jdk"
    readlink -f "$OUT/classes" > "$root/paths/classes"
    [ -f "$modules/modules.dep" ] || "$busybox" depmod -b "$TOOLS" "$version"
    # Each module behind those it needs.
    awk -F: -v wanted="virtio_pci 9pnet_virtio 9p crc32c_generic ext4 nfit nd_pmem" '
        function load(path,    need, n, i) {
            if (path in done) return
            done[path] = 1
            n = split(needs[path], need, " ")
            for (i = n; i > 0; i--) load(need[i])
            print path
        }
        { needs[$1] = $2; name = $1; sub(/.*\//, "", name); sub(/\.ko.*/, "", name); path[name] = $1 }
        END { n = split(wanted, w, " "); for (i = 1; i <= n; i++) if (w[i] in path) load(path[w[i]]) }' \
        "$modules/modules.dep" > "$OUT/modules.txt"
    while read -r m; do
        cp "$modules/$m" "$root/modules/"
        basename "$m" >> "$root/modules/list"
    done < "$OUT/modules.txt"
    case $(head -1 "$root/modules/list") in *.ko) ;; *) (cd "$root/modules" && xz -d ./*.xz && sed -i 's/\.xz$//' list) ;; esac
    (cd "$root" && find . | "$busybox" cpio -o -H newc 2>/dev/null | gzip -1) > "$OUT/initramfs.gz"
    extract_kernel "$TOOLS"/boot/vmlinuz-"$version" "$OUT/kernel"
}

# ---- Boots ----

boot=0
program=
start_guest() {                        # mode of the mount, program, arguments
    boot=$((boot + 1))
    program=$2
    acks=$OUT/shared/$program.$boot
    echo "$1" > "$OUT/shared/dax"
    rm -f "$OUT/shared/exit"
    cat > "$OUT/shared/run" <<RUN
export LC_ALL=C
exec /jdk/bin/java -XX:-UsePerfData -Xmx128m -Xlog:pheap*=info:stderr -XX:PersistentHeap=/heap/$program \\
    -XX:PersistentHeapSize=96m -XX:PersistentHeapInitialSize=32m -XX:PersistentHeapLogSize=1m -XX:+UnlockDiagnosticVMOptions \\
    $OPTIONS -cp /classes ${*:2} >> /out/$program.$boot 2>> /out/log.$boot
RUN
    : > "$acks"
    LD_LIBRARY_PATH="$TOOLS/usr/lib/x86_64-linux-gnu:$TOOLS/lib/x86_64-linux-gnu" nice -n 10 \
        "$TOOLS/usr/bin/qemu-system-x86_64" -L "$TOOLS/usr/share/qemu" -L "$TOOLS/usr/share/seabios" \
        -machine q35,nvdimm=on -accel tcg,thread=single -smp 1 -cpu max -m 1G,slots=2,maxmem=4G \
        -nodefaults -no-user-config -no-reboot -display none -monitor none -serial "file:$OUT/console.$boot" \
        -kernel "$OUT/kernel" -initrd "$OUT/initramfs.gz" -append "console=ttyS0 rdinit=/init quiet panic=-1 mitigations=off" \
        -object memory-backend-file,id=nvdimm,share=on,mem-path="$OUT/nvdimm",size=512M -device nvdimm,memdev=nvdimm \
        -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
        -virtfs local,path="$OUT/shared",mount_tag=out,security_model=none \
        2> "$OUT/qemu.$boot" &
    qemu=$!
}

await() {                              # what, file, pattern: false if QEMU ends or takes too long
    local end=$((SECONDS + BOOT_SECONDS))
    until grep -q "$3" "$2" 2>/dev/null; do
        if ! kill -0 "$qemu" 2>/dev/null; then
            grep -q "$3" "$2" 2>/dev/null && return
            cat "$OUT/qemu.$boot"
            give_up "boot $boot: QEMU ended before $1"
        fi
        [ $SECONDS -lt $end ] || give_up "boot $boot: no $1 within $BOOT_SECONDS s"
        sleep 0.1
    done
}

# The last complete acknowledgement of each teller in all boots so far.
acknowledged() {
    cat "$OUT/shared/$program".* | awk '$1 == "ack" && NF == 3 && $2 < 4 { if ($3 > last[$2]) last[$2] = $3 }
        END { print last[0] + 0, last[1] + 0, last[2] + 0, last[3] + 0 }'
}
sum_of() { awk '{ print $1 + $2 + $3 + $4 }' <<< "$*"; }

check_opened() {                       # kind
    local line kind=$1 before opened
    before=$(acknowledged)
    await "the program opened its heap" "$acks" '^open \|^error '
    line=$(grep -m1 '^open \|^error ' "$acks")
    if grep -q "Persistent heap /heap/$program ($kind)" "$OUT/shared/log.$boot"; then ok "boot $boot, $program: media kind $kind"
    else bad "boot $boot, $program: media kind is not $kind: $(grep -m1 -o 'Persistent heap /heap/.*(.*)' "$OUT/shared/log.$boot")"; fi
    case $line in *" sum 1000000 "*) ok "boot $boot, $program: the books are right, sum unchanged" ;; *) bad "boot $boot, $program: $line" ;; esac
    opened=${line#* last }
    if awk -v a="$before" -v b="$opened" 'BEGIN { n = split(a, x, " "); m = split(b, y, " "); for (i = 1; i <= n; i++) if (y[i] + 0 < x[i]) exit 1; exit n != m }'; then
        ok "boot $boot, $program: all $(sum_of "$before") acknowledged transactions present (the heap has $(sum_of "$opened"))"
    else
        bad "boot $boot, $program: LOST: acknowledged, by thread: $before; in the heap: $opened"
    fi
}

kill_it() {                            # when
    kill -0 "$qemu" 2>/dev/null || give_up "boot $boot: the guest ended by itself"
    kill_qemu
    if grep -q '^error ' "$acks"; then bad "boot $boot, $program: $(grep -m1 '^error ' "$acks")"; fi
    echo "boot $boot, $program: killed with -9 $1; $(sum_of "$(acknowledged)") transactions acknowledged so far"
}

[ "$(uname -m)" = x86_64 ] || skip "this machine is no x86-64"
[ -x "$IMAGE/bin/java" ] || die "no JDK in $IMAGE: run 'make images'"
get_tools > "$BUILD/dax-tools.log" 2>&1 || { tail -3 "$BUILD/dax-tools.log"; skip "QEMU or a kernel could not be had from the package archive (qemu-system-x86, busybox-static, linux-image-amd64); see build/dax-tools.log"; }
LD_LIBRARY_PATH="$TOOLS/usr/lib/x86_64-linux-gnu:$TOOLS/lib/x86_64-linux-gnu" "$TOOLS/usr/bin/qemu-system-x86_64" --version > /dev/null 2>&1 ||
    skip "QEMU does not start: $("$TOOLS/usr/bin/qemu-system-x86_64" --version 2>&1 | head -1)"
command -v mkfs.ext4 > /dev/null || PATH=$PATH:/usr/sbin:/sbin
command -v mkfs.ext4 > /dev/null || skip "there is no mkfs.ext4 (package e2fsprogs)"

rm -rf "$OUT"
mkdir -p "$OUT/shared" "$OUT/classes"
"$IMAGE/bin/javac" -d "$OUT/classes" "$ROOT/src/demo/bank/Bank.java" "$ROOT/test/dax/Fill.java"
build_guest
# The first 2 MB belong to the namespace (fsdax, see test/dax/init).
truncate -s 512M "$OUT/nvdimm"
mkfs.ext4 -q -b 4096 -E offset=$((2 << 20)) "$OUT/nvdimm" 510M > "$OUT/mkfs.txt" 2>&1 || { cat "$OUT/mkfs.txt"; die "mkfs.ext4 failed"; }

for ((kill = 1; kill <= KILLS; kill++)); do
    start_guest always Bank
    check_opened dax
    # Some transfers have been acknowledged, then a random moment.
    await "a transfer" "$acks" '^ack '
    sleep $((RANDOM % 4)).$((RANDOM % 10))
    kill_it "at work"
done
[ "$(sum_of "$(acknowledged)")" -gt 0 ] && ok "Bank acknowledged transfers" || bad "no transfer was acknowledged"

# Once while it opens: recovery is cut short.
start_guest always Bank
await "the VM" "$OUT/shared/log.$boot" 'pheap'
sleep 0.$((RANDOM % 10))
kill_it "while opening"

# The file has grown and what was dropped has been collected.
start_guest always Fill
check_opened dax
await "growth of the file" "$OUT/shared/log.$boot" 'Grown to 64M'
await "a collection" "$OUT/shared/log.$boot" 'Collection 3 '
sleep $((RANDOM % 2)).$((RANDOM % 10))
kill_it "at work"

# Clean ends; and the same files without DAX: MAP_SYNC must fail there, and all must be there all the same.
for run in "always Bank" "always Fill" "never Bank"; do
    start_guest $run check
    case $run in always*) check_opened dax ;; *) check_opened file ;; esac
    await "the end of the VM" "$OUT/shared/exit" '^exit'
    grep -q '^exit 0$' "$OUT/shared/exit" && ok "boot $boot, $program: the VM ended with 0" || bad "boot $boot, $program: $(cat "$OUT/shared/exit")"
    await "the guest's end" "$OUT/console.$boot" 'guest: done'
    kill_qemu
done
rm -f "$OUT/nvdimm"
finish
