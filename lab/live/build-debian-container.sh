#!/usr/bin/env bash
# A container image that boots, as bootc's have it: a Debian with kernel and initramfs (dracut) in /usr/lib/modules, arguments in
# /usr/lib/bootc/kargs.d and systemd-boot, in two layers. An OCI layout, its tag is `latest`.
#
#     build-debian-container.sh OUT-DIRECTORY
#
# As root. Needs mmdebstrap and umoci, which makes the layout. The tree is also what `umoci unpack` gives.
set -euo pipefail
out=$1
work=$(mktemp -d "$out.XXXXXX")
mounted=()
cleanup() {
  local dir
  for dir in "${mounted[@]}"; do umount "$work/root/$dir" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT
packages=systemd,systemd-sysv,udev,kmod,linux-image-cloud-amd64,dracut,dracut-live,dracut-network,login,passwd,util-linux
packages+=,libcap2-bin,iputils-ping,e2fsprogs,systemd-boot-efi,iproute2,dbus,curl,isc-dhcp-client,iputils-arping,zstd
mmdebstrap --mode=root --variant=minbase --aptopt='Apt::Install-Recommends "false"' \
  --include="$packages" bookworm "$work/tree.tar" >&2
mkdir "$work/root"
tar -C "$work/root" --xattrs --xattrs-include='*' --numeric-owner -xpf "$work/tree.tar"
kernel=$(ls "$work/root/usr/lib/modules" | head -n 1)
cat >"$work/root/etc/dracut.conf.d/00-image.conf" <<'CONF'
hostonly=no
reproducible=yes
add_dracutmodules+=" dmsquash-live livenet "
add_drivers+=" virtio_blk virtio_pci virtio_net ext4 squashfs overlay loop "
omit_dracutmodules+=" plymouth "
compress=zstd
CONF
for dir in proc sys dev; do
  mount --bind "/$dir" "$work/root/$dir"
  mounted+=("$dir")
done
chroot "$work/root" dracut --force --no-hostonly --kver "$kernel" /boot/initramfs.img >&2
for dir in proc sys dev; do umount "$work/root/$dir"; done
mounted=()

# The second layer: what makes a system that boots of the packages, and whiteouts of where Debian has kernel and initramfs.
top=$work/top
modules=$top/usr/lib/modules/$kernel
mkdir -p "$modules" "$top/usr/lib/bootc/kargs.d" "$top/etc" "$top/boot" "$top/var/lib/image"
cp "$work/root/boot/vmlinuz-$kernel" "$modules/vmlinuz"
cp "$work/root/boot/initramfs.img" "$modules/initramfs.img"
printf 'kargs = ["console=ttyS0,115200n8", "net.ifnames=0"]\n' >"$top/usr/lib/bootc/kargs.d/10-console.toml"
for name in "vmlinuz-$kernel" "initrd.img-$kernel" "config-$kernel" "System.map-$kernel"; do
  : >"$top/boot/.wh.$name"
done
cp "$work/root/boot/config-$kernel" "$modules/config"
: >"$top/.wh.vmlinuz"
: >"$top/.wh.initrd.img"
echo container >"$top/etc/hostname"
: >"$top/etc/machine-id"
chroot "$work/root" passwd -d root >/dev/null
cp -p "$work/root/etc/shadow" "$top/etc/shadow"
cp -p "$work/root/etc/dracut.conf.d/00-image.conf" "$top/etc/"
truncate -s 8M "$top/var/lib/image/sparse"
printf end >>"$top/var/lib/image/sparse"
tar -C "$top" --sparse --format=pax --sort=name --numeric-owner -cf "$work/top.tar" .

umoci init --layout "$work/layout" >&2
umoci new --image "$work/layout:latest" >&2
umoci raw add-layer --image "$work/layout:latest" "$work/tree.tar" >&2
umoci raw add-layer --image "$work/layout:latest" "$work/top.tar" >&2
umoci config --image "$work/layout:latest" --config.label containers.bootc=1 >&2
mv "$work/layout" "$out"
