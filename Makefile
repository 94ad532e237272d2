# SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0
#
#   make demo           build everything, then run, kill and rerun the bank
#   make test           build everything, then all tests
#
# LEVEL=release for a release build; see 'make help'.

LEVEL ?= fastdebug
JOBS  ?= $(shell nproc)
BUILD := build
CONF  := $(BUILD)/$(LEVEL)
IMAGE := $(CONF)/images/jdk

# PC/SC headers come in a folder of their own on Debian.
export C_INCLUDE_PATH := /usr/include/PCSC

.PHONY: help images hotspot configure refresh check-overlay demo test test-gtest test-jtreg test-smoke test-crash test-upstream clean
.DEFAULT_GOAL := images

help:
	@echo "make images         the JDK, in build/<level>/images/jdk"
	@echo "make hotspot        the VM alone, into build/<level>/jdk"
	@echo "make demo           the bank: run, kill -9, run again (HEAP=<directory>)"
	@echo "make test           all tests: overlay, gtest, jtreg, smoke (release VM), crash, upstream (a sample)"
	@echo "make test-gtest | test-jtreg | test-smoke | test-crash"
	@echo "make test-upstream  OpenJDK's own tests on a persistent heap (MODE=a: unused, MODE=b: everything in it): hours"
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

# The release VM is for the smoke tests.
test: images
	@+$(MAKE) --no-print-directory hotspot LEVEL=release
	@make/test.sh $(LEVEL) all

test-smoke: images
	@+$(MAKE) --no-print-directory hotspot LEVEL=release
	@make/test.sh $(LEVEL) smoke

test-gtest test-jtreg test-crash: images
	@make/test.sh $(LEVEL) $(@:test-%=%)

test-upstream: images
	@make/test-upstream.sh $(LEVEL) full $(MODE)

clean:
	rm -rf $(CONF)
