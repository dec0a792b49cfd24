#!/bin/sh
# growpart grows a partition of a GPT that has attributes: bit 2 (a boot loader looks for it) and bit 60 (read-only, by the
# Discoverable Partitions Specification).
# Versions: cloud-guest-utils 0.33, gdisk 1.0.9, util-linux 2.38 (Debian 12); 0.34 of Debian's sid does the same.
# Guess:    type, name, UUID and attributes stay, whichever of the two programs it grows the partition with.
# Seen:     with sfdisk they do. With sgdisk, which growpart takes where sfdisk is missing or too old or GROWPART_RESIZER says so, all
#           attributes are 0; type, name and UUID are there. "CHANGED", exit code 0.
# Matters:  U-Boot and gptmbr.bin start what is marked with bit 2: after its first boot the machine does not boot again.
# Anneal:   grows no partitions.
# Short:    cloud-guest-utils 0.33 (and 0.34), gdisk 1.0.9 | `growpart` keeps a partition's attributes, whichever program it uses | with sgdisk all are cleared, "legacy BIOS bootable" too; "CHANGED", exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need sgdisk 1.0.9 sgdisk --version
need sfdisk 2.38 sfdisk --version
debian_files c/cloud-utils/cloud-guest-utils_0.33-1_all.deb
unset LD_LIBRARY_PATH
guess '1000000000000004, with both'

cd "$dir"
truncate -s 64M disk
sgdisk -n 1:2048:+16M -c 1:root -A 1:set:2 -A 1:set:60 disk >/dev/null
told() { sgdisk -i 1 "$1" | sed -n "s/^$2: //p"; }
seen 'attributes before' 1000000000000004 "$(told disk 'Attribute flags')"
unique=$(told disk 'Partition unique GUID')
for resizer in sfdisk sgdisk; do
  cp disk "disk.$resizer"
  GROWPART_RESIZER=$resizer growpart "disk.$resizer" 1 >out 2>&1 && status=0 || status=$?
  seen "exit code, $resizer" '0, CHANGED' "$status, $(cut -d : -f 1 out | tail -n 1)"
  seen "name and UUID, $resizer" "'root' $unique" "$(told "disk.$resizer" 'Partition name') $(told "disk.$resizer" 'Partition unique GUID')"
done
seen 'attributes, sfdisk' 1000000000000004 "$(told disk.sfdisk 'Attribute flags')"
seen 'attributes, sgdisk' 0000000000000000 "$(told disk.sgdisk 'Attribute flags')"
