#!/bin/bash
# Makes a whole disk that UEFI on arm64 boots, and finds iPXE for arm64:
#
#     arm64-disk.sh DIRECTORY KERNEL     writes disk.raw and ipxe-arm64.efi
#
# GRUB loads KERNEL and an initramfs of busybox, which prints a mark. The packages come from Debian 13: Debian 12 has no iPXE for arm64.
# Needs apt, dpkg, cpio, fdisk, dosfstools, mtools and grub-common; no root, no mount.
set -euo pipefail
out=$(readlink -f "$1") kernel=$(readlink -f "$2")
work=$out/work
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/apt/{lists,cache/archives}/partial "$work/unpacked" "$work"/root/{bin,dev,proc,sys}
cd "$work"

mirror=${MIRROR:-http://deb.debian.org/debian}
printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s trixie main\n' "$mirror" >sources.list
apt=(apt-get -qq -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/apt/lists"
  -o "Dir::Cache=$work/apt/cache" -o Dir::State::status=/dev/null -o APT::Architecture=arm64 -o APT::Architectures::=arm64
  -o Acquire::Languages=none -o APT::Sandbox::User=root)
"${apt[@]}" update
"${apt[@]}" download busybox-static grub-efi-arm64-bin ipxe
for package in *.deb; do dpkg-deb --extract "$package" unpacked; done
cp unpacked/usr/lib/ipxe/ipxe-arm64.efi "$out/"

cp unpacked/usr/bin/busybox root/bin/busybox
cat >root/init <<'INIT'
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox echo "MARK system up on $(/bin/busybox uname -m): $(/bin/busybox cat /proc/cmdline)" >/dev/console
while :; do /bin/busybox sleep 60; done
INIT
chmod 755 root/init
(cd root && find . -print0 | cpio --null --create --format=newc --owner=0:0 --quiet) | gzip >initrd

cat >grub.cfg <<'GRUB'
search --set=root --file /vmlinuz
linux /vmlinuz console=ttyAMA0 via=disk
initrd /initrd
boot
GRUB
grub-mkimage -O arm64-efi -d unpacked/usr/lib/grub/arm64-efi -o BOOTAA64.EFI -p / -c grub.cfg \
  part_gpt fat search search_fs_file linux boot normal
export MTOOLS_SKIP_CHECK=1
truncate -s 256M "$out/disk.raw"
printf 'label: gpt\nstart=2048, size=520192, type=uefi\n' | sfdisk -q "$out/disk.raw"
mkfs.vfat --offset 2048 -n TEST "$out/disk.raw" $((254 * 1024)) >/dev/null
partition=$out/disk.raw@@1M
mmd -i "$partition" ::/EFI ::/EFI/BOOT
mcopy -i "$partition" BOOTAA64.EFI ::/EFI/BOOT/
mcopy -i "$partition" "$kernel" ::/vmlinuz
mcopy -i "$partition" initrd ::/initrd
