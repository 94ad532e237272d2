# Sourced by configure: what the build needs of the system.
# SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0

NEEDED_PACKAGES="g++ make autoconf ccache file unzip zip patch git xz-utils dpkg libasound2-dev libcups2-dev
    libfontconfig1-dev libfreetype6-dev libx11-dev libxext-dev libxrender-dev libxrandr-dev libxtst-dev
    libxt-dev zlib1g-dev libjpeg-dev libgif-dev libpng-dev liblcms2-dev libpcsclite-dev libharfbuzz-dev"

install_packages() {
    command -v dpkg-query > /dev/null || { echo "configure: no dpkg here; make sure these are installed:" $NEEDED_PACKAGES; return; }
    local missing=() p
    for p in $NEEDED_PACKAGES; do
        dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$PACKAGES" = yes ] && [ "$(id -u)" = 0 ]; then
        echo "installing ${missing[*]}"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq || true
        apt-get install -y -qq --no-install-recommends "${missing[@]}" > "$BUILD/packages.log" 2>&1 ||
            { tail -5 "$BUILD/packages.log" >&2; die "installing ${missing[*]} failed; see build/packages.log"; }
    else
        die "missing packages: ${missing[*]}; install them, e.g. as root: apt-get install ${missing[*]}"
    fi
}

jdk_feature() {                        # 25 for a JDK 25
    sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null
}

find_boot_jdk() {
    local d
    if [ -n "$BOOT_JDK" ]; then
        case $(jdk_feature "$BOOT_JDK") in 24|25) return ;; esac
        die "--with-boot-jdk=$BOOT_JDK is not a JDK 24 or 25"
    fi
    local on_path=""
    command -v javac > /dev/null && on_path=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
    for d in "${JAVA_HOME:-}" "$on_path" /usr/lib/jvm/*; do
        [ -n "$d" ] && [ -x "$d/bin/javac" ] || continue
        case $(jdk_feature "$d") in 24|25) BOOT_JDK=$(readlink -f "$d"); return ;; esac
    done
    if [ "$PACKAGES" = yes ] && [ "$(id -u)" = 0 ] &&
       apt-get install -y -qq --no-install-recommends openjdk-25-jdk-headless > "$BUILD/packages.log" 2>&1; then
        for d in /usr/lib/jvm/*; do
            [ -x "$d/bin/javac" ] && [ "$(jdk_feature "$d")" = 25 ] && { BOOT_JDK=$(readlink -f "$d"); return; }
        done
    fi
    die "no JDK 24 or 25 to build with was found in JAVA_HOME, on the PATH or in /usr/lib/jvm; pass --with-boot-jdk=DIR"
}
