#!/bin/sh
# A tree with a private key, a setuid program and a sticky directory in an ISO image that bsdtar writes.
# Versions: libarchive 3.6.2 (Debian 12); 3.8.10 does the same.
# Guess:    Rock Ridge, which is on by default and holds permissions as the manual says, has the modes of the tree, as of xorriso.
# Seen:     a file of 0600 is 0444, a directory of 0700 is 0555, setuid and the sticky bit are gone; owners are kept. Exit code 0.
#           The value `rockridge=strict`, which the manual does not name, keeps the modes.
# Matters:  a config drive or a root file system on such an image shows its keys to each user of the machine, sshd refuses them, and su
#           and sudo do not work.
# Anneal:   makes config drives by genisoimage or xorriso.
# Short:    libarchive 3.6.2 (and 3.8.10) | `bsdtar --format=iso9660` keeps modes, as its manual says of Rock Ridge | 0600 is 0444, 0700 is 0555, 4755 is 0555; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need bsdtar 'bsdtar 3.6.2' bsdtar --version
need xorriso 1.5.4 xorriso --version
guess '-rw------- drwx------ -rwsr-xr-x drwxrwxrwt'

cd "$dir"
mkdir tree tree/root tree/tmp
echo key >tree/key
echo su >tree/su
chmod 600 tree/key
chmod 700 tree/root
chmod 4755 tree/su
chmod 1777 tree/tmp
modes() {
  bsdtar -tvf "$1" >list
  for name in key root su tmp; do sed -n "s,^\\([^ ]*\\) .* $name\$,\\1,p" list; done | paste -sd ' ' -
}
bsdtar --format=iso9660 -cf image -C tree . 2>log && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'modes' '-r--r--r-- dr-xr-xr-x -r-xr-xr-x dr-xr-xr-x' "$(modes image)"
bsdtar --format=iso9660 --options rockridge=strict -cf strict -C tree . 2>>log
seen 'with rockridge=strict' '-rw------- drwx------ -rwsr-xr-x drwxrwxrwt' "$(modes strict)"
xorriso -as mkisofs -quiet -R -o by-xorriso tree 2>>log
seen 'by xorriso' '-rw------- drwx------ -rwsr-xr-x drwxrwxrwt' "$(modes by-xorriso)"
