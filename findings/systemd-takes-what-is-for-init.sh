#!/bin/sh
# The kernel's command line, read by systemd in an initramfs (systemd-fstab-generator, which mounts the root).
# Versions: systemd 252 (Debian 12); 257 does the same.
# Guess:    it is read as Linux reads it: ` -- ` ends the kernel's arguments, and the rest belongs to init; a single quote is a
#           letter like any other; of two `rootflags=` the last counts.
# Seen:     a root= behind ` -- ` replaces the one before it, and so do rw and rootflags=. Words in single quotes are one. The options of
#           every `rootflags=` are joined. No message.
# Matters:  a boot loader's entry, an appended kernel argument of Ironic or libvirt's <cmdline> that boots with one initramfs
#           mounts another root, or with other options, with the next one. `rootflags=subvol=@` cannot be replaced by a later one.
# Anneal:   reads the line as Linux does, and keeps what is behind ` -- ` where it is.
# Short:    systemd 252 (and 257) | what is behind `--` on the kernel’s line is init’s; the last `rootflags=` counts | a root= behind `--` counts; all `rootflags=` are joined
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need systemd-analyze 'systemd 252' systemd-analyze --version
generator=/lib/systemd/system-generators/systemd-fstab-generator
[ -x "$generator" ] || skip 'systemd-fstab-generator is missing'
guess '/dev/vda ro, /dev/vda ro, /dev/vdb ro; noatime'

cd "$dir"
mounts() {
  rm -rf out && mkdir -p out/normal out/early out/late
  SYSTEMD_IN_INITRD=1 SYSTEMD_PROC_CMDLINE=$1 SYSTEMD_FSTAB=/dev/null SYSTEMD_SYSROOT_FSTAB=/dev/null \
    "$generator" "$dir/out/normal" "$dir/out/early" "$dir/out/late" 2>log
  sed -n 's/^\(What\|Options\)=//p' out/normal/sysroot.mount | paste -sd ' ' -
}
seen 'root=/dev/vda ro' '/dev/vda ro' "$(mounts 'root=/dev/vda ro')"
seen 'root=/dev/vda ro -- root=/dev/vdb rw' '/dev/vdb rw' "$(mounts 'root=/dev/vda ro -- root=/dev/vdb rw')"
seen "root=/dev/vda ro was='vda root=/dev/vdb once'" '/dev/vda ro' "$(mounts "root=/dev/vda ro was='vda root=/dev/vdb once'")"
seen 'rootflags=subvol=a rootflags=noatime' '/dev/vda subvol=a,noatime,ro' "$(mounts 'root=/dev/vda rootflags=subvol=a rootflags=noatime')"
seen 'message' '' "$(cat log)"
