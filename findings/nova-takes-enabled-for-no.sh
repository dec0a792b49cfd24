#!/bin/sh
# Properties of an image in Glance that are yes or no for nova, with the value `enabled`.
# Versions: nova 26.2.2 (Debian 12).
# Guess:    an error, as for `hw_disk_bus=scsi3`, since `enabled` is neither yes nor no for nova; or yes.
# Seen:     no, without a message: the guest has no encrypted memory, no agent, no queues. 1, true, t, y, yes and on are yes, all others are no.
# Matters:  the tenant asked for encrypted memory, and the guest starts without it.
# Anneal:   sets none of these properties by itself.
# Short:    nova 26.2.2 | `hw_mem_encryption=enabled` of an image is yes or an error, as a bus that does not exist is | it is no: the guest starts without it; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip 'python3 is missing'
plain=$PATH
debian_files n/nova/python3-nova_26.2.2-1~deb12u4_all.deb p/python-os-resource-classes/python3-os-resource-classes_1.1.0-2_all.deb \
  p/python-os-traits/python3-os-traits_2.9.0-2_all.deb
PATH=$plain LD_LIBRARY_PATH=
guess 'True or an error'

cd "$dir"
cat >property.py <<'PY'
import sys
from nova.objects.image_meta import ImageMetaProps
name, value = sys.argv[1].split('=')
try:
    print(ImageMetaProps.from_dict({name: value}).get(name))
except ValueError:
    print('an error')
PY
property() {
  PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 -W ignore property.py "$1" >out 2>log || skip "nova does not run here: $(tail -n 1 log)"
  seen "$1" "$2" "$(cat out)"
}
property hw_disk_bus=scsi3 'an error'
property hw_mem_encryption=True True
property hw_mem_encryption=enabled False
property hw_qemu_guest_agent=enabled False
property hw_vif_multiqueue_enabled=enabled False
property hw_boot_menu=on True
seen 'lines of a warning' 0 "$(grep -ci 'enabled' log || true)"
