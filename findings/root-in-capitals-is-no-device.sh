#!/bin/sh
# root=PARTUUID=… in capitals, as sfdisk and sgdisk print it, read by systemd in an initramfs.
# Versions: systemd 252, util-linux 2.38, gdisk 1.0.9 (Debian 12); systemd 262 does the same.
# Guess:    capitals and small letters are the same number: the kernel takes either in root=.
# Seen:     systemd-fstab-generator waits for /dev/disk/by-partuuid/ with the capitals. udev names that link as libblkid has
#           the number, in small letters. UUID= is as written, too. No message, exit code 0.
# Matters:  whoever copies the number from `sfdisk --dump` or `sgdisk -i` has a machine that boots without an initramfs, and
#           waits for its root until the time is over with one.
# Anneal:   compares these numbers without regard to capitals, as Linux does.
# Short:    systemd 252 (and 262), util-linux 2.38, gdisk 1.0.9 | `root=PARTUUID=` in capitals, as sfdisk prints it, is that partition | the initramfs waits for a link that udev names in small letters
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need systemctl 'systemd 252' systemctl --version
need sfdisk 2.38 sfdisk --version
need sgdisk 1.0.9 sgdisk --version
generator=/usr/lib/systemd/system-generators/systemd-fstab-generator
[ -x "$generator" ] || skip "$generator is missing"
guess '/dev/disk/by-partuuid/0a1b2c3d-…'

cd "$dir"
truncate -s 8M disk
printf '%s\n' 'label: gpt' 'start=2048, uuid=0a1b2c3d-1111-4222-8333-abcdef012345' | sfdisk -q disk
printed=$(sfdisk --dump disk | sed -n 's/.*, uuid=\([^,]*\).*/\1/p')
seen 'sfdisk prints' 0A1B2C3D-1111-4222-8333-ABCDEF012345 "$printed"
seen 'sgdisk prints' 0A1B2C3D-1111-4222-8333-ABCDEF012345 "$(sgdisk -i 1 disk | sed -n 's/^Partition unique GUID: //p')"
seen 'libblkid has' 0a1b2c3d-1111-4222-8333-abcdef012345 "$(partx -g -o UUID disk)"
# waits_for ROOT: the device that the initramfs waits for.
waits_for() {
  rm -rf units && mkdir units
  SYSTEMD_IN_INITRD=1 SYSTEMD_SYSROOT_FSTAB=/dev/null SYSTEMD_FSTAB=/dev/null SYSTEMD_LOG_TARGET=console \
    SYSTEMD_PROC_CMDLINE="root=$1 ro" "$generator" units units units >log 2>&1 || printf 'refused '
  [ -e units/sysroot.mount ] || skip "systemd-fstab-generator does not run here: $(tail -n 1 log)"
  [ ! -s log ] || printf 'said something '
  sed -n 's/^What=//p' units/sysroot.mount
}
seen 'systemd waits for' "/dev/disk/by-partuuid/$printed" "$(waits_for "PARTUUID=$printed")"
seen 'systemd waits for' "/dev/disk/by-uuid/$printed" "$(waits_for "UUID=$printed")"
