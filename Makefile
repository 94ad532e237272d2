# SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
#
#   make demo           build everything, then run, kill and rerun the bank
#   make test           build everything, then all tests
#   make bench          build everything, then measure
#
# LEVEL=release for a release build; see 'make help'.

LEVEL ?= fastdebug
JOBS  ?= $(shell nproc)
BUILD := build
CONF  := $(BUILD)/$(LEVEL)
IMAGE := $(CONF)/images/jdk

# PC/SC headers come in a folder of their own on Debian.
export C_INCLUDE_PATH := /usr/include/PCSC

# HotSpot's own gtests take as long to compile as a quarter of the VM; empty: build them too.
export GTEST_DIRS ?= persistent

.PHONY: help images hotspot configure refresh check-overlay demo bench bench-image test test-gtest test-jtreg test-smoke test-crash test-dax test-upstream soak clean
.DEFAULT_GOAL := images

help:
	@echo "make images         the JDK, in build/<level>/images/jdk"
	@echo "make hotspot        the VM alone, into build/<level>/jdk"
	@echo "make demo           the bank: run, kill -9, run again (HEAP=<directory>)"
	@echo "make test           overlay, gtest, jtreg, crash (small), upstream (a sample)"
	@echo "make test-gtest | test-jtreg | test-crash     one part, with all its configurations"
	@echo "make test-smoke     some of our tests on the release VM, which it builds first"
	@echo "make test-dax       a heap on an emulated NVDIMM (QEMU, ext4 -o dax), killed with -9: 3 minutes"
	@echo "make test-upstream  OpenJDK's own tests on a persistent heap (MODE=a: unused, MODE=b: everything in it): hours"
	@echo "make soak           random programs against a model of them, for MINUTES (30)"
	@echo "make bench          measure: build/bench/report.md and charts (FULL=1: longer; JDK=<image>: without building; bench/run.sh has more)"
	@echo "make refresh        write edits made in build/jdk back into the repository"
	@echo "make check-overlay  fail if patches do not apply exactly or differ from a refresh"
	@echo "make clean          remove build/<level>"
	@echo "LEVEL=fastdebug|release (fastdebug)"

configure:
	@./configure --with-debug-level=$(LEVEL) $(CONFIGURE_ARGS)

images: configure
	@+$(MAKE) -C $(CONF) images JOBS=$(JOBS) LOG=warn

hotspot: configure
	@+$(MAKE) -C $(CONF) hotspot JOBS=$(JOBS) LOG=warn

refresh:
	@make/refresh.sh

check-overlay:
	@make/check-overlay.sh

demo: images
	@JAVA=$(abspath $(IMAGE))/bin/java src/demo/bank/run.sh

test: images
	@make/test.sh $(LEVEL) all

# The second build is the release VM.
test-smoke: images
	@+$(MAKE) --no-print-directory hotspot LEVEL=release
	@make/test.sh $(LEVEL) smoke

# Timing needs the release VM.
bench: $(if $(JDK),,bench-image)
	@bench/run.sh

bench-image: images
	@+$(MAKE) --no-print-directory hotspot LEVEL=release
	@make/smoke-image.sh

test-gtest test-jtreg test-crash: images
	@make/test.sh $(LEVEL) $(@:test-%=%)

test-dax: images
	@IMAGE=$(abspath $(IMAGE)) make/test-dax.sh

test-upstream: images
	@make/test-upstream.sh $(LEVEL) full $(MODE)

soak: images
	@make/soak.sh $(LEVEL)

clean:
	rm -rf $(CONF)
