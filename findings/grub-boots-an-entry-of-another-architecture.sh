#!/bin/sh
# Entries of the Boot Loader Specification, in the menu that GRUB 2.14 makes of them by its own `blscfg`.
# Versions: GRUB 2.14-4 (Debian sid), run as grub-emu.
# Guess:    the order is the specification's: an entry for another architecture is none, one whose attempts
#           are used up is last, and of one sort key the highest version is first.
# Seen:     the order is that of the file names, from the last to the first, and nothing else counts: the default is the entry for
#           aarch64, then comes the one that failed three times, then the oldest kernel.
# Matters:  a disk with /boot/loader/entries boots another kernel after its loader is exchanged; a machine that fell back from a bad
#           kernel boots it again.
# Anneal:   orders such a menu by the file names, as this GRUB does.
# Short:    GRUB 2.14 | `blscfg` orders entries as the specification says | by file names: first the one for aarch64, then the one that failed, then the oldest
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

command -v script >/dev/null || skip 'script is missing'
plain=$PATH
debian_files g/grub2/grub-emu_2.14-4_amd64.deb g/glibc/libc6_2.43-7_amd64.deb l/lvm2/libdevmapper1.02.1_1.02.205-2+b2_amd64.deb \
  libs/libselinux/libselinux1_3.11-2.1+b1_amd64.deb p/pcre2/libpcre2-8-0_10.49-1_amd64.deb s/systemd/libudev1_262.1-1_amd64.deb \
  libc/libcap2/libcap2_2.78-1+b1_amd64.deb z/zlib/zlib1g_1.3.dfsg+really1.3.2-4_amd64.deb
PATH=$plain LD_LIBRARY_PATH=
guess 'new, old, failed'

cd "$dir"
mkdir -p esp/loader/entries x86_64-emu
libraries=$(echo root/usr/lib/*-linux-gnu)
# grub-emu is linked with a library for windows that it does not ask without one: any library does in its place.
cp "$libraries/libz.so.1" "$libraries/libSDL2-2.0.so.0"
cp root/usr/lib/grub/x86_64-emu/blsuki.mod x86_64-emu/
echo kernel >esp/linux
entry() { printf 'title %s\nversion %s\nsort-key debian\nlinux /linux\n%s' "$2" "$3" "${4:-}" >"esp/loader/entries/$1.conf"; }
entry a new 6.12.0
entry b old 6.1.0
entry c+0-3 failed 6.13.0
entry d arm 6.14.0 "architecture aa64
"
title() {
  printf '%s\n' 'set timeout=0' "set default=$1" "blscfg --path (host)$dir/esp/loader/entries" >grub.cfg
  : >screen
  script -qfec "stty cols 200 rows 60; exec timeout --foreground -s KILL 30 $libraries/ld-linux-x86-64.so.2 --library-path $libraries root/usr/bin/grub-emu -r host -d $dir" \
    /dev/null </dev/null >screen 2>&1 &
  run=$!
  for _ in $(seq 100); do
    grep -aq "Booting .*'" screen && break
    kill -0 "$run" 2>/dev/null || break
    sleep 0.2
  done
  kill "$run" 2>/dev/null || true
  wait "$run" 2>/dev/null || true
  sed -n "s/.*Booting \`\([a-z]*\)'.*/\1/p" screen | head -n 1
}
first=$(title 0)
[ -n "$first" ] || skip "grub-emu does not run here: $(tail -n 1 screen)"
seen 'default of GRUB' arm "$first"
seen 'second' failed "$(title 1)"
seen 'third' old "$(title 2)"
