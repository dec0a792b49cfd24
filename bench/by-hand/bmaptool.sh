#!/bin/sh
# A base with a SHA-256 for each range in use, as `anneal image convert` writes it, by the field's tools: qemu-img converts
# the partition, bmaptool maps and digests what it wrote. No kernel, no ramdisk, no fstab; free space of the file system
# that is not zero is taken for used.
#     bmaptool.sh IMAGE DIR PARTITION-OFFSET PARTITION-BYTES
set -eu
image=$1 dir=$2 offset=$3 size=$4
qemu-img convert -O raw --image-opts \
  "driver=raw,offset=$offset,size=$size,file.driver=qcow2,file.file.driver=file,file.file.filename=$image" "$dir/base.raw"
bmaptool create --output "$dir/base.raw.bmap" "$dir/base.raw"
