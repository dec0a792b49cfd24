#!/bin/bash
# The makers themselves, in a Debian of their own: tree.sh FOLDER [SUITE]
# FOLDER/SUITE has the programs, FOLDER/target.tar a small system with kernel and initrd that they put into images.
# Root, mmdebstrap; some GB. Makers that need the device mapper's kpartx get one that names partitions of loop devices, and those
# that mount a FAT get FUSE's where the kernel has none.
set -euo pipefail
folder=${1:?folder} suite=${2:-trixie}
mirror=${ANNEAL_MIRROR:-http://deb.debian.org/debian}
mkdir -p "$folder"
# ANNEAL_MAKERS: others than all.
makers=${ANNEAL_MAKERS:-mkosi,vmdb2,fai-server,fai-setup-storage,fai-doc,debos,live-build,grml-debootstrap,genimage,python3-diskimage-builder}
systemd=systemd-repart,systemd-ukify,systemd-boot,systemd-boot-efi,systemd-container,udev,dbus
# Debian 13 has no kiwi, and Debian 12 neither of these two.
if [ "$suite" = bookworm ]; then
  makers=${ANNEAL_MAKERS:-kiwi,dracut,gpg,debian-archive-keyring}
  systemd=systemd-boot-efi,systemd-container,udev,dbus,mount
fi
disks=qemu-utils,dosfstools,mtools,e2fsprogs,xfsprogs,btrfs-progs,fdisk,gdisk,parted,lvm2,squashfs-tools,erofs-utils,cryptsetup-bin,xorriso
loaders=grub-common,grub2-common,grub-pc-bin,grub-efi-amd64-bin,extlinux,syslinux-common,isolinux
common=fusefat,fuse3,mmdebstrap,debootstrap,ca-certificates,sudo,procps,psmisc,file,rsync,bzip2,xz-utils,zstd,cpio,kmod,genext2fs,libconfuse2,zerofree
if [ ! -e "$folder/$suite/.made" ]; then
  rm -rf "${folder:?}/$suite"
  mmdebstrap --quiet --mode=root --variant=apt --aptopt='APT::Install-Recommends "false"' \
    --aptopt='Acquire::Check-Valid-Until "false"' --dpkgopt='path-exclude=/usr/share/man/*' \
    --include="$makers,$systemd,$disks,$loaders,$common" \
    --customize-hook='printf "#!/bin/sh\nexit 101\n" >"$1/usr/sbin/policy-rc.d"; chmod 755 "$1/usr/sbin/policy-rc.d"' \
    "$suite" "$folder/$suite" "$mirror"
  # `kpartx -a DISK` prints what it maps; here it names what the kernel has below the loop device.
  mkdir -p "$folder/$suite/usr/local/sbin"
  cat >"$folder/$suite/usr/local/sbin/kpartx" <<'K'
#!/bin/bash
# Of kpartx what vmdb2, grml-debootstrap and diskimage-builder call: -a and -d of a file or a loop device.
what= disk=
for word; do case $word in -*a*) what=a ;; -*d*) what=d ;; -*) ;; *) disk=$word ;; esac; done
case $disk in /dev/loop*) loop=$disk ;; *) loop=$(losetup -j "$disk" | cut -d: -f1 | head -1) ;; esac
name=${loop#/dev/}
if [ "$what" = d ]; then
  rm -f /dev/mapper/"$name"p*
  case $disk in /dev/loop*) partx -d "$loop" 2>/dev/null ;; *) [ -z "$loop" ] || losetup -d "$loop" ;; esac
  exit 0
fi
[ -n "$loop" ] || loop=$(losetup -f --show "$disk") && name=${loop#/dev/}
partx -u "$loop" || partx -a "$loop"
mkdir -p /dev/mapper
for part in "$loop"p*; do
  [ -b "$part" ] || continue
  ln -sf "$part" "/dev/mapper/${part#/dev/}"
  echo "add map ${part#/dev/} (254:0): 0 $(blockdev --getsz "$part") linear 7:0 0"
done
K
  # debos waits for udev, which does not run here: the kernel names partitions once it is told of them.
  cat >"$folder/$suite/usr/local/sbin/udevadm" <<'U'
#!/bin/sh
[ "$1" = trigger ] || exit 0
for disk; do case $disk in /dev/*) disk=$(readlink -f "$disk"); partx --update "$disk" 2>/dev/null || partx --add "$disk" ;; esac; done
exit 0
U
  chmod 755 "$folder/$suite/usr/local/sbin/udevadm"
  # kiwi adds partitions that parted has told the kernel of before.
  printf '#!/bin/sh\n[ "$1" = --add ] || exec /usr/bin/partx "$@"\nshift\n/usr/bin/partx --update "$@" || exec /usr/bin/partx --add "$@"\n' \
    >"$folder/$suite/usr/local/sbin/partx"
  chmod 755 "$folder/$suite/usr/local/sbin/kpartx" "$folder/$suite/usr/local/sbin/partx"
  if ! grep -qw vfat /proc/filesystems; then
    printf '#!/bin/sh\nmkdir -p "$2"\nexec fusefat -o rw+,allow_other,fsname="$1" "$1" "$2"\n' >"$folder/$suite/usr/sbin/mount.vfat"
    chmod 755 "$folder/$suite/usr/sbin/mount.vfat"
  fi
  touch "$folder/$suite/.made"
fi
if [ ! -e "$folder/target.tar" ]; then
  mmdebstrap --quiet --mode=root --format=tar --variant=minbase --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
    --include=linux-image-cloud-amd64,initramfs-tools,systemd-sysv,systemd-boot,udev,zstd,kmod \
    --customize-hook='echo "root:anneal" | chroot "$1" chpasswd' "$suite" "$folder/target.tar.new" "$mirror"
  mv "$folder/target.tar.new" "$folder/target.tar"
fi
