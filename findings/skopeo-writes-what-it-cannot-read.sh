#!/bin/sh
# skopeo and an OCI directory, copied to without a name, twice.
# Versions: skopeo 1.9.3, umoci 0.4.7 (Debian 12).
# Guess:    `skopeo copy … oci:DIR` for a second time puts the new image in the place of the old one, as it does with a name.
# Seen:     it adds the image and keeps the old one. Neither has a name, so `oci:DIR` is refused from now on: "more than one
#           image in oci, choose an image", and there is nothing to choose by. The copy itself ends with 0.
# Matters:  a build that writes to the same directory works once. The next reader fails, or takes the first of the list, which
#           is the old image.
# Anneal:   lists the images of such a directory, and reads each by its place: `oci:DIR:@1`.
# Short:    skopeo 1.9.3 | a second copy to `oci:DIR` replaces the first | both are there without a name, and `oci:DIR` is refused
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need umoci 0.4.7 umoci --version
debian_files s/skopeo/skopeo_1.9.3+ds1-1+b10_amd64.deb
guess 'one image, the second'

cd "$dir"
printf '{"default":[{"type":"insecureAcceptAnything"}]}' >policy.json
ask() { skopeo --policy policy.json "$@"; }
umoci init --layout from
for name in one two; do
  umoci new --image "from:$name"
  umoci config --image "from:$name" --config.env "NAME=$name"
done
ask copy -q oci:from:one oci:unnamed || skip 'skopeo does not run here'
seen 'read after the first copy' 0 "$(ask inspect oci:unnamed >log 2>&1 && echo 0 || echo $?)"
seen 'second copy' 0 "$(ask copy -q oci:from:two oci:unnamed >log 2>&1 && echo 0 || echo $?)"
seen 'images' 2 "$(grep -o '"digest"' unnamed/index.json | wc -l)"
seen 'read after the second copy' 'more than one image in oci, choose an image' "$(ask inspect oci:unnamed 2>&1 | grep -o 'more than one.*image' | head -n 1)"
ask copy -q oci:from:one oci:named:it && ask copy -q oci:from:two oci:named:it
seen 'read after two copies with a name' 'NAME=two' "$(ask inspect --config oci:named:it | grep -o 'NAME=[a-z]*' | head -n 1)"
