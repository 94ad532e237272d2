# Sourced by configure: the JDK source and the test tools, through the package archive.
# SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0

JDK_VERSION=25.0.3+9
JDK_TARBALL=openjdk-25_$JDK_VERSION.orig.tar.xz
JDK_SHA256=2dd6c441b49705480db1ebfcd03f43d5dcb7f1d4290e98c1fa6eeefae50cfa07
SUITE=trixie                           # its jtreg is 8, its googletest 1.16
CACHE=$BUILD/cache
APT=$BUILD/apt
JTREG_HOME=$BUILD/tools/jtreg/usr/share/jtreg
GTEST_HOME=$BUILD/tools/googletest/usr/src/googletest

# The archive's address as this machine has it, for SUITE too.
archive_address() {
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(ORIGIN)' 2>/dev/null |
        awk '$3 == "Debian" { print $1 }' | grep -v security | sort -u | head -1
}

apt_here() {                           # apt with its own sources, lists and cache; the system's are not touched
    local command=$1; shift
    "$command" -o Dir::Etc::sourcelist="$APT/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$APT/lists" -o Dir::Cache="$APT/cache" -o APT::Sandbox::User=root "$@"
}

prepare_apt() {
    [ -f "$APT/ready" ] && return
    local address
    address=$(archive_address)
    [ -n "$address" ] || { apt-get update -qq || true; address=$(archive_address); }
    [ -n "$address" ] || return 1
    mkdir -p "$APT/lists/partial" "$APT/cache/archives/partial"
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed=""
    [ -f $keyring ] && signed="[signed-by=$keyring]"
    printf 'deb %s %s %s main\ndeb-src %s %s %s main\n' "$signed" "$address" $SUITE "$signed" "$address" $SUITE > "$APT/sources.list"
    apt_here apt-get update -qq > "$APT/update.log" 2>&1 || return 1
    echo "$address" > "$APT/ready"
}

fetch_tarball() {
    mkdir -p "$CACHE"
    [ "$(sum "$CACHE/$JDK_TARBALL")" = $JDK_SHA256 ] && return
    prepare_apt || return 1
    local uri
    uri=$(apt_here apt-get source --print-uris --tar-only openjdk-25 2>/dev/null | grep -F "${JDK_TARBALL/+/%2b}" | head -1 | cut -d"'" -f2)
    # The index may have moved on; the pool keeps the file for a while.
    [ -n "$uri" ] || uri="$(cat "$APT/ready" | sed 's|/*$||')/pool/main/o/openjdk-25/$JDK_TARBALL"
    (cd "$CACHE" && /usr/lib/apt/apt-helper -o APT::Sandbox::User=root download-file "$uri" "$JDK_TARBALL" SHA256:$JDK_SHA256) > "$CACHE/fetch.log" 2>&1
}

get_source() {
    if [ ! -f "$JDK_GIT/everheap.ready" ]; then
        rm -rf "$JDK_TREE" "$JDK_GIT" "$MANIFEST"
        mkdir -p "$JDK_TREE"
        if [ -n "$JDK_SOURCE" ] && [ -d "$JDK_SOURCE" ]; then
            cp -r "$JDK_SOURCE/." "$JDK_TREE/"
            rm -rf "$JDK_TREE/.git" "$JDK_TREE/build"
        else
            local tarball=$JDK_SOURCE
            if [ -n "$tarball" ]; then
                [ "$(sum "$tarball")" = $JDK_SHA256 ] ||
                    die "$tarball is not $JDK_TARBALL: its SHA-256 should be $JDK_SHA256"
            else
                fetch_tarball || die "the JDK source $JDK_TARBALL could not be had from the Debian archive (suite $SUITE, package openjdk-25); pass --with-jdk-source=FILE or DIR"
                tarball=$CACHE/$JDK_TARBALL
            fi
            echo "unpacking $JDK_TARBALL"
            tar -xf "$tarball" -C "$JDK_TREE" --strip-components=1
        fi
        git init -q --bare "$JDK_GIT"
        git --git-dir="$JDK_GIT" config core.bare false
        git --git-dir="$JDK_GIT" config core.compression 0
        git --git-dir="$JDK_GIT" config gc.auto 0
        jdk_git add -A -f .
        jdk_git -c user.name=everheap -c user.email=everheap@localhost commit -q -m pristine
        jdk_git tag pristine
        touch "$JDK_GIT/everheap.ready"
    fi
}

unpack_tool() {                        # package, folder under build/tools
    local dir=$BUILD/tools/$2
    [ -f "$dir/.ready" ] && return
    prepare_apt || die "the package archive cannot be reached for $1"
    mkdir -p "$CACHE" "$dir"
    (cd "$CACHE" && rm -f "$1"_*.deb && apt_here apt-get download "$1") > "$CACHE/$1.log" 2>&1 ||
        die "package $1 could not be had from the Debian archive (suite $SUITE); see build/cache/$1.log"
    dpkg-deb -x "$CACHE/$1"_*.deb "$dir"
    touch "$dir/.ready"
}

get_tools() {
    unpack_tool jtreg8 jtreg
    unpack_tool googletest googletest
}
