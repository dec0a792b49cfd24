#!/bin/sh
# An installation image with a checksum of its own (implantisomd5), of which the end is damaged, or missing.
# Versions: isomd5sum 1.2.3 (Debian 13) with its libc, xorriso 1.5.4 makes the image.
# Guess:    checkisomd5 finds a damaged file and an image that is 30000 bytes shorter: that is what it is for.
# Seen:     "The media check is complete, the result is: PASS", exit code 0, for both: the last 30 KiB are not looked at.
#           A file that lies there, as of an image without padding, is another one.
# Matters:  a download that broke off, or an image whose end was overwritten, passes the check that `rd.live.check` does at boot.
# Anneal:   compares digests of whole images.
# Short:    isomd5sum 1.2.3, xorriso 1.5.4 | checkisomd5 finds a damaged file at the end of an image, and a missing end | "PASS", exit code 0: the last 30 KiB are not looked at
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need xorriso 1.5.4 xorriso --version
debian_files i/isomd5sum/isomd5sum_1.2.3-5+b8_amd64.deb p/popt/libpopt0_1.19+dfsg-2_amd64.deb g/glibc/libc6_2.41-12+deb13u5_amd64.deb
unset LD_LIBRARY_PATH
guess 'PASS, FAIL, FAIL'

cd "$dir"
mkdir tree
yes a | head -c 3000000 >tree/a
yes z | head -c 300000 >tree/z
xorriso -as mkisofs -quiet -R -no-pad -o image tree 2>/dev/null
own_libc implantisomd5 image || skip "implantisomd5 does not run here: $(tail -n 1 log)"
check() {
  own_libc checkisomd5 "$1" </dev/null && status=0 || status=$?
  printf '%s %s' "$status" "$(grep -o 'result is: [A-Z]*' log)"
}
seen 'whole' '0 result is: PASS' "$(check image)"
cp image cut
truncate -s -30000 cut
seen '30000 bytes shorter' '0 result is: PASS' "$(check cut)"
cp image damaged
printf other | dd of=damaged bs=1 seek=$(($(stat -c %s damaged) - 20000)) conv=notrunc status=none
xorriso -indev damaged -osirrox on -extract /z z 2>/dev/null
seen 'a file in it is damaged' 'damaged' "$(cmp -s z tree/z && echo whole || echo damaged)"
seen 'and is checked' '0 result is: PASS' "$(check damaged)"
printf other | dd of=damaged bs=1 seek=$(($(stat -c %s damaged) - 200000)) conv=notrunc status=none
seen 'damaged further ahead' '1 result is: FAIL' "$(check damaged)"
