#!/bin/sh
# Snapshots of a qcow2 image whose names are numbers.
# Versions: qemu-img 7.2 (Debian 12).
# Guess:    `qemu-img snapshot -a 2` goes back to the snapshot named "2", as `-d 2` deletes that one.
# Seen:     -a, and `convert -l`, take the one whose ID is 2, which is named otherwise; -d takes the name. Exit code 0.
# Matters:  snapshots that are counted lose their numbers when one is deleted: the disk goes back to another day, and what it was is lost.
# Anneal:   reads an image as it is now, and says that it has snapshots.
# Short:    qemu-img 7.2 | `qemu-img snapshot -a 2` goes back to the snapshot named 2, which `-d 2` deletes | it goes back to the one whose ID is 2; so does `convert -l 2`
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need qemu-img 'version 7.2' qemu-img --version
command -v qemu-io >/dev/null || skip 'qemu-io is missing'
guess 'the state named 2, three times'

cd "$dir"
state() {
  for byte in 1 2 3; do
    # qemu-io of this version says a mismatch in words alone.
    qemu-io --format "$2" -r -c "read -P $byte 0 512" "$1" | grep -q failed || case $byte in
    1) echo 'the one named 2' ;;
    2) echo 'the one named monday' ;;
    3) echo 'as it was last' ;;
    esac
  done
}
written() { qemu-io -c "write -P $1 0 512" disk.qcow2 >/dev/null; }
qemu-img create -q -f qcow2 disk.qcow2 1M
written 1
qemu-img snapshot -c 2 disk.qcow2
written 2
qemu-img snapshot -c monday disk.qcow2
written 3
seen 'IDs and names' '1 2, 2 monday' "$(qemu-img snapshot -l disk.qcow2 | awk '$1 ~ /^[0-9]+$/ { print $1, $2 }' | paste -sd , - | sed 's/,/, /g')"
qemu-img convert -l snapshot.name=2 -O raw disk.qcow2 named.raw
seen 'convert -l snapshot.name=2' 'the one named 2' "$(state named.raw raw)"
qemu-img convert -l 2 -O raw disk.qcow2 exported.raw
seen 'convert -l 2' 'the one named monday' "$(state exported.raw raw)"
qemu-img snapshot -a 2 disk.qcow2
seen 'snapshot -a 2' 'the one named monday' "$(state disk.qcow2 qcow2)"
qemu-img snapshot -d 2 disk.qcow2
seen 'left by snapshot -d 2' monday "$(qemu-img snapshot -l disk.qcow2 | awk '$1 ~ /^[0-9]+$/ { print $2 }')"
