#!/bin/sh
# Conditions of GRUB with a variable that is not set, and with numbers.
# Versions: GRUB 2.06 (Debian 12), run as grub-emu; 2.14 does the same.
# Guess:    with $u not set and not in quotes `[ $u ]` and `[ $u = x ]` are false, as in a shell, or an error.
# Seen:     both are true, and so is `[ $u != x ]`: a word that is left alone is a condition, and none at all holds. A number
#           that cannot be read is 0, with a message that nobody sees, and numbers have 32 bits: 4294967297 equals 1.
# Matters:  a menu for `if [ $saved_entry = rescue ]` is shown to everybody who never saved an entry. In quotes it is right.
# Anneal:   decides conditions as GRUB does (src/image/boot/grub/condition.ts).
# Short:    GRUB 2.06 (and 2.14) | `[ $u = x ]` is false where u is not set | `[ $u ]`, `[ $u = x ]` and `[ $u != x ]` are true; 4294967297 equals 1
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need grub-emu 2.06 grub-emu --version
need script util-linux script --version
guess 'no no no yes no no'

cd "$dir"
cat >grub.cfg <<'GRUB'
set pager=0
if [ $u ]; then echo "@1 yes"; else echo "@1 no"; fi
if [ $u = x ]; then echo "@2 yes"; else echo "@2 no"; fi
if [ $u != x ]; then echo "@3 yes"; else echo "@3 no"; fi
if [ "$u" != x ]; then echo "@4 yes"; else echo "@4 no"; fi
if [ "$u" = x ]; then echo "@5 yes"; else echo "@5 no"; fi
if [ word -eq 0 ]; then echo "@6 yes"; else echo "@6 no"; fi
if [ 4294967297 -eq 1 ]; then echo "@7 yes"; else echo "@7 no"; fi
echo end
exit
GRUB
script -qec "stty -echo raw cols 200 rows 60; exec timeout --foreground -s KILL 60 grub-emu -r host -d '$dir'" /dev/null </dev/null 2>&1 |
  tr '\r' '\n' >out || true
grep -q '^end' out || skip 'grub-emu does not run here'
said() { grep -ao "@$1 [a-z]*" out | cut -d' ' -f2; }
seen '[ $u ]' yes "$(said 1)"
seen '[ $u = x ]' yes "$(said 2)"
seen '[ $u != x ]' yes "$(said 3)"
seen '[ "$u" != x ]' yes "$(said 4)"
seen '[ "$u" = x ]' no "$(said 5)"
seen '[ word -eq 0 ]' yes "$(said 6)"
seen '[ 4294967297 -eq 1 ]' yes "$(said 7)"
