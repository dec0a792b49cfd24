#!/bin/sh
# sgdisk -g, which makes a GPT of an MBR.
# Versions: gdisk 1.0.9, sfdisk 2.38 (Debian 12).
# Guess:    the active partition of the MBR gets the attribute "legacy BIOS bootable" (bit 2), which stands for it in a GPT.
# Seen:     it has no attribute, and nothing says so. Its PARTUUID, which was the disk's number and its own, is another one, too.
# Matters:  the boot sector of SYSLINUX (gptmbr.bin) and extlinux on boards look for that bit: the converted disk does not boot by BIOS.
#           U-Boot finds no boot partition by it.
# Anneal:   writes no partition tables.
# Short:    gdisk 1.0.9 | `sgdisk -g` makes the active partition "legacy BIOS bootable" | it has no attribute, and no message says so
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need sgdisk 'version 1.0.9' sgdisk --version
need sfdisk 'util-linux 2.38' sfdisk --version
guess 'LegacyBIOSBootable on partition 1'

cd "$dir"
truncate -s 64M disk.img
printf 'label: dos\nstart=2048, size=20480, type=83, bootable\nstart=40960, size=20480, type=83\n' | sfdisk -q disk.img
seen 'active partition before' disk.img1 "$(sfdisk -d disk.img | sed -n 's/ : .*bootable$//p')"
sgdisk -g disk.img >log 2>&1 && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'words of it about booting' 0 "$(grep -ciE 'boot(able|flag)|active|attribute' log || true)"
seen 'label after' gpt "$(sfdisk -d disk.img | sed -n 's/^label: //p')"
seen 'attributes after' '' "$(sfdisk -d disk.img | sed -n 's/.*attrs=//p')"
sgdisk -A 1:set:2 disk.img >/dev/null
seen 'attributes once set by hand' '"LegacyBIOSBootable"' "$(sfdisk -d disk.img | sed -n 's/.*attrs=//p')"
