#!/bin/sh
# mke2fs -d: a file system made from a directory.
# Versions: e2fsprogs 1.47.0 (Debian 12); the same with 1.47.2 and 1.47.4.
# Guess:    the root of the file system gets the mode, owner and time of the directory that it is made from, as every
#           directory below does.
# Seen:     the root is 0755 of root, made now; owner and mode of the directories below are kept.
# Matters:  a volume for /var/lib/nova (owner nova, 0750) or a scratch disk (1777) made this way is not writable for whom it is meant.
#           -E root_owner sets the owner; nothing sets the mode.
# Anneal:   makes no file systems from directories outside of its tests.
# Short:    e2fsprogs 1.47.0 | `mke2fs -d` gives the root the directory's mode and owner | the root is 0755 of root; directories below keep theirs
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need mke2fs 1.47.0 mke2fs -V
guess '0700 for the root, as for the directory below'

cd "$dir"
mkdir -p from/below
chmod 0700 from/below from
touch -d 2001-01-01 from/below from
mke2fs -q -t ext4 -d from volume 8M >/dev/null
mode() { debugfs -R "stat $1" volume 2>/dev/null | sed -n 's/.*Mode:  \([0-7]*\).*/\1/p'; }
year() { debugfs -R "stat $1" volume 2>/dev/null | sed -n 's/.*mtime: .* \([0-9]*\)$/\1/p'; }
seen 'mode of the directory below' 0700 "$(mode /below)"
seen 'mode of the root' 0755 "$(mode /)"
seen 'year of the directory below' 2001 "$(year /below)"
[ "$(year /)" = 2001 ] && root=2001 || root=now
seen 'year of the root' now "$root"
