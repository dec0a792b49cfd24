#!/bin/sh
# virsh vol-wipe of a guest's disk in qcow2, to give it to the next guest.
# Versions: libvirt 9.0.0, qemu-utils 7.2 (Debian 12); 12.8.0 (sid) does the same.
# Guess:    the volume is an empty disk of 10 MiB, as after vol-wipe of a raw one; or the command refuses a format that it does not know.
# Seen:     the file is zeros from its first to its last byte, and no qcow2 any more. Exit code 0, no message. For libvirt
#           it is a raw disk from then on, with the length that the file had.
# Matters:  the next guest does not start ("not in qcow2 format"), or gets a disk of 1.3 MiB in place of 10; snapshots are gone as well.
# Anneal:   makes no volumes of libvirt.
# Short:    libvirt 9.0.0 (and 12.8.0) | `virsh vol-wipe` of a qcow2 leaves an empty disk of its size, or is refused | it is a raw disk of zeros, as long as the file was; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

libvirt_storage
guess 'qcow2, 10485760'

cat >"$dir/root/try" <<'END'
qemu-img create -q -f qcow2 /srv/guest.qcow2 10M
qemu-io -c 'write -P 65 0 1M' /srv/guest.qcow2 >/dev/null
truncate -s 10M /srv/guest.raw
virsh pool-refresh pool
says() { virsh vol-dumpxml $1 --pool pool | sed -n "s/.*<capacity[^>]*>\(.*\)<.*/\1/p; s/.*<format type='\(.*\)'.*/\1/p" | tr '\n' ' '; }
echo "before $(says guest.qcow2)"
virsh vol-wipe guest.qcow2 --pool pool
echo "status $?"
virsh vol-wipe guest.raw --pool pool
echo "after $(says guest.qcow2)"
echo "info $(qemu-img info /srv/guest.qcow2 | sed -n 's/file format: //p')"
echo "bytes $(tr -d '\0' </srv/guest.qcow2 | wc -c)"
echo "raw $(says guest.raw)"
END
in_libvirt_storage
said() { sed -n "s/^$1 //p" "$dir/out" | sed 's/ $//'; }
seen 'capacity and format before' '10485760 qcow2' "$(said before)"
seen 'exit code' 0 "$(said status)"
seen 'messages' '' "$(cat "$dir/log")"
seen 'capacity and format, for libvirt' '1376256 raw' "$(said after)"
seen 'format, for qemu-img' raw "$(said info)"
seen 'bytes that are not zero' 0 "$(said bytes)"
seen 'of a raw one' '10485760 raw' "$(said raw)"
