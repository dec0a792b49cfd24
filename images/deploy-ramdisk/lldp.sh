# What switches say of themselves by LLDP. They say it when a link comes up, and then every 30 seconds; tcpdump waits for the first
# frame on each card, while the machine does something else.

# Seconds since the start of the machine until which it is waited for; 0: what was heard by then counts.
lldp_until=0
lldp_helpers=

# listen_lldp CARD …
listen_lldp() {
  local name
  for name in "$@"; do
    ip link set $name up 2>/dev/null
    tcpdump -i $name -c 1 -s 1600 -w $run/lldp.$name -Q in ether proto 0x88cc >/dev/null 2>&1 &
    lldp_helpers="$lldp_helpers $!"
  done
}

# Until all cards with a carrier have heard something, or the time is over.
wait_for_lldp() {
  local name missing
  while [ $(now) -lt $lldp_until ]; do
    missing=
    for name in "$@"; do
      get /sys/class/net/$name/carrier
      [ "$got" != 1 ] || [ -n "$(lldp_of $name)" ] || missing=$name
    done
    [ -n "$missing" ] || break
    sleep 1
  done
}

stop_lldp() {
  [ -z "$lldp_helpers" ] || kill $lldp_helpers 2>/dev/null
  lldp_helpers=
}

# lldp_of CARD: the frame, in hexadecimal, behind the headers of the file (24 bytes) and of its first packet (16 bytes).
lldp_of() {
  [ ! -s $run/lldp.$1 ] || tail -c +41 $run/lldp.$1 | hexdump -v -e '1/1 "%02x"'
}
