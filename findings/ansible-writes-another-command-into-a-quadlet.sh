#!/bin/sh
# Ansible's podman_container with `state: quadlet`: the same task with which `state: started` runs the container writes a unit instead.
# Versions: Ansible 12.0.0 (containers.podman 1.17.0), Podman 5.4.2 (both Debian 13); Ansible 14.4.0 and Podman 5.8.6 do the same.
# Guess:    what Podman's generator makes of the unit is the command, the sysctl and the annotation of the task.
# Seen:     a command that is a list is joined by spaces: of `sh -c "sleep 5; echo done"` sh gets `-c sleep`. A sysctl of two numbers is cut
#           to one and another option, an annotation of two words to one. env and label are quoted and right. "changed", and the
#           generator says nothing.
# Matters:  the container that ran well under Ansible runs another program after the next boot, or none.
# Anneal:   takes commands as lists and hands them to the engine's API as lists.
# Short:    Ansible 12.0.0 (and 14.4.0), Podman 5.4.2 (and 5.8.6) | podman_container with `state: quadlet` writes the command that `state: started` runs | a list is joined by spaces, so `sh -c "sleep 5; …"` is another command; a sysctl of two numbers is cut; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

command -v podman >/dev/null || skip 'podman is missing: the module asks for its version'
ansible
guess 'sh -c "sleep 5; echo done", net.ipv4.ip_local_port_range="1024 65000"'

cd "$dir"
mkdir units
ansible_module containers.podman.plugins.modules.podman_container '{
  "name": "agent", "image": "registry.example/agent:1", "state": "quadlet", "quadlet_dir": "'"$dir"'/units",
  "command": ["sh", "-c", "sleep 5; echo done"], "env": {"OPTS": "two words"}, "annotation": {"note": "two words"},
  "sysctl": {"net.ipv4.ip_local_port_range": "1024 65000"}}'
seen 'answer' '"changed": true' "$(grep -o '"changed": [a-z]*' answer)"
seen 'Exec=' 'sh -c sleep 5; echo done' "$(sed -n 's/^Exec=//p' units/agent.container)"

debian_files p/podman/podman_5.4.2+ds1-2+b2_amd64.deb
unset LD_LIBRARY_PATH
QUADLET_UNIT_DIRS=$dir/units root/usr/libexec/podman/quadlet -dryrun >out 2>log && status=0 || status=$?
seen 'exit code of the generator' 0 "$status"
seen 'warnings' 0 "$(grep -ciE 'warn|error|invalid' log || true)"
command=$(grep '^ExecStart=' out)
seen 'variable' '--env "OPTS=two words"' "$(echo "$command" | grep -o -- '--env "[^"]*"')"
seen 'command' 'agent:1 sh -c sleep 5; echo done' "$(echo "$command" | grep -o 'agent:1 .*')"
seen 'sysctl' '--sysctl net.ipv4.ip_local_port_range=1024 --sysctl 65000' "$(echo "$command" | grep -o -- '--sysctl [^ ]*' | paste -sd ' ' -)"
seen 'annotation' '--annotation note=two' "$(echo "$command" | grep -o -- '--annotation [^ ]*' | paste -sd ' ' -)"
