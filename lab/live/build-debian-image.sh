#!/usr/bin/env bash
# A disk image of a Debian with initramfs-tools, as its cloud images have it: one ext4 with a BLS entry, about 400 MiB of data.
#
#     build-debian-image.sh OUT.img
#
# As root. Needs mmdebstrap and e2fsprogs.
set -euo pipefail
out=$1
work=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$work"' EXIT
readonly UUID=11111111-2222-4333-8444-555555555555
packages=systemd,systemd-sysv,udev,kmod,linux-image-cloud-amd64,initramfs-tools,busybox,login,passwd,util-linux,libcap2-bin,dmsetup
mmdebstrap --mode=root --variant=minbase --aptopt='Apt::Install-Recommends "false"' \
  --include="$packages,iputils-ping,zstd" bookworm "$work/tree.tar" >&2
mkdir "$work/root"
tar -C "$work/root" --xattrs --xattrs-include='*' --numeric-owner -xpf "$work/tree.tar"
kernel=$(ls "$work/root/usr/lib/modules" | head -n 1)
chroot "$work/root" passwd -d root >/dev/null
echo debian >"$work/root/etc/hostname"
: >"$work/root/etc/machine-id"
echo "UUID=$UUID / ext4 errors=remount-ro 0 1" >"$work/root/etc/fstab"
mkdir -p "$work/root/boot/loader/entries"
cat >"$work/root/boot/loader/entries/debian.conf" <<ENTRY
title Debian
version $kernel
linux /boot/vmlinuz-$kernel
initrd /boot/initrd.img-$kernel
options root=UUID=$UUID ro console=ttyS0,115200n8 net.ifnames=0
ENTRY
truncate -s 1500M "$work/image"
mke2fs -q -t ext4 -U $UUID -d "$work/root" "$work/image" >&2
mv "$work/image" "$out"
