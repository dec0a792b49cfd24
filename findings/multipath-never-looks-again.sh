#!/bin/sh
# A polling_interval with a unit in multipath.conf, and a dev_loss_tmo with one.
# Versions: multipath-tools 0.9.4 (Debian 12).
# Guess:    a wrong value is refused with a message, and the default counts, as for failback or max_polling_interval.
# Seen:     polling_interval 5m: a message, and the interval is 4294967294 seconds in place of 5, which is 136 years. dev_loss_tmo 10m: 10
#           seconds, no message, though 5m of fast_io_fail_tmo is refused.
# Matters:  the daemon starts and finds no path that failed or came back.
# Anneal:   writes no multipath.conf; it reads disks of images, and a machine's paths are its kernel's.
# Short:    multipath-tools 0.9.4 | a wrong `polling_interval 5m` leaves the default of 5 seconds, and `dev_loss_tmo 10m` is refused | after a message it is 4294967294 seconds; 10m is 10 seconds, no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'needs root, for mounts of its own'
debian_files l/lvm2/libdevmapper1.02.1_1.02.185-2_amd64.deb m/multipath-tools/multipath-tools_0.9.4-3+deb12u2_amd64.deb libu/liburcu/liburcu8_0.13.2-1_amd64.deb liba/libaio/libaio1_0.3.113-4_amd64.deb
guess 'a message and 5; a message and infinity'

cd "$dir"
LD_LIBRARY_PATH=$dir/root/lib:$dir/root/lib/x86_64-linux-gnu:$dir/root/usr/lib/x86_64-linux-gnu
export LD_LIBRARY_PATH
# of SETTING VALUE: what multipath says of it, and what counts then.
of() {
  mkdir -p etc
  printf 'defaults {\n  %s %s\n}\n' "$1" "$2" >etc/multipath.conf
  unshare --mount sh -euc 'cp -a /etc/passwd /etc/group /etc/nsswitch.conf etc; mount --bind etc /etc; root/sbin/multipath -t' >out 2>err || skip "multipath does not run here: $(tail -n 1 err)"
  echo "$(sed -n "s/^\t$1 //p" out), $(grep -c invalid err || true) messages"
}
seen 'polling_interval 5' '5, 0 messages' "$(of polling_interval 5)"
seen 'polling_interval 5m' '4294967294, 1 messages' "$(of polling_interval 5m)"
seen 'max_polling_interval 1m' '20, 1 messages' "$(of max_polling_interval 1m)"
seen 'dev_loss_tmo 10m' '10, 0 messages' "$(of dev_loss_tmo 10m)"
seen 'fast_io_fail_tmo 5m' '5, 1 messages' "$(of fast_io_fail_tmo 5m)"
