#!/bin/sh
# qemu-img: the disk of an internal snapshot, after the disk was made larger.
# Versions: qemu-img 7.2 (Debian 12).
# Guess:    `convert -l snapshot` gives the disk as it was when the snapshot was taken, as `snapshot -a` does.
# Seen:     it gives the old contents at the new size: 10 MiB that became 20 are 20 MiB, zeros behind. After
#           `snapshot -a` the same snapshot is 10 MiB.
# Matters:  a backup taken this way from a hypervisor holds a disk that never was: no GPT at its end, another checksum.
# Anneal:   reads the active disk; it does not read internal snapshots.
# Short:    qemu-img 7.2 | an exported snapshot has the size that the disk had | it has the size that the disk has now
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need qemu-img ' 7.2' qemu-img --version
guess 'a disk of 10485760 bytes'

cd "$dir"
qemu-img create -q -f qcow2 disk.qcow2 10M
qemu-io -c 'write -P 1 0 1M' disk.qcow2 >/dev/null
qemu-img snapshot -c before disk.qcow2
qemu-img resize -q disk.qcow2 20M
qemu-io -c 'write -P 2 15M 1M' disk.qcow2 >/dev/null
qemu-img convert -l snapshot.name=before -O raw disk.qcow2 before.raw
seen 'bytes by convert -l' 20971520 "$(stat -c %s before.raw)"
seen 'what lies at 15 MiB, not zero' 0 "$(tail -c 5242880 before.raw | tr -d '\0' | wc -c)"
qemu-img snapshot -a before disk.qcow2
seen 'bytes after snapshot -a' 10485760 "$(qemu-img info --output=json disk.qcow2 | sed -n 's/.*"virtual-size": \([0-9]*\).*/\1/p' | tail -n 1)"
