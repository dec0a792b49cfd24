#!/bin/sh
# virsh vol-upload writes an image into a volume that held another one.
# Versions: libvirt 9.0.0 (Debian 12); 12.8.0 (sid) does the same.
# Guess:    the volume reads as the image; `--sparse` ("preserve volume sparseness", says its manual) does not send the holes, and they read
#           as zeros.
# Seen:     with --sparse the holes of the image have what the old image had there. Exit code 0, no message. Without it they are zeros; but
#           what is behind the end of a shorter image is the old image's in both cases, and a longer image makes the volume longer.
# Matters:  a disk of a tenant's, or an older system, shows through in the new one; a file system in it is damaged.
# Anneal:   makes no volumes of libvirt.
# Short:    libvirt 9.0.0 (and 12.8.0) | after `virsh vol-upload --sparse` of an image a volume reads as the image | its holes have what the volume held before; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

libvirt_storage
guess 'the volume and the image are equal'

cat >"$dir/root/try" <<'END'
yes old | head -c 2M >/old
truncate -s 1M /new
yes new | head -c 1M >>/new
for sort in plain sparse; do
  virsh vol-create-as pool $sort 2M
  virsh vol-upload $sort /old --pool pool
  if [ $sort = sparse ]; then virsh vol-upload $sort /new --pool pool --sparse; else virsh vol-upload $sort /new --pool pool; fi
  echo "$sort-status $?"
  cmp /new /srv/$sort >/cmp 2>&1 && echo "$sort-equal yes" || echo "$sort-equal no"
  echo "$sort-begins $(head -c 3 /srv/$sort | tr -d '\0')"
  echo "$sort-half $(tail -c 1M /srv/$sort | head -c 3)"
done
END
in_libvirt_storage
said() { sed -n "s/^$1 \{0,1\}//p" "$dir/out"; }
seen 'exit codes' '0 0' "$(said plain-status) $(said sparse-status)"
seen 'messages' '' "$(cat "$dir/log")"
seen 'without --sparse: equal, it begins with' 'yes, ' "$(said plain-equal), $(said plain-begins)"
seen 'with --sparse: equal, it begins with' 'no, old' "$(said sparse-equal), $(said sparse-begins)"
seen 'with --sparse: its second half' new "$(said sparse-half)"
