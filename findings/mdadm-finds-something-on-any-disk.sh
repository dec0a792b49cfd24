#!/bin/sh
# `mdadm --examine` of a disk that has a partition table and was never part of an array.
# Versions: mdadm 4.2 (Debian 12); 4.6 does the same.
# Guess:    exit code 1, as for an empty disk: "No md superblock detected".
# Seen:     the four entries of the MBR, and exit code 0. With --export there is no output, and exit code 0.
# Matters:  `mdadm --examine "$disk" && ...` takes every disk with a partition table for a member of an array. GPT disks have an MBR, too.
# Anneal:   reads the superblock itself, and calls no mdadm.
# Short:    mdadm 4.2 (and 4.6) | `mdadm --examine` fails for a disk that is no part of an array | exit code 0 for each disk with a partition table
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files m/mdadm/mdadm_4.2-5_amd64.deb
PATH=$dir/root/sbin:$PATH:/usr/sbin:/sbin
command -v sfdisk >/dev/null || skip 'sfdisk is missing'
guess '1, whether there is a partition table or not'

cd "$dir"
truncate -s 64M disk
examine() {
  status=0
  mdadm --examine "$@" disk >said 2>&1 || status=$?
  echo "$status, $(wc -l <said) lines"
}
seen 'an empty disk' '1, 1 lines' "$(examine)"
echo 'size=10M' | sfdisk -q --label dos disk
seen 'an MBR with a partition' '0, 3 lines' "$(examine)"
seen 'the same, --export' '0, 0 lines' "$(examine --export)"
echo 'size=10M' | sfdisk -q --label gpt disk
seen 'a GPT' '0, 3 lines' "$(examine)"
