#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs what is missing, builds and runs every test: sh tests/run.sh [CTEST OPTION...]
#   build/test-gcc-asan  gcc, AddressSanitizer and UndefinedBehaviorSanitizer: all tests
#   build/test-clang     clang, Release, shared library: all tests
#   build/test-gcc       gcc, Release: the golden tests, so that all three builds are held against
#                        the same bytes
# All builds are tested even when one fails; the exit code tells whether any did.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
failed=

run_tests() {
	folder=$1
	shift
	echo "== $folder: tests"
	ctest --test-dir "$folder" --output-on-failure --no-tests=error --parallel "$(nproc)" \
		"$@" || failed="$failed $folder"
}

build() {
	folder=$1
	shift
	echo "== $folder: build"
	sh sim/build.sh "$folder" all "$@" && return
	failed="$failed $folder"
	return 1
}

sh sim/install_packages.sh build plot test
if [ ! -d ../shared/data ]; then
	echo "There is no ../shared/data: tests that need its large recordings skip."
fi

if build build/test-gcc -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Release; then
	run_tests build/test-gcc -L golden "$@"
fi
if build build/test-clang -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Release \
	-DBUILD_SHARED_LIBS=ON; then
	run_tests build/test-clang "$@"
fi
if build build/test-gcc-asan -DCMAKE_C_COMPILER=gcc -DSLABYARD_SANITIZE=ON; then
	run_tests build/test-gcc-asan "$@"
fi

if [ -n "$failed" ]; then
	echo "FAILED in:$failed"
	exit 1
fi
