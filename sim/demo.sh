#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# From nothing to a figure: installs what is missing, builds into build/, replays a recorded kernel
# trace under several configurations, and compares them. Results go to build/demo/.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
recording=workloads/samples/kmix-slub
out=build/demo

sh sim/install_packages.sh build plot
echo "Building into build/"
sh sim/build.sh build slabyard_cli -DCMAKE_BUILD_TYPE=Release

# Replays the recording into $out/NAME.h5: replay NAME OPTION...
replay() {
	name=$1
	shift
	build/slabyard run --trace $recording/trace.txt.zst --sample-every 256 -o "$out/$name.h5" \
		"$@" >"$out/$name.txt"
	echo "  $name"
}

mkdir -p $out
echo "Replaying $recording, the kernel memory events of a Linux 6.1 with SLUB:"
replay as-recorded --start $recording/mmstate-0.txt.zst
replay slub --set machine.memory=256MiB
replay no-cpu-partial --set machine.memory=256MiB --set slab.slub.cpu_partial=false
replay small-slabs --set machine.memory=256MiB --set slab.slub.max_order=0
replay 64MiB --set machine.memory=64MiB

echo
/usr/bin/python3 analysis/table.py $out/as-recorded.h5 $out/slub.h5 $out/no-cpu-partial.h5 \
	$out/small-slabs.h5 $out/64MiB.h5
echo
echo "as-recorded begins with the recorded kernel's own free lists and slabs; the others with a"
echo "fresh machine. What an allocation costs is modelled."

/usr/bin/python3 analysis/plot.py comparison $out/slub.h5 $out/no-cpu-partial.h5 \
	$out/small-slabs.h5 --width page -o $out/comparison.png -o $out/comparison.pdf
/usr/bin/python3 analysis/plot.py free-blocks $out/as-recorded.h5 \
	-o $out/free_blocks.png -o $out/free_blocks.pdf

cat <<END

Written to $out/:
  NAME.h5                 one result a run (HDF5; h5py, pandas and xarray read it)
  NAME.txt                what the run printed
  comparison.png, .pdf    the runs side by side
  free_blocks.png, .pdf   free blocks by order over time

Try next:
  build/slabyard info $out/slub.h5
  build/slabyard list --options slub
  build/slabyard run --trace YOUR_TRACE.txt -o yours.h5     (workloads/README.md: how to record)
END
