#!/bin/sh
# The best that the tools of the field do for IMAGE together: one session of libguestfs's appliance fetches kernel and
# ramdisk and changes the fstab in the image (in a copy: it is opened for writing), then qemu-img converts the partition.
#     guestfish.sh IMAGE DIR PARTITION-OFFSET PARTITION-BYTES
set -eu
image=$1 dir=$2 offset=$3 size=$4
export LIBGUESTFS_BACKEND=direct LIBGUESTFS_BACKEND_SETTINGS=force_tcg LIBGUESTFS_MEMSIZE=768
guestfish --format=qcow2 -a "$image" <<G
run
mount-ro /dev/sda1 /
glob download /loader/entries/ostree-*.conf $dir/entry.conf
! sed -n 's,^linux  *\(.*\),download \1 $dir/kernel,p; s,^initrd  *\(.*\),download \1 $dir/ramdisk,p' $dir/entry.conf >$dir/download
<! cat $dir/download
umount-all
mount /dev/atomicos/root /
glob download /ostree/deploy/*/deploy/*.0/etc/fstab $dir/fstab.old
! grep -v boot $dir/fstab.old >$dir/fstab
glob upload $dir/fstab /ostree/deploy/*/deploy/*.0/etc/fstab
umount-all
G
qemu-img convert -O raw --image-opts \
  "driver=raw,offset=$offset,size=$size,file.driver=qcow2,file.file.driver=file,file.file.filename=$image" "$dir/base.raw"
