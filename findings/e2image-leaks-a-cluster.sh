#!/bin/sh
# e2image -Q: an ext4 file system's metadata as a qcow2.
# Versions: e2fsprogs 1.47.0, qemu-img 7.2 (Debian 12).
# Guess:    qemu-img check finds a qcow2 that was just made in order.
# Seen:     it finds a leaked cluster and exits with 3, for every such image; after `check -r leaks` it is in order.
# Matters:  a pipeline that checks images before it takes them refuses each one; 3 means leaks, not corruption, and few scripts
#           tell 3 from 2.
# Anneal:   reads such an image; src/formats/qcow2 does not count references.
# Short:    e2fsprogs 1.47.0, qemu-img 7.2 | `qemu-img check` finds what `e2image -Q` wrote in order | a leaked cluster, exit code 3
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need mke2fs 1.47.0 mke2fs -V
need qemu-img ' 7.2' qemu-img --version
guess 'exit code 0'

cd "$dir"
mke2fs -q -t ext4 disk 32M >/dev/null 2>&1
e2image -Q disk disk.qcow2 2>/dev/null
qemu-img check disk.qcow2 >check.log 2>&1 && status=0 || status=$?
seen 'exit code of qemu-img check' 3 "$status"
seen 'what it finds' '1 leaked clusters were found on the image.' "$(grep 'were found' check.log)"
qemu-img check -r leaks disk.qcow2 >/dev/null 2>&1
qemu-img check disk.qcow2 >/dev/null 2>&1 && status=0 || status=$?
seen 'exit code once repaired' 0 "$status"
