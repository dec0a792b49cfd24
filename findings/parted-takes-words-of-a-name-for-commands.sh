#!/bin/sh
# parted --script and a name of two words.
# Versions: parted 3.5 (Debian 12); 3.8 does the same. sfdisk 2.38 shows the table.
# Guess:    `parted -s disk name 1 'EFI system'` gives that name: the shell has made one argument of it; or an error.
# Seen:     parted joins its arguments and splits them again. The name is "EFI", the rest is the next command: where there is
#           none of that name, its help comes out and the exit code is 0; where there is one, it is done. A name within two kinds
#           of quotes ('"EFI system"') is right.
# Matters:  labels are how images and initramfs find partitions (PARTLABEL=). A deployment with such a label ends well, and the
#           machine does not find its disk.
# Anneal:   writes no partition tables.
# Short:    parted 3.5 (and 3.8) | `parted -s disk name 1 'EFI system'` gives that name | the name is "EFI", the rest is a command; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files p/parted/parted_3.5-3_amd64.deb p/parted/libparted2_3.5-3_amd64.deb
need sfdisk 2.38 sfdisk --version
guess 'EFI system, old rm 1'

cd "$dir"
truncate -s 32M disk
parted() { LD_LIBRARY_PATH=$(echo root/lib/*) root/sbin/parted -s disk "$@" >log 2>&1; }
parted mklabel gpt mkpart one 1MiB 10MiB mkpart two 10MiB 20MiB || skip "parted does not run here: $(tail -n 1 log)"
names() { sfdisk --dump disk | sed -n 's/.*name="\(.*\)".*/\1/p' | paste -sd , -; }
parted name 1 'EFI system' && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'names' EFI,two "$(names)"
parted name 1 '"EFI system"'
seen 'names, with quotes in quotes' 'EFI system,two' "$(names)"
parted name 2 'old rm 1' && status=0 || status=$?
seen 'a name with a command in it, exit code' 0 "$status"
seen 'names' old "$(names)"
