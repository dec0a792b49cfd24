#!/bin/sh
# btrfs restore, which takes files out of a file system that is not mounted, with all its options: metadata, links, attributes.
# Versions: btrfs-progs 6.2 (Debian 12); 7.3 (sid) does the same.
# Guess:    what it cannot give back it names, or it ends with another code than 0.
# Seen:     devices, pipes and sockets are left out, two names of one file become two files, and fractions of seconds are lost. No message,
#           exit code 0.
# Matters:  a tree that is rescued or taken out of an image this way is not the tree, and nothing says so.
# Anneal:   reads btrfs itself, with all of them.
# Short:    btrfs-progs 6.2 (and 7.3) | `btrfs restore -m -S -x` gives back all files, or names what it leaves out | devices, pipes and sockets are missing, two names are two files; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need mkfs.btrfs 'v6.2' mkfs.btrfs --version
[ "$(id -u)" = 0 ] || skip 'root is needed'
guess 'file link name null pipe, the same inode of file and name'

cd "$dir"
mkdir tree out
echo x >tree/file
ln tree/file tree/name
ln -s file tree/link
mkfifo tree/pipe
mknod tree/null c 1 3 2>log || skip "no device node can be made here: $(cat log)"
truncate -s 128M image
mkfs.btrfs -q --rootdir tree image >log 2>&1 || skip "mkfs.btrfs does not run here: $(tail -n 1 log)"
kinds() { btrfs inspect-internal dump-tree -t 5 image | grep -A 1 'item .*DIR_INDEX' | sed -n 's/.*type \([A-Z]*\)$/\1/p' | sort | paste -sd ' '; }
seen 'in the image' 'CHRDEV FIFO FILE FILE SYMLINK' "$(kinds)"
btrfs restore -m -S -x image out >said 2>&1 && status=0 || status=$?
seen 'exit code, messages' '0, ' "$status, $(cat said)"
seen 'given back' 'file link name' "$(cd out && echo *)"
seen 'names of the file' 1 "$(stat -c %h out/file)"
