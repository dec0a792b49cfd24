#!/bin/sh
# mkfs.btrfs --rootdir of a directory, one of whose files has a second name outside of it.
# Versions: btrfs-progs 6.2 (Debian 12). 7.3 (sid) is right.
# Guess:    the file has one name in the new file system, as mke2fs -d makes it.
# Seen:     it has one name and a count of 2. mkfs.btrfs ends with 0; `btrfs check` of the same package finds "errors found in fs roots" in
#           the fresh file system, and fails.
# Matters:  trees of builds (ostree, ccache, package caches, `cp -l`) have names elsewhere as a rule: their images have errors from the start.
# Anneal:   makes no btrfs.
# Short:    btrfs-progs 6.2 (not 7.3) | `mkfs.btrfs --rootdir` of a file with a second name outside the tree counts one name | it counts 2, exit code 0; `btrfs check` finds errors in the fresh file system
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need mkfs.btrfs 'v6.2' mkfs.btrfs --version
guess 'no errors, 1'

cd "$dir"
mkdir tree
echo x >tree/file
made() {
  truncate -s 128M image
  mkfs.btrfs -q --rootdir tree image >log 2>&1 || skip "mkfs.btrfs does not run here: $(tail -n 1 log)"
  btrfs check image >said 2>&1 && status=0 || status=$?
  count=$(btrfs inspect-internal dump-tree -t 5 image | grep -A 3 'item .*INODE_ITEM' | grep -o 'mode 100644 links [0-9]*')
  rm image
  echo "check ends with $status, $count"
}
seen 'one name' 'check ends with 0, mode 100644 links 1' "$(made)"
ln tree/file elsewhere
seen 'a second one outside' 'check ends with 1, mode 100644 links 2' "$(made)"
