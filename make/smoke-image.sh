#!/usr/bin/env bash
# A JDK with the release VM for the smoke tests: the image of build/fastdebug with the
# libjvm of build/release. Java code and the other libraries do not differ between levels.
. "$(dirname "$0")/common.sh"
FROM=$BUILD/fastdebug/images/jdk
VM=$BUILD/release/support/modules_libs/java.base/server/libjvm.so
TO=$BUILD/smoke/jdk
[ -f "$VM" ] || die "no release VM in build/release: run 'make hotspot LEVEL=release'"
if [ ! -f "$TO/ready" ] || [ "$VM" -nt "$TO/ready" ] || [ "$FROM/release" -nt "$TO/ready" ]; then
    rm -rf "$TO"
    mkdir -p "$(dirname "$TO")"
    cp -al "$FROM" "$TO"
    rm -f "$TO"/lib/server/*.jsa "$TO/lib/server/libjvm.so"
    cp "$VM" "$TO/lib/server/libjvm.so"
    "$TO/bin/java" -Xshare:dump > "$BUILD/smoke/dump.txt" 2>&1 || { tail -5 "$BUILD/smoke/dump.txt" >&2; die "the smoke image does not start"; }
    touch "$TO/ready"
fi
