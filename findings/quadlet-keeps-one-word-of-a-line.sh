#!/bin/sh
# A quadlet's Environment= and Label= with a value of two words, and a variable in Exec=.
# Versions: Podman 5.4.2 (Debian 13); the generator needs nothing else of it.
# Guess:    `Environment=OPTS=--listen --verbose` gives both words, or an error, as `podman run --env` or systemd would;
#           "$OPTS" in Exec= is the container's variable.
# Seen:     the container gets OPTS=--listen; the second word is gone, and the generator says nothing. Label= does the same.
#           Exec= goes into ExecStart= as it is, where systemd replaces $OPTS by its own variable, which is not set.
# Matters:  a service whose last option is missing starts, and does something else than its unit says.
# Anneal:   takes releases from Compose files; of a quadlet it reads who starts which container.
# Short:    Podman 5.4.2 | `Environment=OPTS=--listen --verbose` gives both words, or an error | the second word is gone, without a warning
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files p/podman/podman_5.4.2+ds1-2+b2_amd64.deb
unset LD_LIBRARY_PATH
guess '--env "OPTS=--listen --verbose"'

cd "$dir"
mkdir units
cat >units/libvirt.container <<'UNIT'
[Container]
Image=registry.example/libvirt:1
Environment=OPTS=--listen --verbose
Environment="QUOTED=--listen --verbose"
Label=role=libvirt of the node
Exec=sh -c "exec libvirtd $OPTS"
UNIT
QUADLET_UNIT_DIRS=$dir/units root/usr/libexec/podman/quadlet -dryrun >out 2>log && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'warnings' 0 "$(grep -ciE 'warn|error|invalid' log || true)"
command=$(grep '^ExecStart=' out)
seen 'variable' '--env OPTS=--listen' "$(echo "$command" | grep -o -- '--env OPTS=[^ ]*')"
seen 'is the second word anywhere outside of the quoted one' no \
  "$(echo "$command" | sed 's/"QUOTED=[^"]*"//' | grep -q verbose && echo yes || echo no)"
seen 'label' 'role=libvirt' "$(echo "$command" | grep -o -- '--label [^ ]*' | cut -d' ' -f2)"
seen 'variable of Exec=' 'libvirtd $OPTS"' "$(echo "$command" | grep -o 'libvirtd .*')"
