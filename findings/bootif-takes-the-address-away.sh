#!/bin/sh
# ip= and BOOTIF= on one kernel command line, read by the newest systemd.
# Versions: systemd 262.1 (Debian sid); that of Debian 13, 257.13, does not know BOOTIF= yet.
# Guess:    `ip=dhcp BOOTIF=01-52-54-00-12-34-56`, as PXELINUX's `IPAPPEND 2` makes it, sets up the interface of that address by
#           DHCP, as NetworkManager's generator does. So does a static address.
# Seen:     systemd-network-generator writes a network for that interface, without DHCP. Of a static address only the gateway
#           is left. `rd.bootif=0` brings both back; 257 sets up every interface. No message, exit code 0.
# Matters:  a machine that booted over the network for years has no address in its initramfs after an update of its image.
# Anneal:   asks for network-manager or network-legacy in the initramfs of a live image that is fetched.
# Short:    systemd 262.1 | `ip=dhcp BOOTIF=…`, as PXELINUX makes it, is DHCP on that interface | no DHCP; of a static address the gateway alone is left
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(uname -m)" = x86_64 ] || skip 'the packages are for x86-64'
debian_files s/systemd/systemd_262.1-1_amd64.deb s/systemd/libsystemd-shared_262.1-1_amd64.deb g/glibc/libc6_2.43-7_amd64.deb
unset LD_LIBRARY_PATH
guess 'DHCP=ipv4 and 192.168.0.2/24'

cd "$dir"
libraries=root/usr/lib/x86_64-linux-gnu
# networks ARGUMENT...: what is written for them, file by file, on one line.
networks() {
  rm -rf out && mkdir out
  "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries:$libraries/systemd" root/usr/lib/systemd/systemd-network-generator \
    --root out -- "$@" 2>log || skip "systemd-network-generator does not run here: $(tail -n 1 log)"
  grep -hE '^(MACAddress|Kind|DHCP|Address|Gateway)=' out/run/systemd/network/* | paste -sd ' ' -
}
bootif=BOOTIF=01-52-54-00-12-34-56
seen 'ip=dhcp alone' 'Kind=!* DHCP=ipv4' "$(networks ip=dhcp)"
seen 'ip=dhcp and BOOTIF' 'MACAddress=52:54:00:12:34:56' "$(networks ip=dhcp "$bootif")"
seen 'message' '' "$(cat log)"
seen 'a static address and BOOTIF' 'MACAddress=52:54:00:12:34:56 Gateway=192.168.0.1' "$(networks ip=192.168.0.2::192.168.0.1:24:::none "$bootif")"
seen 'ip=dhcp, BOOTIF and rd.bootif=0' 'Kind=!* DHCP=ipv4' "$(networks ip=dhcp "$bootif" rd.bootif=0)"
