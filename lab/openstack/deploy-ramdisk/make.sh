#!/bin/bash
# Makes Ironic's deploy ramdisk from Debian 13 or a later SUITE (12 has no ironic-python-agent):
#
#     make.sh DIRECTORY [SUITE]    writes DIRECTORY/vmlinuz and DIRECTORY/initrd
#
# Needs root, mmdebstrap, cpio and zstd. The agent's package is unpacked, not installed: it depends on libguestfs and
# with that on 555 packages, while the agent calls what is listed here. MIRROR names another mirror than Debian's own.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
out=$1
suite=${2:-trixie}
# A mirror may be some weeks behind with these: their signature counts, the date on it does not.
case $suite in
forky | sid) dated=false more=(python3-cheroot) ;;
*) dated=true more=() ;;
esac
work=$out/work
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT

packages=(
  linux-image-cloud-amd64 udev kmod busybox-static iproute2 ca-certificates
  parted fdisk gdisk e2fsprogs dosfstools mdadm qemu-utils efibootmgr file util-linux-extra
  dmidecode hdparm lshw pciutils ethtool psmisc
  python3 python3-cryptography python3-eventlet python3-oslo.concurrency python3-oslo.config python3-oslo.log
  python3-oslo.service python3-oslo.utils python3-pbr python3-pint python3-psutil python3-pyudev python3-requests
  python3-stevedore python3-tenacity python3-tooz python3-werkzeug python3-yaml python3-zeroconf
  "${more[@]}"
)
printf '#!/bin/sh\nset -e\ncd "$1"/tmp\nAPT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -q download ironic-python-agent\n%s\n' \
  'dpkg-deb --fsys-tarfile ironic-python-agent_*.deb | tar -x -C "$1"
rm ironic-python-agent_*.deb' >"$work/agent"
chmod 755 "$work/agent"

mmdebstrap --quiet --mode=root --variant=apt --format=directory \
  --include="$(IFS=,; echo "${packages[*]}")" \
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "3"' \
  --aptopt="Acquire::Check-Valid-Until \"$dated\"" --dpkgopt='force-unsafe-io' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
  --customize-hook="$work/agent" \
  "$suite" "$work/root" ${MIRROR:+"deb $MIRROR $suite main"}

root=$work/root
cp "$root"/boot/vmlinuz-* "$out/vmlinuz"
install -m 755 "$here/init" "$root/init"
install -m 755 "$here/udhcpc.sh" "$root/etc/udhcpc.sh"
for name in poweroff reboot; do install -m 755 "$here/poweroff" "$root/usr/sbin/$name"; done
mkdir -p "$root/etc/ironic-python-agent"
printf '[DEFAULT]\ndebug = true\n' >"$root/etc/ironic-python-agent/ironic-python-agent.conf"

# What no virtual machine has, and what nobody reads: memory and download time of each deployment.
version=$(ls "$root/lib/modules")
rm -rf "$root"/boot/* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/dev/* \
  "$root"/usr/share/{doc,man,locale,info,perl,zoneinfo} "$root"/usr/share/perl* "$root"/usr/lib/x86_64-linux-gnu/perl* \
  "$root"/usr/lib/python3/dist-packages/{babel/locale-data,grpc}
(
  cd "$root/lib/modules/$version/kernel"
  rm -rf sound drivers/{gpu,infiniband,media,hv} drivers/usb/gadget drivers/net/ethernet/{mellanox,broadcom} \
    fs/{ocfs2,gfs2,ceph,nfs*,smb,cifs,btrfs,f2fs} net/{sctp,bluetooth}
)
find "$root/usr/lib/python3/dist-packages" -depth -type d -name tests -exec rm -rf {} +
chroot "$root" depmod -a "$version"
chroot "$root" python3 -m compileall -q /usr/lib/python3/dist-packages/ironic_python_agent >/dev/null || true
# What the agent lacks shows here, and not on a machine that nobody watches.
unshare --mount sh -euc 'mount -t proc proc "$1/proc"; chroot "$1" python3 -W ignore -c "import ironic_python_agent.cmd.agent, ironic_python_agent.api.app"' sh "$root"
(cd "$root" && find . -print0 | cpio --null --create --format=newc --quiet) | zstd -q -T0 -6 -f -o "$out/initrd"
