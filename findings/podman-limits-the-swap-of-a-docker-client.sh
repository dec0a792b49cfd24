#!/bin/sh
# A container with a limit of memory and none of swap, made through Docker's API of Podman.
# Versions: Podman 4.3.1 of Debian 12, as root, its storage in a folder of its own.
# Guess:    `MemorySwap: -1` is swap without a limit, as Docker's API says and as `podman create --memory-swap -1` makes it.
# Seen:     the container may have twice its memory, as where nothing was said of swap. No warning.
# Matters:  what a client of Docker deploys on both engines is killed on one of them, when the machine has swap to spare.
# Anneal:   refuses limits of swap in a release (`memswap_limit`).
# Short:    Podman 4.3.1 | `MemorySwap: -1` through Docker's API is swap without a limit | it is twice the memory, as where nothing was said
set -eu
dir=$(mktemp -d)
service=
trap '[ -z "$service" ] || kill "$service" 2>/dev/null; rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'needs root'
need podman 4.3.1 podman --version
for program in curl jq tar; do command -v "$program" >/dev/null || skip "$program is missing"; done
guess '1 GiB of memory, no limit of swap'

cd "$dir"
podman() { command podman --root "$dir/storage" --runroot "$dir/run" --tmpdir "$dir/tmp" --storage-driver vfs "$@"; }
mkdir -p tree/bin
tar -C tree -cf tree.tar .
podman import tree.tar example:1 >import.log 2>&1 || skip "podman does not import an image here: $(tail -n 1 import.log)"
command podman --root "$dir/storage" --runroot "$dir/run" --tmpdir "$dir/tmp" --storage-driver vfs \
  system service --time 0 "unix://$dir/socket" >service.log 2>&1 &
service=$!
tries=0
until curl --silent --unix-socket socket http://d/_ping >/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || skip "podman does not serve here: $(tail -n 1 service.log)"
  sleep 0.3
done
created() {
  curl --silent --unix-socket socket --header 'Content-Type: application/json' \
    --data "{\"Image\": \"example:1\", \"Cmd\": [\"x\"], \"HostConfig\": $2}" "http://d/v1.41/containers/create?name=$1" >/dev/null
  curl --silent --unix-socket socket "http://d/v1.41/containers/$1/json" | jq --compact-output '[.HostConfig.Memory, .HostConfig.MemorySwap]'
}
GIB=1073741824
seen 'nothing said of swap' "[$GIB,$((2 * GIB))]" "$(created unsaid "{\"Memory\": $GIB}")"
seen 'MemorySwap of 3 GiB' "[$GIB,$((3 * GIB))]" "$(created three "{\"Memory\": $GIB, \"MemorySwap\": $((3 * GIB))}")"
seen 'MemorySwap of -1' "[$GIB,$((2 * GIB))]" "$(created open "{\"Memory\": $GIB, \"MemorySwap\": -1}")"
podman create --name own --memory 1g --memory-swap -1 example:1 x >/dev/null
seen 'podman create --memory-swap -1' "[$GIB,0]" "$(podman inspect own | jq --compact-output '[.[0].HostConfig.Memory, .[0].HostConfig.MemorySwap]')"
