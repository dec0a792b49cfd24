#!/bin/bash
# What a kubelet takes for a machine of its own; called in namespaces that somebody has made for it (mount, pid, network, UTS):
#
#     for-kubelet.sh PROGRAM [ARGUMENT…]
#
# A kubelet sets flags of the kernel, which has no namespace for them: it finds each as it wants it, in a file that lies over the
# kernel's. It wants an address that is not loopback's, and a route.
set -euo pipefail
mount -t proc proc /proc
values=$(mktemp -d)
mount -t tmpfs tmpfs "$values"
while read -r flag value; do
  file=$values/${flag//\//.}
  echo "$value" >"$file"
  mount --bind "$file" "/proc/sys/$flag"
done <<'FLAGS'
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
FLAGS
umount --lazy "$values"
rmdir "$values"
ip link set lo up
ip link add name kube0 type veth peer name kube1
ip address add 192.0.2.1/24 dev kube0
ip link set kube0 up
ip link set kube1 up
ip route add default via 192.0.2.254
exec "$@"
