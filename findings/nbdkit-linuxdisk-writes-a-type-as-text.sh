#!/bin/sh
# nbdkit's linuxdisk plugin, which serves a directory as "a Linux-compatible ext2 filesystem" in a partition of a GPT.
# Versions: nbdkit 1.32.5 (Debian 12), gdisk 1.0.9; 1.48.1 (sid) does the same.
# Guess:    the partition has the type of Linux data, 0FC63DAF-8483-4772-8E79-3D69D8477DE4, as by the plugin "partitioning".
# Seen:     the first 16 letters of that text are the type: "0FC63DAF-8483-47" in ASCII, which reads as
#           36434630-4433-4641-2D38-3438332D3437, "Unknown". By "partitioning" it is right.
# Matters:  whoever looks for a partition of Linux by its type (systemd's gpt-auto, repart and dissect, installers) finds none.
# Anneal:   looks at what a partition holds, not at its type alone.
# Short:    nbdkit 1.32.5 (and 1.48.1), gdisk 1.0.9 | the partition that the linuxdisk plugin makes has the type of Linux data | its type is the first 16 letters of that type's name: "Unknown"
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need qemu-img 'qemu-img version 7.2' qemu-img --version
need sgdisk 1.0.9 sgdisk --version
command -v mke2fs >/dev/null || skip 'mke2fs is missing'
debian_files n/nbdkit/nbdkit_1.32.5-1_amd64.deb
LD_LIBRARY_PATH=
guess 'Linux filesystem, for both'

cd "$dir"
mkdir tree
echo x >tree/file
truncate -s 1M part
plugins=$(echo root/usr/lib/*-linux-gnu/nbdkit/plugins)
# The command that --run takes is one line of shell; nbdkit fills in $uri.
served() { nbdkit -U - "$plugins/nbdkit-$1-plugin.so" "$2" ${3+"$3"} --run "qemu-img convert -f raw -O raw \$uri $1" >log 2>&1 || skip "nbdkit does not run here: $(tail -n 1 log)"; }
served partitioning part partition-type=gpt
served linuxdisk tree
kind() { sgdisk -i 1 "$1" | sed -n 's/^Partition GUID code: //p'; }
seen 'type, by partitioning' '0FC63DAF-8483-4772-8E79-3D69D8477DE4 (Linux filesystem)' "$(kind partitioning)"
seen 'type, by linuxdisk' '36434630-4433-4641-2D38-3438332D3437 (Unknown)' "$(kind linuxdisk)"
# The table starts in the third sector.
seen 'the 16 bytes of the type' '0FC63DAF-8483-47' "$(dd if=linuxdisk bs=1 skip=1024 count=16 status=none)"
