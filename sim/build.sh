#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Configures and builds: sh sim/build.sh FOLDER TARGET [CMAKE OPTION...], as
#   sh sim/build.sh build all -DCMAKE_BUILD_TYPE=Release
# Ninja where it is there, else make; a folder that is configured already keeps what it has.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
folder=$1
target=$2
shift 2

if [ ! -f "$folder/CMakeCache.txt" ] && command -v ninja >/dev/null; then
	set -- -G Ninja "$@"
fi
cmake -S "$root" -B "$folder" "$@" --log-level=NOTICE >/dev/null
case $(grep CMAKE_GENERATOR: "$folder/CMakeCache.txt") in
*Ninja) quiet=--quiet ;;
*) quiet=--silent ;;
esac
cmake --build "$folder" --target "$target" --parallel "$(nproc)" -- $quiet
