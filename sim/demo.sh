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

/usr/bin/python3 analysis/plot.py comparison $out/slub.h5 $out/no-partial.h5 $out/order-0.h5 \
	$out/order-3.h5 --width page -o $out/comparison.png -o $out/comparison.pdf
/usr/bin/python3 analysis/plot.py free-blocks $out/recorded.h5 \
	-o $out/free-blocks.png -o $out/free-blocks.pdf

cat <<END

Written to $out/:
  NAME.h5                 one result a run (HDF5; h5py, pandas and xarray read it)
  NAME.txt                what the run printed
  comparison.png, .pdf    the runs side by side
  free-blocks.png, .pdf   free blocks by order over time

Try next:
  build/slabyard info $out/slub.h5
  build/slabyard list --options slub
  build/slabyard run --trace YOUR_TRACE.txt -o yours.h5     (workloads/README.md: how to record)
END
