#!/bin/sh
# An image of two layers: the lower one has a file etc/conf (mode 0600), the upper one has etc/conf/a, and no entry for etc/conf.
# Versions: umoci 0.6.0 (Debian sid), umoci 0.4.7.
# Guess:    the directory etc/conf, which no layer names, is as other directories that no layer names: 0755, of root. Or the image
#           is refused, as 0.4.7 does.
# Seen:     the directory has the mode of the file that was there, 0600. A directory that takes no file's place has 0755.
# Matters:  nobody but root enters the directory, though no layer says so. Tools that add files without their directories make such layers.
# Anneal:   gives such a directory the mode 0755 and the owner 0:0, whatever was there.
# Short:    umoci 0.6.0 | a directory that no layer names has the mode 0755 where a lower layer has a file, too | it has the file's mode, 0600
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'root is needed'
need umoci 0.4.7 dpkg-query -W umoci
old=$(command -v umoci)
debian_files u/umoci/umoci_0.6.0+ds-1+b1_amd64.deb
guess '755 755, or a refusal (etc/conf, etc/other)'

cd "$dir"
mkdir -p lower/etc upper/etc/conf upper/etc/other
echo file >lower/etc/conf
chmod 0600 lower/etc/conf
echo a | tee upper/etc/conf/a >upper/etc/other/a
tar -C lower -cf lower.tar etc
tar -C upper -cf upper.tar etc/conf/a etc/other/a
"$old" init --layout oci
"$old" new --image oci:node
for layer in lower upper; do "$old" raw add-layer --image oci:node "$layer.tar" >>log 2>&1; done
if "$old" unpack --image oci:node old >log 2>&1; then said=unpacked; else said=refused; fi
seen 'by 0.4.7' refused "$said"
umoci unpack --image oci:node new >>log 2>&1
seen 'by 0.6.0' '600 755' "$(stat -c %a new/rootfs/etc/conf new/rootfs/etc/other | paste -sd ' ' -)"
