#!/bin/sh
# The script of 2014 (sdake/fedora-atomic-to-liveos-pxe, convert.sh) with its mistakes mended and nothing else changed: two
# mounts through libguestfs's appliance, the whole disk converted to raw, the partition cut out of it by dd with its usual
# block size. Changes IMAGE: give it a copy.
#     convert-2014.sh IMAGE DIR PARTITION-OFFSET PARTITION-BYTES
set -eu
image=$1 dir=$2 offset=$3 size=$4
export LIBGUESTFS_BACKEND=direct LIBGUESTFS_BACKEND_SETTINGS=force_tcg LIBGUESTFS_MEMSIZE=768
mkdir -p "$dir/mnt"
unmount() {
  fusermount -u "$dir/mnt"
  # It writes back after that.
  timeout 120 tail --pid="$(cat "$dir/pid")" -f /dev/null
}
guestmount --pid-file "$dir/pid" -a "$image" -m /dev/sda1 "$dir/mnt"
entry=$(ls "$dir"/mnt/loader/entries/*.conf | tail -n 1)
cp "$dir/mnt/$(sed -n 's/^linux  *//p' "$entry")" "$dir/kernel"
cp "$dir/mnt/$(sed -n 's/^initrd  *//p' "$entry")" "$dir/ramdisk"
unmount
guestmount --pid-file "$dir/pid" -a "$image" -m /dev/atomicos/root "$dir/mnt"
fstab=$(echo "$dir"/mnt/ostree/deploy/*/deploy/*.0/etc/fstab)
grep -v boot "$fstab" >"$dir/fstab"
cp "$dir/fstab" "$fstab"
unmount
qemu-img convert -O raw "$image" "$dir/disk.raw"
dd if="$dir/disk.raw" of="$dir/base.raw" skip=$((offset / 512)) count=$((size / 512)) status=none
