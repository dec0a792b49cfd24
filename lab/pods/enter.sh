#!/bin/bash
# Runs a program in a root tree of its own, in a mount namespace that somebody has made for it:
#
#     enter.sh ROOT machine|v2 WRITABLE REPOSITORY PROGRAM [ARGUMENT…]
#
# The tree becomes the root by pivot_root: in a mere chroot runc would give its containers the root of the machine. Processes,
# devices and control groups are the machine's; `v2` shows its cgroup v2 alone.
set -euo pipefail
root=$1 cgroups=$2 writable=$3 repository=$4
shift 4
mount --bind "$root" "$root"
mkdir -p "$root"/{proc,sys,dev,tmp,run,old} "$root$writable" "$root$repository"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs tmpfs "$root/run"
for folder in proc sys dev; do mount --rbind "/$folder" "$root/$folder"; done
mkdir -p "$root$writable" "$root$repository"
mount --bind "$writable" "$root$writable"
mount --bind "$repository" "$root$repository"
if [[ $cgroups == v2 && ! -e $root/sys/fs/cgroup/cgroup.controllers ]]; then
  umount --recursive "$root/sys/fs/cgroup"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
fi
cd "$root"
pivot_root . old
cd "$repository"
umount --lazy /old
exec env --unset=NODE_EXTRA_CA_CERTS PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
