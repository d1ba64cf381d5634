#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# From nothing to a figure: installs what is missing, builds into build/, replays a recorded kernel
# trace under several configurations, and compares them. Results go to build/demo/.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
recording=workloads/samples/user-sh-slub
out=build/demo

sh sim/install_packages.sh build
echo "Building into build/"
sh sim/build.sh build slabyard_cli -DCMAKE_BUILD_TYPE=Release &
building=$!
sh sim/install_packages.sh plot
wait $building

# Replays the recording into $out/NAME.h5: replay NAME OPTION...
replay() {
	name=$1
	shift
	build/slabyard run --trace $recording/trace.txt.zst --sample-every 512 -o "$out/$name.h5" \
		"$@" >"$out/$name.txt"
	echo "  $name	$*"
}

mkdir -p $out
echo
echo "Replaying $recording: shell scripts on a Linux 6.1 with SLUB, one CPU, 256 MiB"
replay recorded --start $recording/mmstate-0.txt.zst
replay slub -c pc-256mib
replay no-partial -c pc-256mib --set slab.slub.cpu_partial=false
replay order-0 -c pc-256mib --set slab.slub.max_order=0
replay order-3 -c pc-256mib --set slab.slub.min_order=3

echo
/usr/bin/python3 analysis/table.py $out/recorded.h5 $out/slub.h5 $out/no-partial.h5 \
	$out/order-0.h5 $out/order-3.h5
echo
echo "'recorded' begins with the recorded kernel's own lists and slabs, so its addresses can be"
echo "held against the real ones; the others begin on a fresh machine. Cost is modelled."

build/slabyard plot comparison $out/slub.h5 $out/no-partial.h5 $out/order-0.h5 $out/order-3.h5 \
	--width page -o $out/comparison.png -o $out/comparison.pdf
build/slabyard plot free-blocks $out/recorded.h5 -o $out/

# Carries out an experiment of configs/experiments/: experiment NAME
experiment() {
	echo
	echo "Experiment $1 (configs/experiments/$1.yaml)"
	build/slabyard sweep "$1" -o "$out/$1" >"$out/$1.txt"
	tail -n 2 "$out/$1.txt"
}

experiment slab-variants
build/slabyard compare $out/slab-variants
build/slabyard plot normalised $out/slab-variants --width page -o $out/slab-variants/
experiment load-scaling
build/slabyard compare $out/load-scaling --scaling live_bytes_max
build/slabyard plot scaling $out/load-scaling --with live_bytes_max \
	--report rss_bytes_max,cost_ns --width page -o $out/load-scaling/

cat <<END

Written to $out/:
  NAME.h5                        one result a run (HDF5; h5py, pandas and xarray read it)
  NAME.txt                       what the run printed
  comparison.png, .pdf           the runs side by side
  free-blocks.png, .pdf, .csv    free blocks by order over time
  slab-variants/                 SLAB, SLUB and SLOB on four recordings: results and
    normalised.png, .pdf, .csv   what each needs, by what SLUB needs
  load-scaling/                  five recorded programs under two allocators: results and
    scaling.png, .pdf, .csv      how RSS and cost grow with what is live

Try next:
  build/slabyard info $out/slub.h5
  build/slabyard plot $out/recorded.h5 -o figures/          (every figure it has something for)
  build/slabyard list --options slub
  build/slabyard run --trace YOUR_TRACE.txt -o yours.h5     (workloads/README.md: how to record)
END
