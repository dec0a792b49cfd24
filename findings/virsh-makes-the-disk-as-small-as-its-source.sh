#!/bin/sh
# virsh vol-create-from makes a guest's disk of 5 MiB from an image of 1 MiB, as is done with a cloud image.
# Versions: libvirt 9.0.0, qemu-utils 7.2 (Debian 12); 12.8.0 (sid) does the same.
# Guess:    the volume has the capacity that its XML asks for, as it has from raw to raw; or the command fails.
# Seen:     where one of the two is qcow2 it has that of the source, 1 MiB. Exit code 0, no message. From raw to raw it has 5 MiB.
# Matters:  the guest boots and has no room to grow; who asks for 40 GiB by the same XML gets 2.
# Anneal:   makes no volumes of libvirt.
# Short:    libvirt 9.0.0 (and 12.8.0) | `virsh vol-create-from` gives the new volume the capacity that its XML asks for, as from raw to raw | from or to qcow2 it has the source's; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

libvirt_storage
guess '5242880 each time'

cat >"$dir/root/try" <<'END'
qemu-img create -q -f raw /srv/image.raw 1M
qemu-img create -q -f qcow2 /srv/image.qcow2 1M
virsh pool-refresh pool
for from in raw qcow2; do
  for to in raw qcow2; do
    echo "<volume><name>$from-$to</name><capacity unit='MiB'>5</capacity><target><format type='$to'/></target></volume>" >/volume.xml
    virsh vol-create-from pool /volume.xml image.$from --inputpool pool
    echo "$from-$to-status $?"
    echo "$from-$to-size $(qemu-img info /srv/$from-$to | sed -n 's/virtual size: .*(\(.*\) bytes)/\1/p')"
  done
done
END
in_libvirt_storage
said() { sed -n "s/^$1 //p" "$dir/out"; }
seen 'exit codes' '0 0 0 0' "$(sed -n 's/.*-status //p' "$dir/out" | paste -sd' ')"
seen 'messages' '' "$(cat "$dir/log")"
seen 'from raw to raw' 5242880 "$(said raw-raw-size)"
seen 'from raw to qcow2' 1048576 "$(said raw-qcow2-size)"
seen 'from qcow2 to raw' 1048576 "$(said qcow2-raw-size)"
seen 'from qcow2 to qcow2' 1048576 "$(said qcow2-qcow2-size)"
