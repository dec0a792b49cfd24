#!/bin/sh
# root=PARTUUID=…/PARTNROFF=1 on the kernel command line, read by systemd in an initramfs.
# Versions: systemd 252 (Debian 12); 262 does the same.
# Guess:    the root is the partition behind the one that is named, as Linux has it (kernel-parameters.txt, root=), or the
#           initramfs refuses it.
# Seen:     systemd-fstab-generator makes one name of both: the initramfs waits for /dev/disk/by-partuuid/…\x2fPARTNROFF=1,
#           which no rule of udev makes. No message, exit code 0.
# Matters:  images whose loader knows its own partition only (U-Boot, depthcharge) name the root so. With an initramfs of
#           dracut or mkosi they do not boot; without one they do.
# Anneal:   finds the partition as Linux does, in root= and in the references of a conversion.
# Short:    systemd 252 (and 262) | `root=PARTUUID=…/PARTNROFF=1` is what Linux takes it for | the initramfs waits for a link that no rule makes
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need systemctl 'systemd 252' systemctl --version
generator=/usr/lib/systemd/system-generators/systemd-fstab-generator
[ -x "$generator" ] || skip "$generator is missing"
guess 'another device, or an error'

cd "$dir"
mkdir normal early late
SYSTEMD_IN_INITRD=1 SYSTEMD_SYSROOT_FSTAB=/dev/null SYSTEMD_FSTAB=/dev/null SYSTEMD_LOG_TARGET=console \
  SYSTEMD_PROC_CMDLINE='root=PARTUUID=0a1b2c3d-01/PARTNROFF=1 ro' "$generator" normal early late >log 2>&1 && status=0 || status=$?
[ -e normal/sysroot.mount ] || skip "systemd-fstab-generator does not run here: $(tail -n 1 log)"
seen 'exit code' 0 "$status"
seen 'messages' '' "$(cat log)"
seen 'root' 'What=/dev/disk/by-partuuid/0a1b2c3d-01\x2fPARTNROFF=1' "$(grep '^What=' normal/sysroot.mount)"
seen 'waits for' 'Requires=dev-disk-by\x2dpartuuid-0a1b2c3d\x2d01\x5cx2fPARTNROFF\x3d1.device' "$(grep -h '^Requires=' normal/initrd-root-device.target.d/*)"
