#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs the Debian packages that are missing: sh sim/install_packages.sh GROUP...
#   build  compiler and libraries          plot  what analysis/ draws with
#   test   what tests/run.sh needs beside these      bench  allocators that are compared with
# Nothing is touched, and no network used, when all are there.
set -eu

packages_of() {
	case $1 in
	build) echo gcc libc6-dev cmake ninja-build pkgconf libgsl-dev libhdf5-dev libzstd-dev \
		zlib1g-dev libxxhash-dev libyaml-dev libncurses-dev \
		libcmocka-dev ;;
	plot) echo python3 python3-h5py python3-matplotlib ;;
	test) echo clang clang-format git tar zstd gzip python3-yaml python3-jsonschema \
		python3-pandas python3-xarray python3-h5netcdf poppler-utils man-db groff-base \
		strace ltrace procps tmux \
		python3-scipy munge slurmctld slurmd slurm-client ;;
	bench) echo libjemalloc2 libmimalloc2.0 libtcmalloc-minimal4 perl ;;
	*)
		echo "install_packages.sh: no group '$1', there are: build plot test bench" >&2
		exit 2
		;;
	esac
}

is_installed() {
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo env DEBIAN_FRONTEND=noninteractive "$@"
	else
		echo "Installing needs root, there is no sudo. As root: apt-get install$missing" >&2
		exit 1
	fi
}

wanted=
for group in "$@"; do
	wanted="$wanted $(packages_of "$group")"
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	echo "No Debian here; what Debian calls these must be there:$wanted"
	exit 0
fi

missing=
for package in $wanted; do
	is_installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

export DEBIAN_FRONTEND=noninteractive
echo "Installing Debian packages:$missing"
as_root apt-get -qq -o Acquire::Retries=3 update
# shellcheck disable=SC2086 # a list of words
as_root apt-get -qq -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 install -y --no-install-recommends \
	$missing >/dev/null
