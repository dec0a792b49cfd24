#!/bin/sh
# casync extract of a file or disk image over an older one that is longer.
# Versions: casync 2+20201210 (Debian 12).
# Guess:    the file is afterwards the one that was made: casync prints its digest, and extract exists to update what is there.
# Seen:     it has the new contents, and behind them the end of the older file. Exit code 0, no message; the digest is another one.
# Matters:  updates of images by chunks (casync, and what is built like it) go from a larger to a smaller image, too. The checksum is
#           wrong, a GPT is looked for at the wrong end, an archive or an initrd goes on with the older one.
# Anneal:   writes whole images, and compares the checksum of what it wrote.
# Short:    casync 2+20201210 | `casync extract` over an older file gives the new one | the end of the longer, older file is behind it; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(uname -m)" = x86_64 ] || skip 'the packages are for x86-64'
debian_files c/casync/casync_2+20201210-1+b1_amd64.deb
guess 'new'

cd "$dir"
printf 'new' >new
printf 'old one, and longer' >disk
made=$(casync make new.caibx new --store=store 2>log) || skip "casync does not run here: $(tail -n 1 log)"
casync extract new.caibx disk --store=store >log 2>&1 && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'message' '' "$(cat log)"
seen 'the file' 'new one, and longer' "$(cat disk)"
casync extract new.caibx fresh --store=store
seen 'a file that was not there before' new "$(cat fresh)"
[ "$made" = "$(casync digest disk)" ] && same=yes || same=no
seen 'its digest is the one that was made' no "$same"
