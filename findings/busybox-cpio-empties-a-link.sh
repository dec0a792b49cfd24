#!/bin/sh
# Two symbolic links that are one inode, as in a checkout of ostree, in an initramfs that BusyBox packs.
# Versions: BusyBox 1.35.0 (Debian 12), cpio 2.13; 1.37.0 does the same.
# Guess:    both links have their target, as of GNU cpio, which packs it twice.
# Seen:     one is packed with its target, and the other with none: a link to "". GNU cpio and the kernel do not make it.
#           BusyBox's exit code is 0. A file with two names is right.
# Matters:  what the link leads to is not there at boot: /init, /bin or a library, by the order of the names.
# Anneal:   packs each name by itself, with its content.
# Short:    BusyBox 1.35.0 (and 1.37.0), cpio 2.13 | `busybox cpio -o -H newc` keeps two names of one symbolic link | one leads to "" and is not unpacked; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need busybox 1.35.0 busybox
need cpio 2.13 cpio --version
guess 'one:target two:target'

cd "$dir"
mkdir tree
echo init >tree/target
ln -s target tree/one
ln tree/one tree/two
[ "$(stat -c %h tree/one)" = 2 ] || skip 'a symbolic link has one name here'
links() { (cd "$1" && for name in one two; do printf '%s:%s ' "$name" "$(readlink "$name" || echo missing)"; done); }
for by in busybox gnu; do
  case $by in busybox) program='busybox cpio' ;; *) program=cpio ;; esac
  (cd tree && printf '%s\n' . target one two | $program -o -H newc) >"$by.cpio" 2>log && status=0 || status=$?
  seen "exit code of $program" 0 "$status"
  mkdir "$by"
  (cd "$by" && cpio -idm <"../$by.cpio" 2>>../log) || true
done
seen 'links by GNU cpio' 'one:target two:target ' "$(links gnu)"
seen 'links by BusyBox' 'one:target two:missing ' "$(links busybox)"
