#!/bin/bash
# Makes a root tree with the containerd, runc and crun of a Debian suite:
#
#     make-tree.sh SUITE DIRECTORY     writes DIRECTORY/root
#
# Needs root and mmdebstrap; ten seconds, and some 60 MB from Debian. The packages are unpacked and not configured: no service of
# theirs is to run. A mirror may be some weeks behind with sid: its signature counts, the date on it does not. MIRROR names
# another mirror than Debian's own.
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
suite=$1
root=$2/root
packages=(
  base-files base-passwd bash dash coreutils sed grep findutils util-linux mount procps tar gzip libc-bin jq libstdc++6
  containerd runc crun busybox-static
)
mmdebstrap --quiet --mode=root --variant=extract --format=directory \
  --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
  --include="$(IFS=,; echo "${packages[*]}")" \
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "3"' \
  --aptopt='Acquire::Check-Valid-Until "false"' \
  "$suite" "$root" ${MIRROR:+"deb $MIRROR $suite main"}
rm -rf "$root"/usr/share/{doc,man,locale,info}
# What the packages' own scripts would have made.
cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
[[ -e $root/bin/sh ]] || ln -s dash "$root/bin/sh"
chroot "$root" /sbin/ldconfig
# containerd copies these into each pod.
printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
: >"$root/etc/resolv.conf"
