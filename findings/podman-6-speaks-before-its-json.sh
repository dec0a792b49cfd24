#!/bin/sh
# The first command of Podman 6 after the reboot of a host whose containers an older Podman recorded, in BoltDB.
# Versions: Podman 4.3.1 (Debian 12), Podman 6.1.1 (Debian's experimental).
# Guess:    the records are moved to SQLite, and what is said of that is on stderr: `--format json` prints JSON.
# Seen:     a line "Old database has been renamed to …" is on stdout, before the JSON. stderr is empty, exit code 0.
# Matters:  whatever asks first at boot, a unit's script or a monitoring agent, reads no JSON; by hand, later, it is right.
# Anneal:   asks Podman by its service, whose stdout it does not read.
# Short:    Podman 6.1.1, after 4.3.1 | the first `podman … --format json` after an upgrade to Podman 6 and a reboot prints JSON | a line about the old database comes before it, on stdout
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need podman ' 4.3.1' podman --version
[ "$(id -u)" = 0 ] || skip 'needs root: Podman 6 wants cgroup v2 mounted'
command -v jq >/dev/null || skip 'jq is missing'
plain=$PATH
debian_files \
  g/glibc/libc6_2.43-7_amd64.deb \
  g/gpgme1.0/libgpgme45_2.2.0-2_amd64.deb \
  liba/libassuan/libassuan9_3.0.2-2+b2_amd64.deb \
  libg/libgpg-error/libgpg-error0_1.61-5_amd64.deb \
  libs/libseccomp/libseccomp2_2.6.1-1+b2_amd64.deb \
  n/netavark/netavark_2.0.0-1_amd64.deb \
  p/podman/podman_6.1.1+ds1-1+b1_amd64.deb \
  s/shadow/libsubid6_4.20.3-1_amd64.deb \
  s/sqlite3/libsqlite3-0_3.53.4-2_amd64.deb
PATH=$plain LD_LIBRARY_PATH=
guess 'JSON'

cd "$dir"
printf '[engine]\nlock_type = "file"\nhelper_binaries_dir = ["%s"]\n' "$dir/root/usr/lib/podman" >containers.conf
export CONTAINERS_CONF="$dir/containers.conf"
# own PODMAN... COMMAND: it has storage of its own. A reboot empties "$dir/run".
own() {
  command=$1
  shift
  "$@" --root "$dir/storage" --runroot "$dir/run" --tmpdir "$dir/run/libpod" --storage-driver vfs --cgroup-manager cgroupfs --events-backend none \
    volume $command >out 2>err && status=0 || status=$?
}
six() {
  libraries=$dir/root/usr/lib/x86_64-linux-gnu
  own 'ls --format json' unshare --mount sh -euc 'mount -t cgroup2 cgroup2 /sys/fs/cgroup; exec "$@"' sh \
    "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries:/usr/lib/x86_64-linux-gnu" "$dir/root/usr/bin/podman"
  jq -r '.[].Name' <out >names 2>jq.log && json="JSON with $(cat names)" || json='no JSON'
  echo "$status, $json, $(wc -c <err) bytes on stderr"
}
own 'create one' podman
[ "$status" = 0 ] || skip "podman makes no volume here: $(tail -n 1 err)"
own 'ls --format json' podman
seen 'Podman 4.3.1' one "$(jq -r '.[].Name' <out)"
rm -rf run
seen 'Podman 6.1.1' '0, no JSON, 0 bytes on stderr' "$(six)"
seen 'the first line' 'Old database has been renamed' "$(head -n 1 out | cut -c 1-29)"
seen 'Podman 6.1.1, again' '0, JSON with one, 0 bytes on stderr' "$(six)"
