#!/bin/sh
# Two partitions of a GPT whose names have 45 characters, and differ at their end, as names with an image, a version and a purpose do.
# Versions: util-linux 2.38, gdisk 1.0.9, parted 3.5 (Debian 12).
# Guess:    a GPT holds names of 36 characters (72 bytes): a longer one is refused, or a message says that it is cut.
# Seen:     sfdisk and sgdisk cut it, and say nothing; `sfdisk --part-label` says that it has changed the name to the short one; exit code 0. Both
#           partitions have the same name. parted cuts it, too.
# Matters:  root=PARTLABEL= of one name finds either partition, and of the whole name none.
# Anneal:   writes short names.
# Short:    util-linux 2.38, gdisk 1.0.9, parted 3.5 | a partition's name of more than 36 characters, which a GPT cannot hold, is refused | it is cut, so that two names are the same; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need sfdisk 2.38 sfdisk --version
need sgdisk 1.0.9 sgdisk --version
plain=$PATH
debian_files p/parted/parted_3.5-3_amd64.deb p/parted/libparted2_3.5-3_amd64.deb
parted() { PATH=$dir/root/sbin:$dir/root/usr/sbin:$PATH LD_LIBRARY_PATH=$(echo "$dir"/root/lib/*-linux-gnu) command parted "$@"; }
PATH=$plain LD_LIBRARY_PATH=
guess 'an error, or two names'

cd "$dir"
name=hypervisor-2026.11.30-amd64-usr-verity-
one=${name}first
two=${name}other
names() { sfdisk --dump "$1" | sed -n 's/.*name="\(.*\)".*/\1/p' | sort -u | paste -sd ' '; }
truncate -s 16M by-sfdisk by-sgdisk by-parted
printf 'label: gpt\nsize=1M, name="%s"\nsize=1M, name="%s"\n' "$one" "$two" | sfdisk -q by-sfdisk >said 2>&1 && status=0 || status=$?
seen 'sfdisk: exit code, messages' '0, ' "$status, $(cat said)"
seen 'sfdisk: names' "$(echo "$name" | cut -c 1-36)" "$(names by-sfdisk)"
sgdisk -n 1:0:+1M -c "1:$one" -n 2:0:+1M -c "2:$two" by-sgdisk >said 2>&1 && status=0 || status=$?
seen 'sgdisk: exit code, messages of a name' '0, ' "$status, $(grep -i name said || true)"
seen 'sgdisk: names' "$(echo "$name" | cut -c 1-36)" "$(names by-sgdisk)"
parted -s by-parted mklabel gpt mkpart "$one" 1MiB 2MiB mkpart "$two" 2MiB 3MiB >said 2>&1 && status=0 || status=$?
seen 'parted: exit code' 0 "$status"
seen 'parted: names' "$(echo "$name" | cut -c 1-36)" "$(names by-parted)"
