#!/bin/sh
# mkcomposefs makes an image of a directory in which a file has two names.
# Versions: composefs 1.0.8 (sid).
# Guess:    the image has one file with two names, as mkfs.erofs makes it of the same directory: the image is EROFS, and the dump format of
#           composefs has a sign for a second name.
# Seen:     two files, each with one name, as the dump of the image says. No message, exit code 0. Of a dump with the sign it makes one file.
# Matters:  what writes by one name and reads by the other, as git and package databases do, finds two files after an upper layer is mounted;
#           `tar` and `rsync -H` of the mounted system copy twice.
# Anneal:   makes no composefs image.
# Short:    composefs 1.0.8 | `mkcomposefs directory` keeps two names of one file, which its dump format has a sign for | they are two files; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(uname -m)" = x86_64 ] || skip 'the packages are those for x86-64'
plain=$PATH
debian_files c/composefs/composefs_1.0.8-3_amd64.deb c/composefs/libcomposefs1_1.0.8-3_amd64.deb \
  o/openssl/libssl3t64_3.5.9-1~deb13u1_amd64.deb g/glibc/libc6_2.41-12+deb13u5_amd64.deb
PATH=$plain
unset LD_LIBRARY_PATH
guess 'one file with 2 names'

cd "$dir"
mkdir tree store
printf 'the file' >tree/one
ln tree/one tree/two
own_libc mkcomposefs --digest-store=store tree image && status=0 || status=$?
[ -s image ] || skip "mkcomposefs does not run here: $(tail -n 1 log)"
seen 'exit code' 0 "$status"
seen 'messages' '' "$(cat log)"
own_libc composefs-info dump image
cp log dump
seen 'names of each file, in the image' '/one 1, /two 1' "$(awk '$1 != "/" { printf "%s%s %s", sep, $1, $4; sep = ", " }' dump)"

# The same, said in a dump: the mode of the second name begins with @, and what follows names the first.
{
  awk '$1 == "/" || $1 == "/one" { if ($1 == "/one") $4 = 2; print }' dump
  printf '/two 0 @100644 0 0 0 0 0.0 /one - -\n'
} >told
own_libc mkcomposefs --from-file told second || skip "mkcomposefs does not read the dump: $(tail -n 1 log)"
own_libc composefs-info dump second
seen 'names of the file, from a dump' '/one 2, /two @' "$(awk '$1 != "/" { printf "%s%s %s", sep, $1, ($3 ~ /^@/ ? "@" : $4); sep = ", " }' log)"
