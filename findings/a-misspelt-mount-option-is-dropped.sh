#!/bin/sh
# An option of a bind mount in config.json that does not exist: `readonly`, where runc's word is `ro`.
# Versions: runc 1.1.5 (Debian 12); crun 1.8.1 does the same, runc 1.3.6 refuses it.
# Guess:    the runtime refuses it: on a tmpfs it does, since the kernel knows no such option.
# Seen:     the container starts, without a message, and its mount is writable. The kernel ignores what it is told beside a bind.
# Matters:  `readonly` is the word of `docker run --mount` and of /etc/fstab's readers; in a bundle made by hand or by a script
#           it lets the container write to the host's directory.
# Anneal:   has Docker and Podman write config.json.
# Short:    runc 1.1.5 (crun 1.8.1) | the option `readonly` of a bind mount is refused | the container starts, and the mount is writable; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need runc 1.1.5 runc --version
need jq jq- jq --version
[ "$(id -u)" = 0 ] || skip 'runc needs root'
busybox=$(command -v busybox) || skip 'busybox is missing'
guess 'an error, or a mount that cannot be written to'

cd "$dir"
mkdir -p rootfs/bin rootfs/proc rootfs/dev rootfs/sys host state
cp "$busybox" rootfs/bin/busybox
runc spec
mv config.json plain.json
# contained OPTION: starts a container with that option of its bind mount, which writes there.
contained() {
  rm -f host/written
  jq --arg source "$dir/host" --arg option "$1" '.process.terminal = false
    | .process.args = ["/bin/busybox", "touch", "/host/written"]
    | .mounts += [{destination: "/host", type: "bind", source: $source, options: ["bind", $option]}]' plain.json >config.json
  runc --root "$dir/state" run "finding-$$" >log 2>&1 || true
  [ -e host/written ] && echo yes || echo no
}
[ "$(contained rw)" = yes ] || skip "runc does not run containers here: $(tail -n 1 log)"
seen 'written, with the option ro' no "$(contained ro)"
seen 'written, with the option readonly' yes "$(contained readonly)"
seen 'message' '' "$(cat log)"
