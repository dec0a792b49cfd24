#!/bin/sh
# 7-Zip takes an ISO image apart that has names for Linux (Rock Ridge) and for Windows (Joliet), as most live images do.
# Versions: 7-Zip 26.01 (Debian 12), genisoimage 1.1.11.
# Guess:    on Linux it takes Rock Ridge, as the kernel, bsdtar and xorriso do: links are links, programs can be run.
# Seen:     it takes Joliet: a symbolic link is an empty file, a program has mode 0644, a name of 80 characters has 64. No message, exit
#           code 0. Of an image with Rock Ridge alone all of it is right.
# Matters:  a live image that is taken apart to change it, or to serve it to machines that boot from the network, has no links any more.
#           Whether it is so depends on an option of who made the image.
# Anneal:   takes Rock Ridge where the image has it (src/formats/iso9660).
# Short:    7-Zip 26.01, genisoimage 1.1.11 | `7z x` of an ISO with Rock Ridge and Joliet takes Rock Ridge on Linux, as the kernel does | links are empty files, programs lose their x, long names are cut; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need genisoimage 1.1.11 genisoimage -version
debian_files '7/7zip/7zip_22.01+really26.01+dfsg-0+deb12u1_amd64.deb'
LD_LIBRARY_PATH=
guess 'the same of both images: a link to kernel-1, mode 755, 80 characters'

cd "$dir"
mkdir tree
echo kernel >tree/kernel-1
ln -s kernel-1 tree/vmlinuz
echo '#!/bin/sh' >tree/run
chmod 755 tree/run
: >"tree/$(printf 'n%.0s' $(seq 80))"
genisoimage -quiet -R -o rock.iso tree
genisoimage -quiet -R -J -o both.iso tree
for image in rock both; do
  7zz x -snld -y "-o$image" "$image.iso" >said && status=0 || status=$?
  seen "$image, exit code" 0 "$status"
  seen "$image, said" 'Everything is Ok' "$(grep Ok said)"
done
told() { echo "$(stat -c %F "$1/vmlinuz"), $(stat -c %a "$1/run"), $(basename "$1"/nn* | tr -d '\n' | wc -c)"; }
seen 'Rock Ridge alone: link, mode, length of the name' 'symbolic link, 755, 80' "$(told rock)"
seen 'with Joliet: link, mode, length of the name' 'regular empty file, 644, 64' "$(told both)"
