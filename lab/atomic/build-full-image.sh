#!/usr/bin/env bash
# A disk image that really boots, in the geometry of 2014's Fedora 21 Atomic or of Fedora CoreOS: a Debian system with
# kernel, dracut and ostree, about 1 GiB of data, deployed by `ostree admin deploy`.
#
#     build-full-image.sh lvm-xfs|gpt-xfs CACHE OUT.qcow2 ['FURTHER DRACUT MODULES']
#
# CACHE keeps what both layouts share: the packages' tree and the deployed system. As root; loop devices, no appliance.
# Needs mmdebstrap ostree xfsprogs e2fsprogs dosfstools lvm2 fdisk qemu-utils.
set -euo pipefail
# What is mounted here is not to be seen by a container that starts meanwhile: it would keep the file system mounted.
[[ -n ${ANNEAL_APART-} ]] || ANNEAL_APART=1 exec unshare --mount --propagation private "$0" "$@"
layout=$1 cache=$2 out=$3 further=${4-}
case $layout in lvm-xfs | gpt-xfs) ;; *) echo "unknown layout $layout" >&2; exit 2 ;; esac
mkdir -p "$cache"
cache=$(readlink -f "$cache")

readonly OS=fedora-atomic REF=fedora-atomic/f21/x86_64/docker-host
readonly BOOT_UUID=5ab4b0d8-3a1e-4a0c-9d7a-6c1f0c3a9b11 ROOT_UUID=72da3e4b-b7dc-4797-b4f8-06fb4a763c05
readonly MIB=1048576

undo=()
cleanup() {
  local i
  for ((i = ${#undo[@]} - 1; i >= 0; i--)); do eval "${undo[i]}" || true; done
}
trap cleanup EXIT

make_tree() {
  local tar=$cache/tree.tar
  [[ -f $tar ]] || {
    local packages=systemd,systemd-sysv,dbus,udev,kmod,linux-image-cloud-amd64,dracut,dracut-network,ostree
    packages+=,ostree-boot,lvm2,xfsprogs,iproute2,openssh-server,login,passwd,util-linux,ca-certificates,e2fsprogs
    packages+=,systemd-resolved,docker.io,cloud-init,python3,vim,git,tmux,curl,sudo,podman,strace,tcpdump,gdb,nmap
    [[ -z $further ]] || packages+=,dracut-live
    mmdebstrap --mode=root --variant=minbase --aptopt='Apt::Install-Recommends "false"' \
      --include="$packages" bookworm "$cache/part.tar" >&2
    mv "$cache/part.tar" "$tar"
  }
}

# Turns the packages' tree into what ostree deploys: see ostree's "Adapting existing mainstream distributions".
make_sysroot() {
  local sysroot=$cache/sysroot tree=$cache/tree
  [[ -f $cache/sysroot.done ]] && return
  rm -rf "$sysroot" "$tree" "$cache/repo"
  mkdir -p "$tree"
  tar -C "$tree" --xattrs --xattrs-include='*' --numeric-owner -xpf "$cache/tree.tar"
  local kernel
  kernel=$(ls "$tree/usr/lib/modules" | head -n 1)

  cat >"$tree/etc/dracut.conf.d/00-atomic.conf" <<CONF
hostonly=no
reproducible=yes
add_dracutmodules+=" ostree systemd lvm dm $further "
add_drivers+=" virtio_blk virtio_scsi virtio_pci virtio_net xfs ext4 erofs dm_mod "
omit_dracutmodules+=" plymouth "
compress=zstd
CONF
  local dir
  for dir in proc sys dev; do
    mount --bind "/$dir" "$tree/$dir"
    undo+=("umount '$tree/$dir' 2>/dev/null")
  done
  SOURCE_DATE_EPOCH=1700000000 chroot "$tree" dracut --force --no-hostonly --kver "$kernel" /boot/initramfs.img >&2
  for dir in proc sys dev; do umount "$tree/$dir"; done

  echo "$OS" >"$tree/etc/hostname"
  : >"$tree/etc/machine-id"
  chroot "$tree" passwd -d root >/dev/null
  systemctl --root="$tree" enable systemd-networkd systemd-resolved >/dev/null 2>&1 || true
  systemctl --root="$tree" mask cloud-init.service cloud-init-local.service cloud-config.service \
    cloud-final.service >/dev/null 2>&1 || true
  printf '[Match]\nName=en* eth*\n[Network]\nDHCP=yes\n' >"$tree/etc/systemd/network/80-dhcp.network"

  mv "$tree/boot/vmlinuz-$kernel" "$tree/usr/lib/modules/$kernel/vmlinuz"
  mv "$tree/boot/initramfs.img" "$tree/usr/lib/modules/$kernel/initramfs.img"
  (
    cd "$tree"
    rm -rf boot/* vmlinuz* initrd.img* dev proc sys run tmp home root srv mnt media opt usr/local
    mkdir -p dev proc sys run sysroot boot
    for dir in home srv mnt opt; do ln -s "var/$dir" "$dir"; done
    ln -s var/roothome root
    ln -s run/media media
    ln -s sysroot/ostree ostree
    ln -s sysroot/tmp tmp
    ln -s ../var/usrlocal usr/local
    mv var/lib/dpkg usr/share/dpkg-db
    rm -rf var
    mkdir var
    {
      for dir in home srv mnt opt usrlocal log lib lib/dbus; do echo "d /var/$dir 0755 root root -"; done
      echo 'd /var/roothome 0700 root root -'
      echo 'd /var/tmp 1777 root root -'
      echo 'L /var/run - - - - ../run'
      echo 'L /var/lock - - - - ../run/lock'
    } >usr/lib/tmpfiles.d/ostree-var.conf
    mv etc usr/etc
  )

  ostree --repo="$cache/repo" init --mode=bare
  ostree --repo="$cache/repo" commit -b "$REF" --timestamp='2014-12-03 00:00:00 +0000' \
    --add-metadata-string=version=21 --tree=dir="$tree" >&2
  mkdir -p "$sysroot"
  ostree admin init-fs "$sysroot"
  ostree admin os-init --sysroot="$sysroot" "$OS" >&2
  ostree --repo="$sysroot/ostree/repo" pull-local "$cache/repo" "$REF" >&2
  ostree --repo="$sysroot/ostree/repo" config set sysroot.readonly false
  ostree admin deploy --sysroot="$sysroot" --os="$OS" --karg=ROOT-ARGUMENTS --karg=no_timer_check \
    --karg=console=tty1 --karg=console=ttyS0,115200n8 --karg=net.ifnames=0 "$REF" >&2
  rm -rf "$tree" "$cache/repo"
  touch "$cache/sysroot.done"
}

# Attaches a range of the disk: loop_of OFFSET LENGTH, in bytes. Sets $loop.
loop_of() {
  loop=$(losetup --find --show --offset "$1" --sizelimit "$2" "$disk")
  undo+=("losetup --detach $loop")
}

# Runs a command with a device mounted at $mnt.
with_mount() {
  local device=$1
  shift
  mount "$device" "$mnt"
  undo+=("umount '$mnt' 2>/dev/null")
  "$@"
  umount "$mnt"
}

fill_boot() {
  cp -a "$cache/sysroot/boot/." "$mnt/"
  sed -i "s|ROOT-ARGUMENTS|$root_arguments|" "$mnt"/loader/entries/*.conf
}

fill_root() {
  tar -C "$cache/sysroot" --xattrs --xattrs-include='*' --numeric-owner --exclude='./boot/*' -cf - . |
    tar -C "$mnt" --xattrs --xattrs-include='*' --numeric-owner -xpf -
  local deployment
  deployment=$(echo "$mnt/ostree/deploy/$OS/deploy/"*.0)
  printf '\n#\n# /etc/fstab\n#\n%s' "$fstab" >"$deployment/etc/fstab"
  chattr +i "$deployment"
}

make_tree
make_sysroot

disk=$(mktemp "$cache/disk.XXXXXX")
mnt=$(mktemp -d "$cache/mnt.XXXXXX")
undo+=("rm -f '$disk'" "rmdir '$mnt'")
truncate -s $((12582912 * 512)) "$disk"

if [[ $layout == lvm-xfs ]]; then
  sfdisk -q "$disk" <<'TABLE'
label: dos
label-id: 0x066c9073
start=2048, size=409600, type=83, bootable
start=411648, size=12171264, type=8e
TABLE
  boot_range=($((2048 * 512)) $((409600 * 512)))
  pv_range=($((411648 * 512)) $((12171264 * 512)))
  lv_mib=3072
  root_arguments='root=/dev/mapper/atomicos-root rd.lvm.lv=atomicos/root'
  printf -v fstab '/dev/mapper/atomicos-root / xfs defaults 0 0\nUUID=%s /boot ext4 defaults 1 2\n' $BOOT_UUID
  loop_of "${pv_range[@]}"
  # Nothing is activated: there need be no device mapper.
  lvm_on() {
    lvm "$1" --driverloaded n --devices "$loop" --config 'devices{use_devicesfile=0} backup{backup=0 archive=0}
      activation{udev_sync=0 udev_rules=0} global{event_activation=0}' "${@:2}" >&2
  }
  lvm_on pvcreate --zero y "$loop"
  lvm_on vgcreate atomicos "$loop"
  lvm_on lvcreate -an -Zn -Wn -n root -L ${lv_mib}M atomicos
  # The first extent lies 1 MiB into the physical volume, and the volume is one segment.
  root_range=($((pv_range[0] + MIB)) $((lv_mib * MIB)))
else
  sfdisk -q "$disk" <<'TABLE'
label: gpt
label-id: 00000000-0000-4000-A000-000000000001
start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649, name="BIOS-BOOT"
start=4096, size=260096, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name="EFI-SYSTEM"
start=264192, size=786432, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name="boot"
start=1050624, size=11530240, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name="root"
TABLE
  boot_range=($((264192 * 512)) $((786432 * 512)))
  root_range=($((1050624 * 512)) $((11530240 * 512)))
  root_arguments="root=UUID=$ROOT_UUID rw"
  printf -v fstab 'UUID=%s / xfs defaults 0 0\nUUID=%s /boot ext4 defaults 1 2\n%s\n' $ROOT_UUID $BOOT_UUID \
    'UUID=7B77-95E7 /boot/efi vfat umask=077,shortname=winnt 0 2'
  loop_of $((4096 * 512)) $((260096 * 512))
  mkfs.vfat -i 7B7795E7 -n EFI-SYSTEM "$loop" >&2
fi

loop_of "${boot_range[@]}"
mke2fs -q -t ext4 -L boot -U $BOOT_UUID "$loop"
with_mount "$loop" fill_boot
loop_of "${root_range[@]}"
mkfs.xfs -q -L root -m uuid=$ROOT_UUID "$loop"
with_mount "$loop" fill_root
xfs_logprint -t "$loop" 2>/dev/null | grep -q 'state: <CLEAN>' || {
  echo 'the root file system is still mounted somewhere else: its log is not clean' >&2
  exit 1
}
sync -f "$disk"
qemu-img convert -f raw -O qcow2 "$disk" "$out.part"
mv "$out.part" "$out"
