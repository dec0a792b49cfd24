#!/bin/sh
# A repository with a name of one letter, for crane (and all that is built on go-containerregistry).
# Versions: crane 0.20.7 (Debian sid); skopeo 1.9.3 for comparison.
# Guess:    "registry.example/a:1" is a name: the distribution specification asks for one letter or digit at least, and Docker,
#           Podman and skopeo take it.
# Seen:     "could not parse reference", without a reason: the repository must have two characters behind the registry. "a/b" is
#           taken.
# Matters:  an image that one tool pushed cannot be copied, signed or looked at by another.
# Anneal:   takes names of one letter.
# Short:    crane 0.20.7 | `registry.example/a:1` is a name, as for Docker, Podman and skopeo | "could not parse reference": two characters are wanted
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(uname -m)" = x86_64 ] || skip 'the packages are for x86-64'
debian_files g/go-containerregistry/crane_0.20.7+ds1-5_amd64.deb s/skopeo/skopeo_1.9.3+ds1-1+b10_amd64.deb
need tar 'GNU tar' tar --version
guess 'an archive for each name'

cd "$dir"
echo text >file
tar -cf layer.tar file
made() {
  rm -f out.tar
  crane append -f layer.tar -t "$1" -o out.tar >log 2>&1 || true
  if [ -e out.tar ]; then echo yes; else sed -n 's/.*\(could not parse reference\).*/\1/p' log; fi
}
crane version >log 2>&1 || skip "crane does not run here: $(tail -n 1 log)"
seen 'registry.example/ab:1' yes "$(made registry.example/ab:1)"
seen 'registry.example/a/b:1' yes "$(made registry.example/a/b:1)"
seen 'registry.example/a:1' 'could not parse reference' "$(made registry.example/a:1)"
crane append -f layer.tar -t registry.example/ab:1 -o from.tar >log 2>&1
printf '{"default":[{"type":"insecureAcceptAnything"}]}' >policy.json
skopeo --policy policy.json copy docker-archive:from.tar docker-archive:to.tar:registry.example/a:1 >log 2>&1 && status=0 || status=$?
seen 'registry.example/a:1 by skopeo, exit code' 0 "$status"
