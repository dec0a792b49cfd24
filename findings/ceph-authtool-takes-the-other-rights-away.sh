#!/bin/sh
# ceph-authtool, which writes the keyrings of Ceph's clients (nova, cinder, glance), and a right that is added to a key.
# Versions: Ceph 16.2.15 (Debian 12); 20.2.4 does the same.
# Guess:    `--cap osd …` sets the right for that subsystem, as its manual says, and leaves the right for the monitors alone. An
#           imported keyring adds to the keys that are there.
# Seen:     all other rights are gone: `--cap osd` takes `caps mon` away. A key of the same name is replaced with its rights. No message, exit code 0.
# Matters:  a keyring that is imported into the cluster gives the client no access to the monitors: no guest has its disks.
# Anneal:   writes no keyrings.
# Short:    Ceph 16.2.15 (and 20.2.4) | `ceph-authtool --cap osd …` changes the right for that subsystem, as its manual says | all other rights of the key are gone; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files c/ceph/ceph-common_16.2.15+ds-0+deb12u2_amd64.deb c/ceph/librados2_16.2.15+ds-0+deb12u2_amd64.deb
LD_LIBRARY_PATH=$LD_LIBRARY_PATH:$LD_LIBRARY_PATH/ceph
guess 'mon and osd'

cd "$dir"
tool() { ceph-authtool "$@" >said 2>&1 && status=0 || status=$?; }
tool -C keyring --gen-key -n client.nova --cap mon 'profile rbd' --cap osd 'profile rbd pool=vms'
[ "$status" = 0 ] || skip "ceph-authtool does not run here: $(tail -n 1 said)"
rights() { sed -n 's/^.*caps \([a-z]*\) = /\1 /p' keyring | paste -sd ';' -; }
seen 'at first' 'mon "profile rbd";osd "profile rbd pool=vms"' "$(rights)"
tool keyring -n client.nova --cap osd 'profile rbd pool=vms, profile rbd-read-only pool=images'
seen 'after --cap osd' 'osd "profile rbd pool=vms, profile rbd-read-only pool=images"' "$(rights)"
seen 'exit code, bytes of a message' '0, 0' "$status, $(wc -c <said)"
tool -C other --gen-key -n client.nova --cap mgr 'profile rbd'
tool keyring --import-keyring other
seen 'after an import' 'mgr "profile rbd"' "$(rights)"
