#!/bin/bash
# Makes the test system, a Linux that fits into 16 MB, for deployments:
#
#     make.sh DIRECTORY     writes vmlinuz and initrd (for ramdisk deployments) and disk.raw (a whole disk for BIOS and UEFI)
#
# Needs apt, dpkg, cpio, busybox (static), kmod, fdisk, dosfstools, mtools, syslinux and syslinux-efi; no root, no mount.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
out=$(readlink -f "$1")
work=$out/work
mkdir -p "$work/debs" "$work/unpacked"
trap 'rm -rf "$work"' EXIT
cd "$work/debs"

kernel=$(apt-cache depends --important linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[^ <>]*-cloud-amd64\).*/\1/p' | head -n 1)
apt-get download -q "${kernel:-linux-image-cloud-amd64}" dropbear-bin libtomcrypt1 libtommath1 >/dev/null
for package in *.deb; do dpkg-deb --extract "$package" "$work/unpacked"; done
cd "$work"
cp unpacked/boot/vmlinuz-* "$out/vmlinuz"

mkdir -p root/{bin,sbin,proc,sys,dev,run,tmp,config,modules,etc/acpi/PWRF,etc/dropbear,root/.ssh}
cp "$(command -v busybox)" root/bin/busybox
ln -s busybox root/bin/sh
cp unpacked/usr/sbin/dropbear root/bin/
LD_LIBRARY_PATH=$(echo unpacked/usr/lib/*-linux-gnu) ldd root/bin/dropbear |
  grep -o '[^ ]*/[^ ]*\.so[^ ]*' | sort -u | while read -r library; do
  case $library in
  unpacked/*) mkdir -p root/usr/lib && cp -L "$library" root/usr/lib/ ;;
  *) mkdir -p "root$(dirname "$library")" && cp -L "$library" "root$library" ;;
  esac
done
install -m 755 "$here/init" root/init
install -m 755 "$here/../deploy-ramdisk/udhcpc.sh" root/etc/udhcpc.sh
# Nobody but the lab reaches these machines: the console asks for no password. SSH takes keys only.
printf 'root::0:0:root:/root:/bin/sh\n' >root/etc/passwd
printf '/bin/sh\n' >root/etc/shells
printf '#!/bin/sh\npoweroff -f\n' >root/etc/acpi/PWRF/00000080
chmod 755 root/etc/acpi/PWRF/00000080
touch root/root/.ssh/authorized_keys
chmod 700 root/root/.ssh

# The modules and what they need, in the order in which they can be loaded. A kernel may have one built in, or lack it.
mkdir -p unpacked/usr/lib
[[ -e unpacked/usr/lib/modules ]] || ln -s ../../lib/modules unpacked/usr/lib/modules
version=$(basename unpacked/lib/modules/*)
depmod -b unpacked "$version"
for module in virtio_{pci,net,blk,scsi} sd_mod sr_mod isofs vfat nls_{cp437,ascii,iso8859-1} button evdev; do
  modprobe -d "$PWD/unpacked" -S "$version" --show-depends "$module" 2>/dev/null || true
done | sed -n 's/^insmod *\([^ ]*\).*/\1/p' | awk '!seen[$0]++' | while read -r file; do
  cp "$file" root/modules/
  basename "$file" .ko >>root/modules/order
done
(cd root && find . -print0 | cpio --null --create --format=newc --owner=0:0 --quiet) | gzip -6 >"$out/initrd"

# One FAT partition that both kinds of firmware start from. GPT: the deploy agent makes no UEFI boot entry on an MBR disk.
export MTOOLS_SKIP_CHECK=1
disk=$out/disk.raw
truncate -s 64M "$disk"
printf 'label: gpt\nstart=2048, size=126976, type=uefi, attrs=LegacyBIOSBootable\n' | sfdisk -q "$disk"
mkfs.vfat --offset 2048 -n TEST "$disk" $((62 * 1024)) >/dev/null
partition=$disk@@1M
printf 'SERIAL 0 115200\nDEFAULT linux\nPROMPT 0\nLABEL linux\n KERNEL /vmlinuz\n APPEND initrd=/initrd console=ttyS0,115200 via=disk\n' >syslinux.cfg
mmd -i "$partition" ::/EFI ::/EFI/BOOT
mcopy -i "$partition" "$out/vmlinuz" "$out/initrd" syslinux.cfg ::/
mcopy -i "$partition" /usr/lib/SYSLINUX.EFI/efi64/syslinux.efi ::/EFI/BOOT/BOOTX64.EFI
mcopy -i "$partition" /usr/lib/syslinux/modules/efi64/ldlinux.e64 syslinux.cfg ::/EFI/BOOT/
syslinux --install --offset 1048576 "$disk"
dd if=/usr/lib/syslinux/mbr/gptmbr.bin of="$disk" conv=notrunc bs=440 count=1 status=none
