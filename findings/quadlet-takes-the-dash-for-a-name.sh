#!/bin/sh
# A quadlet's EnvironmentFile= that need not be there.
# Versions: Podman 5.4.2 (Debian 13; 5.8.6 does the same); the generator needs nothing else of it.
# Guess:    `EnvironmentFile=-/etc/default/libvirt` is read if it is there, as in the [Service] section of the same file, and as
#           AddDevice=-/dev/kvm in [Container]: the dash says so.
# Seen:     the dash is the first letter of a file's name, beside the unit: --env-file …/units/-/etc/default/libvirt. The
#           generator says nothing; Podman will not find the file, and the container does not start. AddDevice= is as guessed.
# Matters:  a unit that is moved from a service to a container starts no more, on each host, with or without the file.
# Anneal:   takes releases from Compose files, where `required: false` says it; of a quadlet it reads who starts which container.
# Short:    Podman 5.4.2 (and 5.8.6) | `EnvironmentFile=-/etc/default/x` need not be there, as for systemd | the file `-/etc/default/x` beside the unit; no warning
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files p/podman/podman_5.4.2+ds1-2+b2_amd64.deb
unset LD_LIBRARY_PATH
guess 'EnvironmentFile: left out, or as it is for systemd; no --device'

cd "$dir"
mkdir units
cat >units/libvirt.container <<'UNIT'
[Container]
Image=registry.example/libvirt:1
EnvironmentFile=-/etc/default/libvirt
AddDevice=-/dev/no-such-device
[Service]
EnvironmentFile=-/etc/default/libvirt
UNIT
QUADLET_UNIT_DIRS=$dir/units root/usr/libexec/podman/quadlet -dryrun >out 2>log && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'warnings' 0 "$(grep -ciE 'warn|error|invalid' log || true)"
command=$(grep '^ExecStart=' out)
seen 'file' '--env-file …/units/-/etc/default/libvirt' "$(echo "$command" | grep -o -- '--env-file [^ ]*' | sed "s,$dir,…,")"
seen 'device' no "$(echo "$command" | grep -q -- --device && echo yes || echo no)"
