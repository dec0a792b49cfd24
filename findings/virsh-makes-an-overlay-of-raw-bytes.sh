#!/bin/sh
# virsh vol-create-as makes a guest's disk over a base image, both qcow2, as a pool of disks over one image is made.
# Versions: libvirt 9.0.0, qemu-utils 7.2 (Debian 12); 12.8.0 (sid) does the same.
# Guess:    without --backing-vol-format the base's format is the one that libvirt shows for that volume, qcow2; or the command asks for it,
#           as `qemu-img create -b` does.
# Seen:     the disk says that its base is raw. The guest's first sector is the header of the base's qcow2 ("QFI"), and its data is
#           elsewhere. Exit code 0, no message. `vol-dumpxml` of the base says qcow2. With --backing-vol-format qcow2 it is right.
# Matters:  the guest finds no partition table and does not boot; if it formats its disk and the option is added later, that is lost.
# Anneal:   makes no volumes of libvirt.
# Short:    libvirt 9.0.0 (and 12.8.0) | `virsh vol-create-as --backing-vol base.qcow2` without a format takes the format that libvirt knows of that volume, or asks for it | raw: the guest's disk begins with the header of the base's qcow2; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

libvirt_storage
guess 'qcow2, and the bytes of the base'

cat >"$dir/root/try" <<'END'
yes base | head -c 1M >/data
qemu-img convert -f raw -O qcow2 /data /srv/base.qcow2
virsh pool-refresh pool
virsh vol-create-as pool guest.qcow2 1M --format qcow2 --backing-vol base.qcow2
echo "status $?"
virsh vol-create-as pool told.qcow2 1M --format qcow2 --backing-vol base.qcow2 --backing-vol-format qcow2
echo "base $(virsh vol-dumpxml base.qcow2 --pool pool | sed -n "s/.*<format type='\(.*\)'.*/\1/p")"
for name in guest told; do
  echo "$name-format $(qemu-img info "/srv/$name.qcow2" | sed -n 's/backing file format: //p')"
  qemu-img convert -f qcow2 -O raw "/srv/$name.qcow2" "/$name"
  echo "$name-begins $(head -c 4 "/$name" | tr -dc 'A-Za-z')"
done
END
in_libvirt_storage
said() { sed -n "s/^$1 //p" "$dir/out"; }
seen 'exit code' 0 "$(said status)"
seen 'messages' '' "$(cat "$dir/log")"
seen 'format of the base, for libvirt' qcow2 "$(said base)"
seen 'format of the base, in the disk' raw "$(said guest-format)"
seen 'the disk begins with' QFI "$(said guest-begins)"
seen 'with --backing-vol-format' 'qcow2 base' "$(said told-format) $(said told-begins)"
