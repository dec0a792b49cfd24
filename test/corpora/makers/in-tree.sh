# Run by make.sh inside of the makers' tree: $MAKER says which image, $MIRROR where packages are. The result goes to /out.
set -x
cd /build
packages='linux-image-cloud-amd64 systemd-sysv udev'
serial='console=ttyS0'

# Keeps what is not zero.
give() { cp --sparse=always "$1" "/out/$MAKER.$2"; }

mkosi_config() {
  mkdir -p mk && cd mk
  cat >mkosi.conf <<C
[Distribution]
Distribution=debian
Release=trixie
Mirror=$MIRROR
[Output]
ImageId=made
OutputDirectory=/build/out
[Content]
Bootable=yes
RootPassword=anneal
Hostname=made
KernelCommandLine=$serial
Packages=linux-image-cloud-amd64,systemd,systemd-sysv,systemd-boot,systemd-boot-efi,systemd-repart,udev,kmod
C
  # Not every mirror has what mkosi asks for beside the suite: updates, security, symbols for debuggers.
  mkdir -p mkosi.sandbox/etc/apt/sources.list.d
  printf 'Types: deb\nURIs: %s\nSuites: trixie\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' "$MIRROR" \
    >mkosi.sandbox/etc/apt/sources.list.d/mkosi.sources
}

unpack_target() {
  mkdir target && tar -C target -xpf /target.tar --exclude=./dev/*
}

case $MAKER in
kiwi)
  mkdir description
  cat >description/config.xml <<C
<?xml version="1.0" encoding="utf-8"?>
<image schemaversion="7.4" name="made">
  <description type="system"><author>a</author><contact>a</contact><specification>a</specification></description>
  <preferences>
    <version>1.0.0</version>
    <packagemanager>apt</packagemanager>
    <type image="oem" filesystem="ext4" firmware="bios" kernelcmdline="$serial" bootpartition="false">
      <bootloader name="grub2" timeout="1"/>
      <size unit="M">1500</size>
      <oemconfig><oem-resize>false</oem-resize></oemconfig>
    </type>
  </preferences>
  <users><user password="anneal" pwdformat="plain" home="/root" name="root"/></users>
  <repository type="apt-deb" distribution="bookworm" components="main" repository_gpgcheck="false"><source path="$MIRROR"/></repository>
  <packages type="image">
    <package name="linux-image-cloud-amd64"/><package name="systemd-sysv"/><package name="udev"/><package name="kmod"/>
    <package name="dracut"/><package name="grub2-common"/><package name="grub-pc-bin"/>
  </packages>
  <packages type="bootstrap"><package name="apt"/><package name="ca-certificates"/><package name="passwd"/></packages>
</image>
C
  kiwi-ng system build --description /build/description --target-dir /build/made
  give /build/made/*.raw raw
  ;;
mkosi-uki)
  mkosi_config
  printf '[Output]\nFormat=disk\n[Content]\nBootloader=systemd-boot\nUnifiedKernelImages=yes\n' >>mkosi.conf
  mkosi --debug build
  give /build/out/made.raw raw
  ;;
mkosi-profiles)
  mkosi_config
  mkdir -p mkosi.uki-profiles
  printf '[UKIProfile]\nProfile=ID=rescue\n  TITLE=Rescue\nCmdline=systemd.unit=rescue.target\n' >mkosi.uki-profiles/rescue.conf
  printf '[Output]\nFormat=disk\n[Content]\nBootloader=systemd-boot\nUnifiedKernelImages=yes\n' >>mkosi.conf
  mkosi build
  give /build/out/made.raw raw
  ;;
mkosi-bls)
  mkosi_config
  printf '[Output]\nFormat=disk\n[Content]\nBootloader=systemd-boot\nUnifiedKernelImages=no\n' >>mkosi.conf
  mkosi build
  give /build/out/made.raw raw
  ;;
mkosi-grub)
  mkosi_config
  printf '[Output]\nFormat=disk\n[Content]\nBootloader=grub\nBiosBootloader=grub\nUnifiedKernelImages=no\n' >>mkosi.conf
  sed -i 's/^Packages=.*/&,grub-efi-amd64-bin,grub-efi-amd64-signed,grub-pc-bin,grub2-common/' mkosi.conf
  mkosi build
  give /build/out/made.raw raw
  ;;
mkosi-verity)
  mkosi_config
  mkdir mkosi.repart
  printf '[Partition]\nType=esp\nFormat=vfat\nCopyFiles=/efi:/\nCopyFiles=/boot:/\nSizeMinBytes=256M\n' >mkosi.repart/00-esp.conf
  printf '[Partition]\nType=root\nFormat=erofs\nCopyFiles=/\nVerity=data\nVerityMatchKey=root\nMinimize=best\n' >mkosi.repart/10-root.conf
  printf '[Partition]\nType=root-verity\nVerity=hash\nVerityMatchKey=root\nMinimize=best\n' >mkosi.repart/11-verity.conf
  printf '[Output]\nFormat=disk\n[Content]\nBootloader=systemd-boot\nUnifiedKernelImages=yes\n' >>mkosi.conf
  mkosi build
  give /build/out/made.raw raw
  ;;
mkosi-btrfs)
  mkosi_config
  mkdir mkosi.repart
  printf '[Partition]\nType=esp\nFormat=vfat\nCopyFiles=/efi:/\nSizeMinBytes=128M\n' >mkosi.repart/00-esp.conf
  printf '[Partition]\nType=xbootldr\nFormat=vfat\nCopyFiles=/boot:/\nSizeMinBytes=256M\n' >mkosi.repart/05-boot.conf
  printf '[Partition]\nType=root\nFormat=btrfs\nCopyFiles=/\nSubvolumes=/var /home\nSizeMinBytes=1200M\n' >mkosi.repart/10-root.conf
  printf '[Output]\nFormat=disk\n[Content]\nBootloader=systemd-boot\nUnifiedKernelImages=no\n' >>mkosi.conf
  mkosi build
  give /build/out/made.raw raw
  ;;
mkosi-esp)
  mkosi_config
  printf '[Output]\nFormat=esp\n' >>mkosi.conf
  mkosi build
  give /build/out/made.raw raw
  ;;

vmdb2-bios | vmdb2-uefi)
  if [ "$MAKER" = vmdb2-bios ]; then
    label=msdos efi= grub='grub: bios' tags='tag: root'
  else
    label=gpt grub='grub: uefi' tags='tag: root
    efi: efi'
    efi='- mkpart: primary
    device: "{{ output }}"
    start: 1M
    end: 100M
    tag: efi'
  fi
  cat >v.yaml <<C
steps:
  - mkimg: "{{ output }}"
    size: 2G
  - mklabel: $label
    device: "{{ output }}"
  $efi
  - mkpart: primary
    device: "{{ output }}"
    start: 100M
    end: 100%
    tag: root
  - kpartx: "{{ output }}"
  - mkfs: ext4
    partition: root
C
  [ -z "$efi" ] || printf '  - mkfs: vfat\n    partition: efi\n' >>v.yaml
  cat >>v.yaml <<C
  - mount: root
  - unpack-rootfs: root
  - fstab: root
  - $grub
    $tags
    console: serial
C
  vmdb2 --output /build/v.img --rootfs-tarball /target.tar --log /dev/stderr --verbose v.yaml
  give v.img raw
  ;;

fai-bios | fai-uefi)
  fai-mk-configspace
  boot=GRUB_PC
  [ "$MAKER" = fai-bios ] || boot=GRUB_EFI
  sed -i "s|^FAI_DEBOOTSTRAP=.*|FAI_DEBOOTSTRAP=\"trixie $MIRROR\"|" /etc/fai/nfsroot.conf || true
  mkdir -p /srv/fai/config/basefiles
  (cd /srv/fai/config/basefiles && cp /target.tar TRIXIE64.tar && xz -0 -T2 TRIXIE64.tar)
  fai-diskimage -vu made -S 3G -c "DEBIAN,TRIXIE,TRIXIE64,AMD64,FAIBASE,$boot,CLOUD,LAST" -s file:///srv/fai/config /build/f.raw
  give f.raw raw
  ;;

dib-bios | dib-uefi)
  # Debian 13 lacks software-properties-common, which debian-minimal asks for.
  export DIB_RELEASE=bookworm DIB_DISTRIBUTION_MIRROR=$MIRROR DIB_DEBOOTSTRAP_EXTRA_ARGS= TMP_DIR=/build DIB_IMAGE_CACHE=/build/cache
  export DIB_BOOTLOADER_DEFAULT_CMDLINE="$serial" DIB_AVOID_PACKAGES_UPDATE=1
  # By itself it adds a suite of security updates that has another name since Debian 11.
  export DIB_APT_SOURCES_CONF="default:deb $MIRROR bookworm main"
  device=block-device-mbr
  [ "$MAKER" = dib-bios ] || device=block-device-efi
  disk-image-create --no-tmpfs -t raw -o /build/d debian-minimal vm "$device"
  give d.raw raw
  ;;

debos-extlinux | debos-systemd-boot)
  # systemd-nspawn binds what udev makes, and asks for the id of the machine.
  systemd-machine-id-setup
  mkdir -p /dev/disk
  if [ "$MAKER" = debos-extlinux ]; then
    more=extlinux table=msdos
    mounts='- { mountpoint: /, partition: root }'
    partitions='- { name: root, fs: ext4, start: 4MB, end: 100%, flags: [boot] }'
    install='mkdir -p /boot/extlinux; extlinux --install /boot/extlinux; printf "DEFAULT linux\\nLABEL linux\\n KERNEL /vmlinuz\\n INITRD /initrd.img\\n APPEND $(cat /etc/kernel/cmdline)\\n" >/boot/extlinux/extlinux.conf'
    boot_code=mbr.bin
  else
    more=systemd-boot table=gpt
    mounts='- { mountpoint: /, partition: root }
      - { mountpoint: /boot/efi, partition: EFI, options: [x-systemd.automount] }'
    partitions='- { name: EFI, fs: vfat, start: 4MB, end: 200MB, flags: [boot, esp] }
      - { name: root, fs: ext4, start: 200MB, end: 100% }'
    install='bootctl install --esp-path=/boot/efi --no-variables; SYSTEMD_RELAX_ESP_CHECKS=1 kernel-install add $(ls /lib/modules) /boot/vmlinuz-*'
    boot_code=
  fi
  cat >d.yaml <<C
architecture: amd64
actions:
  - action: debootstrap
    suite: trixie
    components: [main]
    mirror: $MIRROR
    variant: minbase
    keyring-file: /usr/share/keyrings/debian-archive-keyring.gpg
  - action: apt
    recommends: false
    packages: [linux-image-cloud-amd64, systemd-sysv, initramfs-tools, $more]
  - action: image-partition
    imagename: d.img
    imagesize: 1500MB
    partitiontype: $table
    mountpoints:
      $mounts
    partitions:
      $partitions
  - action: filesystem-deploy
    description: fstab
    setup-fstab: true
    setup-kernel-cmdline: true
    append-kernel-cmdline: $serial
  - action: run
    chroot: true
    command: $install
C
  debos --disable-fakemachine --artifactdir=/build d.yaml
  [ -z "$boot_code" ] || dd if="/usr/lib/EXTLINUX/$boot_code" of=d.img conv=notrunc
  give d.img raw
  ;;

grml | grml-efi)
  # It asks for the device mapper, for kpartx alone.
  if ! grep -q device-mapper /proc/misc; then
    { cat /proc/misc && echo '236 device-mapper'; } >/tmp/misc
    mount --bind /tmp/misc /proc/misc
  fi
  efi=
  [ "$MAKER" = grml ] || efi=--vmefi
  grml-debootstrap --vmfile $efi --vmsize 2G --target /build/g.img --release trixie --mirror "$MIRROR" --password anneal \
    --nopackages --force --bootappend "$serial" --hostname made
  give g.img raw
  ;;

live-build)
  mkdir l && cd l
  lb config --distribution trixie --mirror-bootstrap "$MIRROR" --mirror-chroot "$MIRROR" --mirror-binary "$MIRROR" \
    --archive-areas main --binary-images iso-hybrid --debian-installer none --linux-packages linux-image \
    --linux-flavours cloud-amd64 --apt-recommends false --apt-indices false --memtest none --security false --updates false \
    --firmware-binary false --firmware-chroot false --uefi-secure-boot disable --bootappend-live "boot=live components $serial"
  lb build
  give live-image-amd64.hybrid.iso iso
  ;;

repart | repart-512 | repart-xbootldr)
  unpack_target
  version=$(ls target/lib/modules)
  mkdir -p esp/EFI/BOOT esp/EFI/systemd esp/EFI/Linux boot/loader/entries defs
  cp /usr/lib/systemd/boot/efi/systemd-bootx64.efi esp/EFI/BOOT/BOOTX64.EFI
  cp /usr/lib/systemd/boot/efi/systemd-bootx64.efi esp/EFI/systemd/
  if [ "$MAKER" != repart-xbootldr ]; then
    ukify build --linux "target/boot/vmlinuz-$version" --initrd "target/boot/initrd.img-$version" \
      --os-release @target/etc/os-release --uname "$version" --cmdline "rw $serial" --output "esp/EFI/Linux/debian-$version+3.efi"
  else
    cp "target/boot/vmlinuz-$version" boot/linux && cp "target/boot/initrd.img-$version" boot/initrd
    printf 'title Debian\nversion %s\nlinux /linux\ninitrd /initrd\noptions rw %s\n' "$version" "$serial" >boot/loader/entries/debian.conf
    printf '[Partition]\nType=xbootldr\nFormat=vfat\nCopyFiles=/build/boot:/\nSizeMinBytes=128M\n' >defs/10-boot.conf
  fi
  printf '[Partition]\nType=esp\nFormat=vfat\nCopyFiles=/build/esp:/\nSizeMinBytes=128M\n' >defs/00-esp.conf
  printf '[Partition]\nType=root\nFormat=ext4\nCopyFiles=/build/target:/\nMinimize=guess\n' >defs/20-root.conf
  sectors=()
  [ "$MAKER" = repart ] || sectors=(--sector-size=512)
  systemd-repart "${sectors[@]}" --definitions=defs --empty=create --size=auto --offline=yes --dry-run=no r.raw
  give r.raw raw
  ;;

ukify-profiles | ukify-addons)
  unpack_target
  version=$(ls target/lib/modules)
  uki() {
    ukify build --linux "target/boot/vmlinuz-$version" --initrd "target/boot/initrd.img-$version" --os-release @target/etc/os-release \
      --uname "$version" --cmdline "rw $serial base" "$@"
  }
  mkdir -p esp/EFI/BOOT esp/EFI/systemd esp/EFI/Linux esp/loader
  cp /usr/lib/systemd/boot/efi/systemd-bootx64.efi esp/EFI/BOOT/BOOTX64.EFI
  cp /usr/lib/systemd/boot/efi/systemd-bootx64.efi esp/EFI/systemd/
  if [ "$MAKER" = ukify-profiles ]; then
    ukify build --profile "$(printf 'ID=rescue\nTITLE=Rescue')" --cmdline "rw $serial systemd.unit=rescue.target" --output p1.efi
    ukify build --profile "$(printf 'ID=quiet')" --cmdline "rw $serial quiet" --output p2.efi
    uki --profile "$(printf 'ID=main\nTITLE=Main')" --join-profile p1.efi --join-profile p2.efi --output "esp/EFI/Linux/debian-$version.efi"
    printf 'timeout 0\ndefault *@rescue\n' >esp/loader/loader.conf
  else
    uki --output "esp/EFI/Linux/debian-$version+3.efi"
    mkdir -p esp/loader/addons "esp/EFI/Linux/debian-$version.efi.extra.d"
    addon() { ukify build --cmdline "$1" --output "$2"; }
    addon 'all.b' esp/loader/addons/b.addon.efi
    addon 'all.A' esp/loader/addons/A.addon.efi
    addon 'own.2' "esp/EFI/Linux/debian-$version.efi.extra.d/2.addon.efi"
    addon 'own.10' "esp/EFI/Linux/debian-$version.efi.extra.d/10.addon.efi"
    ukify build --uname 1.2.3 --cmdline 'other.uname' --output "esp/EFI/Linux/debian-$version.efi.extra.d/0.addon.efi"
    addon 'no.addon' "esp/EFI/Linux/debian-$version.efi.extra.d/x.efi"
    printf 'timeout 0\n' >esp/loader/loader.conf
  fi
  truncate -s 200M esp.img && mkfs.vfat -n ESP esp.img && mcopy -s -i esp.img esp/* ::
  truncate -s 204M u.raw && printf 'label: gpt\nstart=1MiB, size=200MiB, type=uefi\n' | sfdisk u.raw
  dd if=esp.img of=u.raw bs=1M seek=1 conv=notrunc,sparse
  give u.raw raw
  ;;

extlinux)
  # As Alpine's images are: a /boot of its own, extlinux in it, and a menu that ends by itself.
  unpack_target
  version=$(ls target/lib/modules)
  truncate -s 1500M e.raw
  printf 'label: dos\nstart=1MiB, size=300MiB, bootable\nstart=310MiB\n' | sfdisk -q e.raw
  loop=$(losetup -f --show e.raw)
  partx -u "$loop" || partx -a "$loop"
  mkfs.ext4 -q -O ^64bit,^metadata_csum "${loop}p1" && mkfs.ext4 -q "${loop}p2"
  mkdir root && mount "${loop}p2" root && mkdir root/boot && mount "${loop}p1" root/boot
  cp -a target/. root/
  mv "root/boot/vmlinuz-$version" root/boot/vmlinuz-virt && mv "root/boot/initrd.img-$version" root/boot/initramfs-virt
  uuid=$(blkid -s UUID -o value "${loop}p2")
  printf 'UUID=%s / ext4 defaults 0 1\nUUID=%s /boot ext4 defaults 0 2\n' "$uuid" "$(blkid -s UUID -o value "${loop}p1")" >root/etc/fstab
  cp /usr/lib/syslinux/modules/bios/menu.c32 /usr/lib/syslinux/modules/bios/libutil.c32 root/boot/
  extlinux --install root/boot
  printf 'DEFAULT menu.c32\nPROMPT 0\nMENU HIDDEN\nTIMEOUT 10\n\nLABEL virt\n  MENU DEFAULT\n  MENU LABEL Linux virt\n  LINUX vmlinuz-virt\n  INITRD initramfs-virt\n  APPEND root=UUID=%s modules=ext4 %s\n' \
    "$uuid" "$serial" >root/boot/extlinux.conf
  umount -R root
  partx -d "$loop" && losetup -d "$loop"
  dd if=/usr/lib/EXTLINUX/mbr.bin of=e.raw conv=notrunc
  give e.raw raw
  ;;

genimage)
  unpack_target
  version=$(ls target/lib/modules)
  mkdir -p target/boot/extlinux input
  printf 'default linux\ntimeout 10\nlabel linux\n kernel /boot/vmlinuz-%s\n initrd /boot/initrd.img-%s\n append root=/dev/vda1 rw %s\n' "$version" "$version" "$serial" >target/boot/extlinux/extlinux.conf
  cp /usr/lib/EXTLINUX/mbr.bin input/
  printf 'image root.ext4 {\n ext4 { label = "root" }\n size = 1G\n}\nimage g.img {\n hdimage { }\n partition root {\n partition-type = 0x83\n bootable = true\n image = "root.ext4"\n }\n}\n' >g.cfg
  genimage --config g.cfg --rootpath target --inputpath input --outputpath out --tmppath gtmp
  give out/g.img raw
  ;;

grub-install-*)
  unpack_target
  version=$(ls target/lib/modules)
  part() { mkfs."$1" -q "$2" && mount "$2" root; }
  truncate -s 2G g.raw
  # A root that has /boot in itself is behind a BIOS boot partition; a /boot of its own is in an MBR.
  label=gpt first='size=1MiB, type=21686148-6449-6E6F-744E-656564454649' boot=/boot more=
  [ "$MAKER" != grub-install-separate ] || label=dos first='size=300MiB' boot=
  printf 'label: %s\nstart=1MiB, %s\nstart=310MiB\n' $label "$first" | sfdisk -q g.raw
  loop=$(losetup -f --show g.raw)
  partx -u "$loop" || partx -a "$loop"
  mkdir root
  case $MAKER in
  grub-install-ext4) part ext4 "${loop}p2" ;;
  grub-install-xfs) part xfs "${loop}p2" ;;
  grub-install-separate) part ext4 "${loop}p2" && mkdir root/boot && mkfs.ext4 -q "${loop}p1" && mount "${loop}p1" root/boot ;;
  grub-install-subvolume | grub-install-default)
    part btrfs "${loop}p2" && btrfs subvolume create root/@ && btrfs subvolume set-default root/@
    [ "$MAKER" = grub-install-default ] || { btrfs subvolume set-default 5 root && more=rootflags=subvol=@; }
    umount root && mount -o subvol=@ "${loop}p2" root && boot=/@/boot
    ;;
  esac
  cp -a target/. root/
  uuid=$(blkid -s UUID -o value "${loop}p2") where=$(grub-probe -t fs_uuid root/boot)
  printf 'UUID=%s / auto defaults 0 1\n' "$uuid" >root/etc/fstab
  [ -n "$boot" ] || printf 'UUID=%s /boot ext4 defaults 0 2\n' "$where" >>root/etc/fstab
  grub-install --target=i386-pc --boot-directory=root/boot "$loop"
  printf 'set timeout=0\nsearch --fs-uuid --set=root %s\nmenuentry Debian {\n linux %s/vmlinuz-%s root=UUID=%s ro %s %s\n initrd %s/initrd.img-%s\n}\n' \
    "$where" "$boot" "$version" "$uuid" "$more" "$serial" "$boot" "$version" >root/boot/grub/grub.cfg
  umount -R root
  partx -d "$loop" && losetup -d "$loop"
  give g.raw raw
  ;;

grub-mkstandalone)
  unpack_target
  mkdir -p esp/EFI/BOOT
  printf 'set timeout=0\ninsmod part_gpt\nsearch --set=root --label root\nmenuentry Standalone {\n linux ($root)%s root=LABEL=root ro %s standalone\n initrd ($root)%s\n}\n' \
    "/boot/vmlinuz-$(ls target/lib/modules)" "$serial" "/boot/initrd.img-$(ls target/lib/modules)" >g.cfg
  grub-mkstandalone -O x86_64-efi -o esp/EFI/BOOT/BOOTX64.EFI boot/grub/grub.cfg=g.cfg
  mkfs.vfat -C -n ESP esp.img 65536 && mcopy -s -i esp.img esp/* ::
  truncate -s 1G root.img && mke2fs -q -L root -d target root.img
  truncate -s 1100M s.raw && printf 'label: gpt\nstart=1MiB, size=64MiB, type=uefi\nstart=66MiB, size=1GiB, type=linux\n' | sfdisk s.raw
  dd if=esp.img of=s.raw bs=1M seek=1 conv=notrunc,sparse && dd if=root.img of=s.raw bs=1M seek=66 conv=notrunc,sparse
  give s.raw raw
  ;;

grub-mkrescue)
  unpack_target
  mkdir -p iso/boot/grub
  cp target/boot/vmlinuz-* iso/boot/vmlinuz && cp target/boot/initrd.img-* iso/boot/initrd.img
  printf 'set timeout=0\nserial\nterminal_output serial\nmenuentry Rescue {\n linux /boot/vmlinuz %s rescue\n initrd /boot/initrd.img\n}\n' "$serial" >iso/boot/grub/grub.cfg
  grub-mkrescue -o r.iso iso
  give r.iso iso
  ;;
*)
  echo "no maker $MAKER" >&2
  exit 2
  ;;
esac
