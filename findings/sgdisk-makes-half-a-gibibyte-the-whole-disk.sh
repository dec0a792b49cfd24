#!/bin/sh
# sgdisk --new with a size that has a fraction or a percent sign.
# Versions: gdisk 1.0.9 (Debian 12). 1.0.10 (sid) rounds +1.5M down to 1 MiB.
# Guess:    +0.5G is half a GiB and +50% is half the disk, or each is an error, as +1e3 is.
# Seen:     +1.5G is one sector of 512 bytes; +0.5G is the whole disk; +50% is 50 sectors. No message of it, exit code 0.
# Matters:  the script that partitions goes on to make a file system in one sector, or the next partition has no room.
# Anneal:   writes partitions by bytes, with code of its own.
# Short:    gdisk 1.0.9 (not 1.0.10) | `sgdisk -n 1:0:+0.5G` is half a GiB, `+50%` half the disk, or an error | the whole disk, and 50 sectors; `+1.5G` is one sector; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need sgdisk 1.0.9 sgdisk --version
guess '3145728, 1048576, half of 8386527 sectors, or an error for each'

cd "$dir"
# new SIZE: exit code, sectors of the partition, and what is said of a number or a size.
new() {
  rm -f disk
  truncate -s 4G disk
  sgdisk -n "1:0:$1" disk >said 2>&1 && status=0 || status=$?
  sectors=$(sgdisk -i 1 disk | sed -n 's/^Partition size: \([0-9]*\) sectors.*/\1/p')
  echo "$status, $sectors, $(grep -iE 'invalid|fraction|percent|size' said | head -n 1)"
}
seen '+1G: exit code, sectors, messages' '0, 2097152, ' "$(new +1G)"
seen '+1.5G' '0, 1, ' "$(new +1.5G)"
seen '+0.5G' '0, 8386527, ' "$(new +0.5G)"
seen '+50%' '0, 50, ' "$(new +50%)"
