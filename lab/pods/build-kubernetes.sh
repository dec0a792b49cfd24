#!/bin/bash
# Builds kubelet, kube-apiserver, kube-controller-manager and kube-scheduler from the source package of Debian 12 (1.20.2), which has
# all they need, and no package of theirs:
#
#     build-kubernetes.sh DIRECTORY     writes the four programs into DIRECTORY
#
# Needs golang-1.19-go, dpkg-dev and 4 GB of disk meanwhile; without clouds' and Docker's parts (providerless, dockerless). MIRROR
# names another mirror than that of the machine.
set -euo pipefail
export PATH=/usr/lib/go-1.19/bin:/usr/sbin:/usr/bin:/sbin:/bin
directory=$1
work=$directory/work
tree=$work/go/src/k8s.io/kubernetes
mkdir -p "$work/lists/partial" "$(dirname "$tree")"
sources=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | sort -u | grep -v security | head -n 1)
echo "deb-src ${MIRROR:-$sources} bookworm main" >"$work/sources.list"
options=(-q -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$work/lists"
  -o Acquire::Check-Valid-Until=false)
apt-get "${options[@]}" update
cd "$work"
apt-get "${options[@]}" --download-only source kubernetes
mkdir -p "$tree"
tar --extract --gzip --file kubernetes_*.orig.tar.gz --strip-components=1 --directory "$tree"
cd "$tree"
tar --extract --xz --file "$work"/kubernetes_*.debian.tar.xz
while read -r patch; do patch --quiet -p1 <"debian/patches/$patch"; done < <(grep -v '^#' debian/patches/series)

export GOPATH=$work/go GO111MODULE=off CGO_ENABLED=0 GOFLAGS='' GOCACHE=$work/cache
# The apiserver's description of its own API is generated, and not in the source.
go build -o "$work/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
annotated() { grep -rl --include='*.go' '+k8s:openapi-gen=' "$@" | grep -v -e _test.go -e /testdata/ -e code-generator -e sample-apiserver -e kube-openapi; }
mapfile -t packages < <({ annotated cmd pkg; annotated vendor/k8s.io/*/; } | xargs -n1 dirname | sed 's,//,/,g; s,^,k8s.io/kubernetes/,' | LC_ALL=C sort -u)
"$work/openapi-gen" --logtostderr -i "$(IFS=,; echo "${packages[*]}")" -p k8s.io/kubernetes/pkg/generated/openapi -O zz_generated.openapi \
  -h vendor/k8s.io/code-generator/hack/boilerplate.go.txt -r "$work/violations"
version=k8s.io/component-base/version client=k8s.io/client-go/pkg/version
flags="-s -w"
for package in $version $client; do
  flags+=" -X $package.gitVersion=v1.20.2 -X $package.gitMajor=1 -X $package.gitMinor=20"
done
for program in kubelet kube-apiserver kube-controller-manager kube-scheduler; do
  go build -tags providerless,dockerless -ldflags "$flags" -o "$directory/$program" "./cmd/$program"
done
chmod -R u+w "$work"
rm -rf "$work"
