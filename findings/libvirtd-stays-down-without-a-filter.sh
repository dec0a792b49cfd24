#!/bin/sh
# libvirtd starts while a port is bound to a network filter that is not defined any more.
# Versions: libvirt 9.0.0 (Debian 12).
# Guess:    it starts and reports the filter, as it does for guests, networks and pools that it cannot read.
# Seen:     it ends, with 0, and starts again once the filter is defined.
# Matters:  filters lie in /etc/libvirt/nwfilter, bound ports in /run/libvirt/nwfilter-binding. A container of libvirt that shares the second with
#           its predecessor and not the first has no libvirt, for all guests of the node; Restart=on-failure does not start it again.
# Anneal:   refuses an upgrade that leaves a filter behind which a running guest uses.
# Short:    libvirt 9.0.0 | a filter that is missing for one port is reported at the start | libvirtd ends, with 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'needs root, for mounts and a network of its own'
command -v mmdebstrap >/dev/null || skip 'mmdebstrap is missing'
guess 'libvirtd starts'

mmdebstrap --quiet --variant=apt --include=libvirt-daemon,libvirt-clients,iproute2 bookworm "$dir/root" >"$dir/log" 2>&1 ||
  skip "mmdebstrap: $(tail -n 1 "$dir/log")"
version "libvirt-daemon $(chroot "$dir/root" dpkg-query --showformat '${Version}' --show libvirt-daemon)"
mkdir -p "$dir/root/var/log/libvirt"
# It wants a user of its own.
rm "$dir"/root/usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so
# Programs that set rules: what they do does not matter here.
for program in iptables ip6tables ebtables; do ln -sf /usr/bin/true "$dir/root/usr/sbin/$program"; done
cat >"$dir/root/filter.xml" <<XML
<filter name='mine' chain='root'><rule action='accept' direction='inout' priority='500'/></filter>
XML
cat >"$dir/root/port.xml" <<XML
<filterbinding><owner><name>vm</name><uuid>3f0a4c2e-5d52-4a0c-9b4f-0b4b0b6c1d11</uuid></owner><portdev name='port'/>
<mac address='52:54:00:00:00:01'/><filterref filter='mine'/></filterbinding>
XML
# Its processes end with the first one of their pid namespace.
cat >"$dir/inside" <<'END'
set -eu
dir=$1
mount -t proc proc "$dir/root/proc"
mount --rbind /dev "$dir/root/dev"
mount -t sysfs sysfs "$dir/root/sys"
mount -t tmpfs tmpfs "$dir/root/run"
in_root() { chroot "$dir/root" "$@"; }
virsh() { in_root virsh --quiet --connect nwfilter:///system "$@"; }
start() {
  chroot "$dir/root" libvirtd >"$dir/libvirtd.log" 2>&1 &
  daemon=$!
  for _ in $(seq 150); do
    # It answers for a moment before it ends.
    virsh uri >/dev/null 2>&1 && sleep 2 && virsh uri >/dev/null 2>&1 && return 0
    grep -q 'initialization failed' "$dir/libvirtd.log" && break
    sleep 0.2
  done
  wait "$daemon" && ended=0 || ended=$?
  return 1
}
stop() { kill "$daemon" && wait "$daemon" || true; }
in_root ip link add port type veth
start
virsh nwfilter-define /filter.xml
virsh nwfilter-binding-create /port.xml
stop
start
stop
mv "$dir/root/etc/libvirt/nwfilter/mine.xml" "$dir/mine.xml"
start && ended=no || true
echo "$ended" >"$dir/without"
grep -o "referenced filter 'mine' is missing" "$dir/libvirtd.log" | head -n 1 >"$dir/said" || true
mv "$dir/mine.xml" "$dir/root/etc/libvirt/nwfilter/mine.xml"
start && ended=no || true
echo "$ended" >"$dir/with"
END
unshare --mount --net --pid --fork --kill-child sh "$dir/inside" "$dir" >"$dir/log" 2>&1 || { tail -n 5 "$dir/log" "$dir/libvirtd.log" >&2; exit 1; }
seen 'libvirtd without the filter ends with' 0 "$(cat "$dir/without")"
seen 'its log' "referenced filter 'mine' is missing" "$(cat "$dir/said")"
seen 'libvirtd with the filter again ends with' no "$(cat "$dir/with")"
