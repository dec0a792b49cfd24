#!/bin/bash
# Runs a program in a root tree, in a mount namespace that somebody has made for it:
#
#     enter.sh ROOT [DIRECTORY…] -- PROGRAM [ARGUMENT…]
#
# The tree is read-only and its /tmp and /run are empty; each DIRECTORY of the machine is there at its own path. The process
# stays the same one: whoever started this script has started the program.
set -euo pipefail
root=$1
shift
mount --bind "$root" "$root"
directories=()
while [[ $1 != -- ]]; do
  directories+=("$1")
  shift
done
shift
mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs tmpfs "$root/run"
for directory in "${directories[@]}"; do
  mkdir -p "$root$directory"
  mount --bind "$directory" "$root$directory"
done
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -o remount,bind,ro "$root"
here=$PWD
[[ -d $root$here ]] || here=/
exec chroot "$root" /usr/bin/env -C "$here" "$@"
