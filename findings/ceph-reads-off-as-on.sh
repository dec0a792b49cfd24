#!/bin/sh
# ceph.conf with `off` and `no`, with a unit of small letters, and with a hyphen in a name.
# Versions: Ceph 16.2.15 (Debian 12); 20.2.4 does the same.
# Guess:    off is off, 3g are 3 GiB and osd-max-backfills is osd_max_backfills, as on the command line; or an error.
# Seen:     the default, without a message and with exit code 0: `rbd_cache = off` is true, 3g, 3GiB and 1.5G of memory are 4 GiB, "5 minutes"
#           are 600 seconds. 3G and 3GB are 3 GiB. A name with a hyphen is another name; with spaces it counts. rbd says nothing either.
# Matters:  the cache that was switched off holds writes of a guest; each OSD takes a gibibyte more than the machine has for it.
# Anneal:   reads no ceph.conf.
# Short:    Ceph 16.2.15 (and 20.2.4) | `rbd_cache = off` in ceph.conf is off, `osd_memory_target = 3g` is 3 GiB, or an error | the default counts: on, and 4 GiB; osd-max-backfills is passed over; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files c/ceph/ceph-common_16.2.15+ds-0+deb12u2_amd64.deb c/ceph/ceph-base_16.2.15+ds-0+deb12u2_amd64.deb \
  c/ceph/librados2_16.2.15+ds-0+deb12u2_amd64.deb
LD_LIBRARY_PATH=$LD_LIBRARY_PATH:$LD_LIBRARY_PATH/ceph
guess 'what the line says, or an error'

cd "$dir"
# value LINE: what the option of that line is for an OSD.
value() {
  printf '[global]\n%s\n' "$1" >ceph.conf
  name=$(printf '%s\n' "$1" | sed 's/ *=.*//; s/[- ]/_/g')
  ceph-conf -c ceph.conf --name osd.0 --show-config-value "$name" >out 2>&1 && status=0 || status=$?
  echo "$status, $(cat out)"
}
ceph-conf --version >out 2>&1 || skip "ceph-conf does not run here: $(tail -n 1 out)"
seen 'rbd_cache = false' '0, false' "$(value 'rbd_cache = false')"
seen 'rbd_cache = 0' '0, false' "$(value 'rbd_cache = 0')"
seen 'rbd_cache = off' '0, true' "$(value 'rbd_cache = off')"
seen 'rbd_cache = no' '0, true' "$(value 'rbd_cache = no')"
seen 'osd_memory_target = 3G' '0, 3221225472' "$(value 'osd_memory_target = 3G')"
seen 'osd_memory_target = 3GB' '0, 3221225472' "$(value 'osd_memory_target = 3GB')"
seen 'osd_memory_target = 3g' '0, 4294967296' "$(value 'osd_memory_target = 3g')"
seen 'osd_memory_target = 3GiB' '0, 4294967296' "$(value 'osd_memory_target = 3GiB')"
seen 'mon_osd_down_out_interval = 5 minutes' '0, 600' "$(value 'mon_osd_down_out_interval = 5 minutes')"
seen 'osd max backfills = 4' '0, 4' "$(value 'osd max backfills = 4')"
seen 'osd-max-backfills = 4' '0, 1' "$(value 'osd-max-backfills = 4')"
