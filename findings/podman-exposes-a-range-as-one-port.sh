#!/bin/sh
# EXPOSE with a range of ports, built by Podman.
# Versions: Podman 4.3.1 (Debian 12); Buildah 1.43.2 does the same. Docker 20.10.24 writes each port.
# Guess:    `EXPOSE 90-92 5000-5001/udp` is five ports of the image: by OCI's image specification a key of ExposedPorts is
#           port/tcp, port/udp or port.
# Seen:     it has the two keys "90-92/tcp" and "5000-5001/udp". Podman itself reads them when it makes a container.
# Matters:  Docker takes the image, and containers of it have ports that are no numbers. Proxies and tools that look for the
#           port of a container (90/tcp) do not find it in images of Podman, and find it in those of Docker.
# Anneal:   publishes no ports by what an image exposes.
# Short:    Podman 4.3.1 (and Buildah 1.43.2) | `EXPOSE 90-92` is three ports of the image, as by Docker | one port "90-92/tcp", which OCI’s specification does not have
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need podman 'version 4.3.1' podman --version
need jq jq- jq --version
[ "$(id -u)" = 0 ] || skip 'needs root, for storage of its own'
guess '5000/udp 5001/udp 80/tcp 90/tcp 91/tcp 92/tcp'

cd "$dir"
mkdir context
echo text >context/file
printf '%s\n' 'FROM scratch' 'COPY file /file' 'EXPOSE 80 90-92 5000-5001/udp' >context/Containerfile
own_podman build --quiet --tag localhost/example:1 context >log 2>&1 || skip "podman does not build here: $(tail -n 1 log)"
ports() { jq -r '.[0].Config.ExposedPorts | keys | join(" ")'; }
seen 'ports of the image' '5000-5001/udp 80/tcp 90-92/tcp' "$(own_podman image inspect localhost/example:1 | ports)"
own_podman save --format oci-dir --output out localhost/example:1 >log 2>&1
configuration=$(grep -l ExposedPorts out/blobs/sha256/* out/* 2>/dev/null | head -n 1)
seen 'ports in its configuration, by OCI' '5000-5001/udp 80/tcp 90-92/tcp' \
  "$(jq -r '.config.ExposedPorts | keys | join(" ")' "$configuration")"
