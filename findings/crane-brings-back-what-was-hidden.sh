#!/bin/sh
# crane export: "Export filesystem of a container image as a tarball".
# Versions: crane 0.20.7 (Debian sid); skopeo 1.9.3 and umoci 0.4.7 for comparison.
# Guess:    a file of a lower layer is gone where an upper layer marks its directory as opaque (`.wh..wh..opq`), as OCI's
#           specification of layers says.
# Seen:     it is in the archive. A file that is hidden by its own name (`.wh.NAME`) is gone. Exit code 0, no message.
# Matters:  a Dockerfile that removes a directory and makes it again has such a mark. A root file system for a disk, a ramdisk or
#           PXE that is made with crane has the old configuration files again; `podman run` of the image does not.
# Anneal:   reads the layers itself, and hides what an opaque directory hides.
# Short:    crane 0.20.7 | `crane export` leaves out what an opaque directory hides | files of lower layers are there again; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(uname -m)" = x86_64 ] || skip 'the packages are for x86-64'
debian_files g/go-containerregistry/crane_0.20.7+ds1-5_amd64.deb
need skopeo 'version 1.9.3' skopeo --version
need umoci 'version 0.4.7' umoci --version
need tar 'GNU tar' tar --version
guess 'etc/service has new.conf alone'

cd "$dir"
mkdir -p lower/etc/service upper/etc/service
echo old >lower/etc/service/old.conf
echo gone >lower/gone
echo new >upper/etc/service/new.conf
: >upper/etc/service/.wh..wh..opq
: >upper/.wh.gone
tar -C lower -cf lower.tar etc gone
tar -C upper -cf upper.tar etc .wh.gone
crane append -f lower.tar -f upper.tar -t registry.example/system:1 -o image.tar >log 2>&1 || skip "crane does not run here: $(tail -n 1 log)"
crane export - - <image.tar >root.tar 2>log && status=0 || status=$?
seen 'exit code of export' 0 "$status"
seen 'message' '' "$(cat log)"
seen 'files of export' 'etc/service/new.conf etc/service/old.conf' "$(tar -tf root.tar | grep -v '/$' | grep -vx -e etc -e etc/service | sort | paste -sd ' ' -)"
printf '{"default":[{"type":"insecureAcceptAnything"}]}' >policy.json
LD_LIBRARY_PATH='' skopeo --policy policy.json copy docker-archive:image.tar oci:image:1 >log 2>&1
umoci raw unpack --rootless --image image:1 bundle >log 2>&1 || skip "umoci does not run here: $(tail -n 1 log)"
seen 'files by skopeo and umoci' 'etc/service/new.conf' "$(cd bundle && find . -type f | sed 's,^\./,,' | sort | paste -sd ' ' -)"
