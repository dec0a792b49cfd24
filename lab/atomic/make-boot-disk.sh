#!/usr/bin/env bash
# A small disk that a boot loader really boots, for UEFI, with the lab's test system on it:
#
#     lab/atomic/make-boot-disk.sh LOADER TEST-SYSTEM DISK
#
# LOADER  systemd-boot   a BLS entry on the FAT of the EFI system partition
#         grub-ext4, grub-xfs   a grub.cfg on a /boot of that file system
# TEST-SYSTEM is a directory with vmlinuz and initrd, of lab/openstack/test-system/make.sh.
#
# Needs fdisk dosfstools mtools systemd-boot-efi e2fsprogs xfsprogs, and apt for GRUB, which is fetched and not installed;
# no root, no mount.
set -euo pipefail
loader=$1 system=$(readlink -f "$2") disk=$3
export LC_ALL=C MTOOLS_SKIP_CHECK=1
work=$(mktemp -d "${TMPDIR:-/tmp}/boot-disk.XXXXXX")
trap 'rm -rf "$work"' EXIT
uuid=5ab4b0d8-3a1e-4a0c-9d7a-6c1f0c3a9b11
mkdir -p "$work/esp/EFI/BOOT" "$work/boot"
truncate -s 600M "$disk"
printf 'label: gpt\nstart=1MiB, size=100MiB, type=uefi\nstart=101MiB, size=450MiB, type=bc13c2ff-59e6-4262-a352-b275fd6f7172\n' |
  sfdisk -q "$disk"

entry() { printf 'title Test\nversion 1\noptions console=ttyS0,115200 via=%s quiet\nlinux /vmlinuz\ninitrd /initrd\n' "$loader"; }
case $loader in
  systemd-boot)
    mkdir -p "$work/esp/EFI/systemd" "$work/esp/loader/entries"
    cp "$system"/{vmlinuz,initrd} "$work/esp/"
    entry >"$work/esp/loader/entries/test.conf"
    cp /usr/lib/systemd/boot/efi/systemd-bootx64.efi "$work/esp/EFI/systemd/"
    cp /usr/lib/systemd/boot/efi/systemd-bootx64.efi "$work/esp/EFI/BOOT/BOOTX64.EFI"
    ;;
  grub-*)
    mkdir -p "$work/debs" "$work/grub" "$work/boot/grub"
    (cd "$work/debs" && apt-get download -q grub-efi-amd64-bin grub-common libdevmapper1.02.1 libefiboot1 libefivar1 libfreetype6 >/dev/null)
    for package in "$work"/debs/*.deb; do dpkg-deb --extract "$package" "$work/grub"; done
    printf 'search --fs-uuid --set=root %s\nset prefix=($root)/grub\nconfigfile ($root)/grub/grub.cfg\n' $uuid >"$work/early.cfg"
    LD_LIBRARY_PATH=$(echo "$work"/grub/usr/lib/*-linux-gnu):$(echo "$work"/grub/lib/*-linux-gnu) \
      "$work/grub/usr/bin/grub-mkimage" --directory "$work/grub/usr/lib/grub/x86_64-efi" --format x86_64-efi \
      --config "$work/early.cfg" --prefix /grub --output "$work/esp/EFI/BOOT/BOOTX64.EFI" \
      part_gpt ext2 xfs fat linux normal search search_fs_uuid configfile echo test
    cp "$system"/{vmlinuz,initrd} "$work/boot/"
    printf 'set timeout=0\nmenuentry "Test" --id test {\n\tsearch --fs-uuid --set=root %s\n\tlinux /vmlinuz console=ttyS0,115200 via=%s quiet\n\tinitrd /initrd\n}\n' \
      $uuid "$loader" >"$work/boot/grub/grub.cfg"
    ;;
  *)
    echo "unknown loader $loader" >&2
    exit 2
    ;;
esac

truncate -s 100M "$work/esp.img"
mkfs.vfat -n ESP "$work/esp.img" >/dev/null
(cd "$work/esp" && mcopy -s -i "$work/esp.img" ./* ::)
truncate -s 450M "$work/boot.img"
case $loader in
  grub-xfs)
    printf '/none\n0 0\nd--755 0 0\nvmlinuz ---644 0 0 %s/vmlinuz\ninitrd ---644 0 0 %s/initrd\ngrub d--755 0 0\ngrub.cfg ---644 0 0 %s/grub/grub.cfg\n$\n$\n' \
      "$work/boot" "$work/boot" "$work/boot" >"$work/proto"
    mkfs.xfs -q -m uuid=$uuid -i nrext64=0 -p "$work/proto" "$work/boot.img" 2>/dev/null ||
      mkfs.xfs -q -m uuid=$uuid -p "$work/proto" "$work/boot.img"
    ;;
  *) mke2fs -q -F -t ext4 -U $uuid -d "$work/boot" "$work/boot.img" ;;
esac
dd if="$work/esp.img" of="$disk" bs=1M seek=1 conv=notrunc,sparse status=none
dd if="$work/boot.img" of="$disk" bs=1M seek=101 conv=notrunc,sparse status=none
