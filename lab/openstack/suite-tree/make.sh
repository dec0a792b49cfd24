#!/bin/bash
# Makes the root tree of a Debian suite in which OpenStack's services run:
#
#     make.sh SUITE DIRECTORY     writes DIRECTORY/root, and DIRECTORY/packages with a name and a version a line
#
# A mirror may be some weeks behind with sid: its signature counts, the date on it does not.
#
# Needs root and mmdebstrap. The packages are unpacked and not configured: the services get their configuration, data bases
# and users from the lab. MIRROR names another mirror than Debian's own.
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
suite=$1
out=$2

packages=(
  base-files base-passwd bash dash coreutils sed grep gawk findutils util-linux mount procps login passwd debianutils hostname tar
  gzip libc-bin netbase iproute2 python3
  keystone uwsgi-core uwsgi-plugin-python3 glance-api ironic-api ironic-conductor python3-bcrypt
  python3-openstackclient python3-ironicclient ipmitool ipxe socat qemu-utils dosfstools mtools genisoimage
)
mmdebstrap --quiet --mode=root --variant=extract --format=directory \
  --include="$(IFS=,; echo "${packages[*]}")" \
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "3"' \
  --aptopt='Acquire::Check-Valid-Until "false"' \
  --extract-hook='ls "$1/var/cache/apt/archives" | sed -n "s/^\([^_]*\)_\([^_]*\)_[^_]*\.deb$/\1 \2/p" | sed "s/%3a/:/" >"$1/packages"' \
  "$suite" "$out/root" ${MIRROR:+"deb $MIRROR $suite main"}

root=$out/root
rm -rf "$root"/usr/share/{doc,man,locale,info}
mv "$root/packages" "$out/packages"
[[ -s $out/packages ]]
# What the packages' own scripts would have made.
cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
[[ -e $root/bin/sh ]] || ln -s dash "$root/bin/sh"
[[ -e $root/usr/bin/uwsgi ]] || ln -s uwsgi-core "$root/usr/bin/uwsgi"
[[ -e $root/usr/bin/awk ]] || ln -s gawk "$root/usr/bin/awk"
printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
mkdir -p "$root/etc/ssl/certs"
cat "$root"/usr/share/ca-certificates/*/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
chroot "$root" ldconfig
# Each start of a service would compile it all anew: the tree is read-only. A module for another Python fails alone.
chroot "$root" sh -c 'python3 -m compileall -j 0 -q /usr/lib/python3 /usr/lib/python3.*' >/dev/null 2>&1 || true
