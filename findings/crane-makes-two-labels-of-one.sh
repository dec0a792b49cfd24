#!/bin/sh
# crane mutate --label with a comma in the label's value.
# Versions: crane 0.20.7 (Debian 13).
# Guess:    it is the value, as for --env of the same command, and for --label of podman and buildah.
# Seen:     what is behind the comma is another label, if it has a "=" in it: kernel arguments with a serial console are cut at
#           console=ttyS0, and there is a label "115200 root". The same for --annotation. No message, exit code 0.
# Matters:  what reads the label of an image to boot it gets half of the arguments: no root=.
# Anneal:   reads labels, and writes none.
# Short:    crane 0.20.7 | `crane mutate --label 'args=console=ttyS0,115200 root=LABEL=x'` is one label, as `--env` is one variable | "console=ttyS0", and a label "115200 root"; no message
set -eu
dir=$(mktemp -d)
registry=
trap '[ -z "$registry" ] || kill "$registry"; rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need jq 1.6 jq --version
debian_files g/go-containerregistry/crane_0.20.7+ds1-5_amd64.deb
LD_LIBRARY_PATH=
guess 'console=ttyS0,115200 root=LABEL=x for both'

cd "$dir"
echo x >file
tar -cf layer.tar file
crane registry serve --address 127.0.0.1:0 >log 2>&1 &
registry=$!
port=
for _ in $(seq 50); do
  port=$(sed -n 's/.*serving on port \([0-9]*\).*/\1/p' log)
  [ -z "$port" ] || break
  sleep 0.1
done
[ -n "$port" ] || skip "crane serves no registry here: $(tail -n 1 log)"
image=127.0.0.1:$port/image
crane append -f layer.tar -t "$image:1" >log 2>&1
args='console=ttyS0,115200 root=LABEL=x'
crane mutate "$image:1" --label "args=$args" --env "ARGS=$args" --annotation "args=$args" -t "$image:2" >log 2>&1 && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'variable' "[\"ARGS=$args\"]" "$(crane config "$image:2" | jq -c .config.Env)"
seen 'labels' '{"115200 root":"LABEL=x","args":"console=ttyS0"}' "$(crane config "$image:2" | jq -cS .config.Labels)"
seen 'annotations' '{"115200 root":"LABEL=x","args":"console=ttyS0"}' "$(crane manifest "$image:2" | jq -cS .annotations)"
