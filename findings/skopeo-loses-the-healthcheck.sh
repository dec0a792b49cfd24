#!/bin/sh
# An image in Docker's format, whose Dockerfile had HEALTHCHECK, ONBUILD and SHELL, is copied into an OCI directory by skopeo.
# Versions: skopeo 1.9.3 (Debian 12); 1.22.0 does the same.
# Guess:    the configuration stays as it is, since both formats have the same shape and Docker runs health checks of OCI images; or
#           skopeo says what it leaves out, as Buildah does where it builds such an image.
# Seen:     Healthcheck, OnBuild, Shell and StopTimeout are gone, and the image has another ID. No message, exit code 0.
# Matters:  a mirror or an offline copy of a service's image never becomes "healthy"; what waits for that waits for ever or not at all.
# Anneal:   pins images by digest, and takes health checks from the release's Compose file.
# Short:    skopeo 1.9.3 (and 1.22.0) | a copy of a Docker image to `oci:DIR` keeps its HEALTHCHECK, or says that it is left out | HEALTHCHECK, ONBUILD, SHELL and the stop timeout are gone; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need skopeo 1.9.3 skopeo --version
command -v jq >/dev/null || skip 'jq is missing'
guess 'all keys are there'

cd "$dir"
digest() { sha256sum "$1" | cut -d ' ' -f 1; }
mkdir image
echo hello >file
tar -cf layer file
layer=$(digest layer)
cp layer "image/$layer"
cat >config <<JSON
{"architecture":"amd64","os":"linux","created":"2026-01-01T00:00:00Z","history":[{"created_by":"example"}],
 "config":{"Cmd":["/service"],"Healthcheck":{"Test":["CMD","/service","check"],"Interval":30000000000},"OnBuild":["RUN true"],
           "Shell":["/bin/bash","-c"],"StopSignal":"SIGINT","StopTimeout":30},
 "rootfs":{"type":"layers","diff_ids":["sha256:$layer"]}}
JSON
config=$(digest config)
cp config "image/$config"
cat >image/manifest.json <<JSON
{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",
 "config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":$(stat -c %s config),"digest":"sha256:$config"},
 "layers":[{"mediaType":"application/vnd.docker.image.rootfs.diff.tar","size":$(stat -c %s layer),"digest":"sha256:$layer"}]}
JSON
printf 'Directory Transport Version: 1.1' >image/version

skopeo copy --insecure-policy dir:image oci:copy:1 >log 2>&1 && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'messages' 0 "$(grep -ciE 'warn|healthcheck|ignor|support|drop' log || true)"
keys() { jq -c '.config | keys' "$1"; }
seen 'before' '["Cmd","Healthcheck","OnBuild","Shell","StopSignal","StopTimeout"]' "$(keys config)"
manifest=$(jq -r '.manifests[0].digest' copy/index.json | cut -d : -f 2)
copied=$(jq -r .config.digest "copy/blobs/sha256/$manifest" | cut -d : -f 2)
seen 'after' '["Cmd","StopSignal"]' "$(keys "copy/blobs/sha256/$copied")"
