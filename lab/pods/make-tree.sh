#!/bin/bash
# Makes a root tree with the containerd, runc and crun of a Debian suite:
#
#     make-tree.sh SUITE DIRECTORY     writes DIRECTORY/root
#
# Needs root and mmdebstrap; ten seconds, and some 80 MB from Debian. The packages are unpacked and not configured: no service of
# theirs is to run. A mirror may be some weeks behind with sid: its signature counts, the date on it does not. MIRROR names
# another mirror than Debian's own.
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
suite=$1
root=$2/root
packages=(
  base-files base-passwd bash dash coreutils sed grep findutils util-linux mount procps tar gzip libc-bin jq libstdc++6
  containerd runc crun busybox-static systemd dbus
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
printf 'messagebus:x:100:106::/nonexistent:/usr/sbin/nologin\n' >>"$root/etc/passwd"
printf 'messagebus:x:106:\n' >>"$root/etc/group"
[[ -e $root/bin/sh ]] || ln -s dash "$root/bin/sh"
chroot "$root" /sbin/ldconfig
# containerd copies these into each pod.
printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
: >"$root/etc/resolv.conf"

# What a systemd that runs pods needs of its usual boot: the bus, by which it is asked for scopes. `systemd --unit=pods.target`.
units=$root/etc/systemd/system
mkdir -p "$units"
printf '[Unit]\nDefaultDependencies=no\nRequires=dbus.socket dbus.service\n' >"$units/pods.target"
printf '[Unit]\nDefaultDependencies=no\n[Socket]\nListenStream=/run/dbus/system_bus_socket\n' >"$units/dbus.socket"
cat >"$units/dbus.service" <<'UNIT'
[Unit]
DefaultDependencies=no
Requires=dbus.socket
[Service]
ExecStart=/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation --syslog-only
UNIT
