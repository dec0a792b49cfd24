#!/bin/sh
# The words of a script of iPXE.
# Versions: iPXE 1.0.0+git-20190125 (Debian 12); 2.0.0 does the same. Started by QEMU 7.2.
# Guess:    as in the shell that its `&&`, `||` and `;` come from: quotes keep words together and are taken away, `a; b` are two
#           commands, and what is behind a # is a comment or not, wherever it stands.
# Seen:     quotes are part of the word, and blanks between them become one. `a; b` is one command: "1; set z 2" is the value. A word that
#           begins with # ends the line: `set password #secret` removes the password. A # inside of a word stays. No error.
# Matters:  `iseq "${x}" uefi` is never true, a script of two commands on a line does the first alone, and a password with # at its
#           start is none.
# Anneal:   writes one command a line, without quotes.
# Short:    iPXE 1.0.0 (and 2.0.0) | words of a script are read as by a shell | quotes are part of the word, `a; b` is one command, a word `#x` ends the line; no error
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

guess 'same, two  words, [1] [2], set'

cat >"$dir/script" <<'IPXE'
#!ipxe
set a "uefi"
iseq ${a} uefi && echo T1=same= || echo T1=differ=
set b "two   words"
echo T2=${b}=
set x 1
isset ${x} && set y 1; set z 2
echo T3=[${y}] [${z}]=
set password #secret
isset ${password} && echo T4=set= || echo T4=not set=
set password sec#ret
echo T5=${password}=
echo T6=end=
sleep 3
reboot
IPXE
run_ipxe_script
[ "$(said T6)" = end ] || skip "iPXE does not run here: $(tail -n 1 "$dir/out")"
seen '"uefi" and uefi' differ "$(said T1)"
seen 'a value in quotes' '"two words"' "$(said T2)"
seen 'y and z after `set y 1; set z 2`' '[1; set z 2] []' "$(said T3)"
seen 'a password that begins with #' 'not set' "$(said T4)"
seen 'one with # inside' 'sec#ret' "$(said T5)"
