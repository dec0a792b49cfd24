#!/bin/bash
# One image, made by its real maker: make.sh FOLDER MAKER
# FOLDER is what tree.sh made. The image becomes FOLDER/images/MAKER.*; what the maker said, FOLDER/images/MAKER.log.
# Root, loop devices; each maker runs in a mount namespace of its own.
set -euo pipefail
folder=$(readlink -f "${1:?folder}") maker=${2:?maker}
suite=${ANNEAL_SUITE:-trixie}
here=$(dirname "$(readlink -f "$0")")
mkdir -p "$folder/images"
log=$folder/images/$maker.log
# Inside, /build is the maker's own, and is gone afterwards; what is in /build/out stays.
unshare --mount --propagation private bash -euo pipefail -c '
  root=$1/$2
  mount --bind "$root" "$root"
  mkdir -p "$root/build"
  mount -t tmpfs -o size=6G tmpfs "$root/build"
  mkdir -p "$root/build/out" "$root/out" "$root/makers"
  mount --bind "$1/images" "$root/out"
  mount --bind "$4" "$root/makers"
  touch "$root/target.tar" && mount --bind "$1/target.tar" "$root/target.tar"
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/run"
  mount -t tmpfs tmpfs "$root/tmp"
  rm -f "$root/etc/resolv.conf"
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  cp /etc/hosts "$root/etc/hosts"
  exec chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    MAKER="$3" MIRROR="$5" bash -euo pipefail /makers/in-tree.sh
' bash "$folder" "$suite" "$maker" "$here" "${ANNEAL_MIRROR:-http://deb.debian.org/debian}" >"$log" 2>&1 </dev/null || {
  code=$?
  tail -5 "$log" >&2
  exit $code
}
ls -l "$folder/images/" | grep " $maker\." | grep -v "\.log$"
