# The interface that the machine booted from gets its address by DHCP, or by router advertisements of IPv6; without BOOTIF, the first that is given one.

interfaces() {
  local path
  for path in /sys/class/net/*; do
    # Cards: no loopback, bridge or tunnel.
    [ -e $path/device ] && echo ${path##*/}
  done
}

# The interface of BOOTIF=01-52-54-00-77-01-01
boot_interface() {
  local wanted name
  wanted=$(echo "${bootif#*-}" | tr 'A-Z-' 'a-z:')
  for name in $(interfaces); do
    get /sys/class/net/$name/address
    if [ "$got" = "$wanted" ]; then
      echo $name
      return
    fi
  done
}

# The first address of IPv6 that is not local to the link, once no other host has it.
global_address() {
  ip -6 addr show dev $1 scope global | sed -n '/tentative/d; s|^ *inet6 \([^/]*\)/.*|\1|p' | head -n 1
}

bring_up_network() {
  local name names waited=0
  ip link set lo up
  while :; do
    for name in $(interfaces); do ip link set $name up 2>/dev/null; done
    if [ -n "$bootif" ]; then names=$(boot_interface); else names=$(interfaces); fi
    [ -z "$names" ] || break
    [ $waited -lt 60 ] || give_up "there is no network card${bootif:+ with the address of BOOTIF=$bootif}"
    waited=$((waited + 1))
    sleep 0.5
  done
  waited=$(now)
  say "asks for an address through" $names
  while :; do
    for name in $names; do
      get /sys/class/net/$name/carrier
      if [ "$got" != 1 ]; then
        sleep 0.1
        continue
      fi
      case $url in
      *://\[*)
        # Over IPv6 the kernel makes an address out of the prefix that a router advertises.
        address=$(global_address $name)
        if [ -n "$address" ]; then
          interface=$name
          say "has $address on $interface"
          return
        fi
        sleep 0.5
        continue
        ;;
      esac
      if busybox udhcpc -i $name -f -q -n -t 4 -T 1 -s /usr/lib/anneal/udhcpc >$run/dhcp.log 2>&1; then
        interface=$name
        address=$(cat $run/address)
        say "has $address on $interface"
        return
      fi
    done
    [ $(($(now) - waited)) -lt $retry_limit ] || give_up "no DHCP server (IPv4) or router (IPv6) answers since $retry_limit s"
  done
}
