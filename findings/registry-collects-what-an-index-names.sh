#!/bin/sh
# Garbage collection of a registry that holds images for two architectures.
# Versions: docker-registry 2.8.2 (Debian 12), skopeo 1.9.3.
# Guess:    `garbage-collect --delete-untagged` keeps what a tagged index (manifest list) names.
# Seen:     the index stays, and the manifests and layers of its architectures are deleted: they have no tag of their own. The
#           tag is still listed; a pull ends with "manifest unknown". Without --delete-untagged all stays.
# Matters:  a release pinned by digest cannot be pulled any more, on the day when a node needs it.
# Anneal:   pulls every image before it touches a node, and keeps the release before for a rollback without a pull.
# Short:    docker-registry 2.8.2 | `garbage-collect --delete-untagged` keeps what a tagged index names | the manifests of its architectures are deleted; the tag stays
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

need skopeo 1.9.3 skopeo --version
command -v python3 >/dev/null || skip 'python3 is missing'
start_registry
guess 'the image of either architecture can still be pulled'

cat >"$dir/make.py" <<'PY'
import hashlib, io, json, os, sys, tarfile
root = sys.argv[1]
os.makedirs(f'{root}/blobs/sha256')
def blob(data):
    name = hashlib.sha256(data).hexdigest()
    with open(f'{root}/blobs/sha256/{name}', 'wb') as file:
        file.write(data)
    return {'digest': f'sha256:{name}', 'size': len(data)}
def document(value):
    return blob(json.dumps(value).encode())
oci = 'application/vnd.oci.image'
manifests = []
for architecture in ['amd64', 'arm64']:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode='w') as archive:
        entry = tarfile.TarInfo('architecture')
        entry.size = len(architecture)
        archive.addfile(entry, io.BytesIO(architecture.encode()))
    layer = blob(stream.getvalue())
    config = document({'architecture': architecture, 'os': 'linux', 'config': {}, 'rootfs': {'type': 'layers', 'diff_ids': [layer['digest']]}})
    manifest = document({'schemaVersion': 2, 'mediaType': f'{oci}.manifest.v1+json', 'config': {'mediaType': f'{oci}.config.v1+json', **config},
                         'layers': [{'mediaType': f'{oci}.layer.v1.tar', **layer}]})
    manifests.append({'mediaType': f'{oci}.manifest.v1+json', **manifest, 'platform': {'architecture': architecture, 'os': 'linux'}})
index = document({'schemaVersion': 2, 'mediaType': f'{oci}.index.v1+json', 'manifests': manifests})
for name, value in {
    'index.json': {'schemaVersion': 2, 'manifests': [{'mediaType': f'{oci}.index.v1+json', **index, 'annotations': {'org.opencontainers.image.ref.name': 'v1'}}]},
    'oci-layout': {'imageLayoutVersion': '1.0.0'},
}.items():
    with open(f'{root}/{name}', 'w') as file:
        json.dump(value, file)
PY
python3 "$dir/make.py" "$dir/image"
collect() {
  stop_registry
  docker-registry garbage-collect "$@" "$dir/registry.yml" >"$dir/collected" 2>&1
  start_registry
}
pull() { # ARCHITECTURE
  rm -rf "$dir/pulled"
  skopeo copy -q --src-tls-verify=false --override-arch "$1" "docker://127.0.0.1:$port/node:v1" "dir:$dir/pulled" >"$dir/said" 2>&1 && echo pulled && return
  grep -o 'manifest unknown' "$dir/said" | head -n 1
}
skopeo copy -q --all --dest-tls-verify=false "oci:$dir/image:v1" "docker://127.0.0.1:$port/node:v1"
collect
seen 'amd64, collected' pulled "$(pull amd64)"
collect --delete-untagged
seen 'tags behind --delete-untagged' v1 "$(skopeo list-tags --tls-verify=false "docker://127.0.0.1:$port/node" | tr -d ' \n' | sed 's/.*\["\(.*\)"\].*/\1/')"
seen 'amd64' 'manifest unknown' "$(pull amd64)"
seen 'arm64' 'manifest unknown' "$(pull arm64)"
