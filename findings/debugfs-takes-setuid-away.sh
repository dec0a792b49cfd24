#!/bin/sh
# Taking a tree out of an ext4 image with debugfs, as root.
# Versions: e2fsprogs 1.47.0 (Debian 12).
# Guess:    `rdump` gives each file the owner and the mode that it has in the image.
# Seen:     the owner and the nine bits for reading, writing and executing. setuid, setgid and the sticky bit are gone, a file
#           with two names becomes two files, extended attributes (capabilities) are gone. No message, exit code 0.
# Matters:  rdump is the usual way to get a root file system out of an image without mounting it. In the copy sudo and passwd
#           do not work for users, and /tmp lets everybody delete everybody's files.
# Anneal:   reads ext4 itself, with all bits, links and attributes.
# Short:    e2fsprogs 1.47.0 | `rdump` as root keeps owners and modes | setuid, setgid, sticky bit and hard links are gone; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need debugfs 1.47.0 debugfs -V
need mke2fs 1.47.0 mke2fs -V
[ "$(id -u)" = 0 ] || skip 'debugfs gives files to their owners for root only'
guess '4755 and 1777'

cd "$dir"
mkdir tree out
mkdir -m 1777 tree/tmp
mkdir -m 2775 tree/group
echo program >tree/sudo
ln tree/sudo tree/sudoedit
chown 0:33 tree/sudo
chmod 4755 tree/sudo
truncate -s 16M image
mke2fs -q -t ext4 -d tree image
in_image() { debugfs -R "stat $1" image 2>/dev/null | sed -n 's/.*Mode:  *\([0-7]*\).*/\1/p'; }
seen 'mode of /sudo in the image' 04755 "$(in_image /sudo)"
debugfs -R 'rdump / out' image >log 2>&1 && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'messages' 0 "$(grep -vc '^debugfs ' log || true)"
seen 'owner of /sudo' 0:33 "$(stat -c %u:%g out/sudo)"
seen 'mode of /sudo' 755 "$(stat -c %a out/sudo)"
seen 'mode of /tmp' 777 "$(stat -c %a out/tmp)"
seen 'mode of /group' 775 "$(stat -c %a out/group)"
seen 'names of /sudo' 1 "$(stat -c %h out/sudo)"
