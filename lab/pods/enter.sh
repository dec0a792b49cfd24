#!/bin/bash
# Runs a program in a root tree of its own, in a mount namespace that somebody has made for it:
#
#     enter.sh ROOT machine|v1|v2[-systemd] WRITABLE REPOSITORY PROGRAM [ARGUMENT…]
#
# The tree becomes the root by pivot_root: in a mere chroot runc would give its containers the root of the machine. Processes,
# devices and control groups are the machine's; `v1` and `v2` show those of that version alone. With `-systemd` processes and control groups are
# those of the namespaces that somebody has made for them (on-systemd.sh).
set -euo pipefail
root=$1 cgroups=$2 writable=$3 repository=$4
shift 4
mount --bind "$root" "$root"
mkdir -p "$root"/{proc,sys,dev,tmp,run,old} "$root$writable" "$root$repository"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs tmpfs "$root/run"
# A kubelet's, wherever its own folder is.
mkdir -p "$root/var/lib/kubelet"
for folder in var/lib/kubelet var/log; do mount -t tmpfs tmpfs "$root/$folder"; done
for folder in proc sys dev; do mount --rbind "/$folder" "$root/$folder"; done
mkdir -p "$root$writable" "$root$repository"
mount --bind "$writable" "$root$writable"
mount --bind "$repository" "$root$repository"
if [[ $cgroups == *-systemd ]]; then
  mount -t proc proc "$root/proc"
  # Of a hierarchy, a mount in a cgroup namespace shows that namespace's part.
  mapfile -t hierarchies < <(grep -E ' - cgroup2? ' /proc/self/mountinfo | grep -v " $root" | sed 's/ - / /' | awk '{print $5, $(NF-2), $NF}')
  umount --recursive "$root/sys/fs/cgroup"
  [[ $cgroups == v2* ]] || mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
  for hierarchy in "${hierarchies[@]}"; do
    read -r mount type options <<<"$hierarchy"
    controllers=$(tr , '\n' <<<"$options" | grep -vxE 'rw|ro|xattr|nsdelegate|memory_.*|release_agent=.*' | paste -sd,) || true
    [[ $cgroups != v1* || $type != cgroup2 ]] || continue
    if [[ $cgroups == v2* ]]; then
      [[ $type != cgroup2 ]] || mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
    else
      mkdir -p "$root$mount"
      [[ $type != cgroup2 ]] || mount -t cgroup2 cgroup2 "$root$mount"
      [[ $type == cgroup2 ]] || mount -t cgroup -o "${controllers/name=/none,name=}" cgroup "$root$mount"
    fi
  done
elif [[ $cgroups == v2 && ! -e $root/sys/fs/cgroup/cgroup.controllers ]]; then
  umount --recursive "$root/sys/fs/cgroup"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
elif [[ $cgroups == v1 && -d $root/sys/fs/cgroup/unified ]]; then
  umount "$root/sys/fs/cgroup/unified"
fi
cd "$root"
pivot_root . old
cd "$repository"
umount --lazy /old
exec env --unset=NODE_EXTRA_CA_CERTS PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
