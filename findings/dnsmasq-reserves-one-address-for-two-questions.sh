#!/bin/sh
# OVMF boots by PXE over IPv6 from dnsmasq, once with an address that is reserved for its MAC address, once with one of a range.
# Versions: dnsmasq 2.90, OVMF 2022.11 (Debian 12). Started by QEMU 7.2.
# Guess:    both boot: DHCPv6 tells each the URL of its program.
# Seen:     with the reserved address OVMF never fetches the program. Router advertisements (which dnsmasq marks as managed) make its network stack ask for an
#           address, and PXE asks for another one, with an IAID of its own. dnsmasq offers the same address to both; who takes it second is told "no
#           addresses available", and asks again until it gives up. With a range it fetches.
# Matters:  a host reservation is how machines are known, and for IPv4 it works. Over IPv6 the server's log shows an offer with the right URL, and the machine
#           boots nothing.
# Anneal:   its conductor gives addresses of a range to the machines that it knows, over IPv6.
# Short:    dnsmasq 2.90, OVMF 2022.11 | PXE over IPv6 works with a reserved address, as over IPv4 | two parts of OVMF ask; dnsmasq offers one address to both and refuses it to the second: nothing is fetched; a range works
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

need dnsmasq 2.90 dnsmasq --version
need qemu-system-x86_64 7.2 qemu-system-x86_64 --version
export PATH
firmware=/usr/share/OVMF/OVMF_CODE_4M.fd
case $(dpkg-query -W -f '${Version}' ovmf 2>/dev/null) in
2022.11*) version 'ovmf 2022.11' ;;
*) skip 'ovmf 2022.11 is wanted' ;;
esac
[ "$(id -u)" = 0 ] || skip 'root is needed for a network namespace'
space=finding-pxe6-$$
ip netns add "$space" 2>/dev/null || skip 'no network namespace can be made here'
server=
trap 'kill $server 2>/dev/null || true; ip netns del "$space"; rm -rf "$dir"' EXIT
within() { ip netns exec "$space" "$@"; }
within ip link set lo up
within ip tuntap add machine mode tap 2>/dev/null || skip 'no tap interface can be made here'
within sysctl -qw net.ipv6.conf.machine.accept_dad=0
within ip link set machine up
within ip address add fd00:77::1/64 dev machine nodad
guess 'yes, yes'

cd "$dir"
chmod 755 "$dir"
mkdir tftp
echo 'no program: what counts is that it is fetched' >tftp/boot.efi
mac=52:54:00:99:06:01
# try RANGE HOST: whether the machine fetches its program.
try() {
  ip netns exec "$space" dnsmasq -k --conf-file=/dev/null --port=0 --pid-file= --user=root --interface=machine --bind-interfaces --log-dhcp --log-facility=- --leasefile-ro \
    --enable-ra --ra-param=machine,10 --dhcp-range="$1" --dhcp-host="$2" --dhcp-option='option6:59,tftp://[fd00:77::1]/boot.efi' --enable-tftp --tftp-root="$dir/tftp" >log 2>&1 &
  server=$!
  cp /usr/share/OVMF/OVMF_VARS_4M.fd vars.fd
  # Without IPv4, which it would try first.
  timeout 400 ip netns exec "$space" qemu-system-x86_64 -machine q35,accel=tcg -m 256 -display none -nodefaults -serial file:console \
    -drive "if=pflash,format=raw,readonly=on,file=$firmware" -drive if=pflash,format=raw,file=vars.fd -fw_cfg name=opt/org.tianocore/IPv4PXESupport,string=n \
    -netdev tap,id=n,ifname=machine,script=no,downscript=no -device "virtio-net-pci,netdev=n,mac=$mac,romfile=" >qemu.log 2>&1 &
  emulator=$!
  got=nothing
  for _ in $(seq 380); do
    if grep -q 'dnsmasq-tftp.*sent .*boot.efi' log; then got=yes; fi
    # It has repeated its request.
    if [ "$(grep -c 'DHCP[AR].*no addresses available' log)" -ge 4 ]; then got='no: no addresses available'; fi
    [ "$got" = nothing ] || break
    kill -0 $emulator 2>/dev/null || break
    sleep 1
  done
  kill $emulator $server 2>/dev/null || true
  wait $emulator $server 2>/dev/null || true
  echo "$got"
}
seen 'an address of a range: fetched' yes "$(try fd00:77::100,fd00:77::1ff,64,1h "$mac,set:known")"
seen 'a reserved address: fetched' 'no: no addresses available' "$(try fd00:77::,static,64,1h "$mac,[fd00:77::10]")"
