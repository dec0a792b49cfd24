#!/bin/sh
# One file of variables for a container: by `podman run --env-file`, and by `env_file:` of Docker Compose.
# Versions: Podman 4.3.1 (Debian 12; 5.8.6 does the same), docker-compose 2.26.1 (Debian 13).
# Guess:    both read the same variables, or one of them refuses the file.
# Seen:     Podman keeps quotes and what is behind a #, and makes variables with the names "export D" and "E "; Compose takes the quotes, the
#           comment, the word export and the spaces away, and fills in $A. No message, exit code 0 of both.
# Matters:  a service that goes from Compose to Podman gets a password in quotes, and an URL with a comment.
# Anneal:   reads env_file as Compose does, and takes over `--env-file` of a run command as `format: raw`, which keeps the lines as they are.
# Short:    Podman 4.3.1 (and 5.8.6), docker-compose 2.26.1 | `podman run --env-file` and Compose's `env_file` read the same variables | Podman keeps quotes, `# comment` and `export`; Compose removes them and fills in `$A`; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need podman ' 4.3.1' podman --version
command -v jq >/dev/null || skip 'jq is missing'
[ "$(id -u)" = 0 ] || skip 'root is needed'
plain=$PATH
debian_files d/docker-compose/docker-compose_2.26.1-4_amd64.deb
PATH=$plain LD_LIBRARY_PATH=
end() {
  own_podman rm --all --force >/dev/null 2>&1 || true
  rm -rf "$dir"
}
trap end EXIT
guess 'the same variables'

cd "$dir"
printf '%s\n' 'A="a secret"' 'B=http://db:80 # the first' 'C=$A' 'export D=1' 'E = 1' >variables
mkdir tree
: >tree/program
tar -C tree -c . | own_podman import - localhost/example:1 >log 2>&1 || skip "podman does not import here: $(tail -n 1 log)"
own_podman create --name node --network none --env-file variables localhost/example:1 /program >log 2>&1 || skip "podman: $(tail -n 1 log)"
own_podman inspect node --format '{{range .Config.Env}}{{println .}}{{end}}' >by-podman
printf 'services: {node: {image: "localhost/example:1", env_file: variables}}\n' >compose.yaml
root/usr/libexec/docker/cli-plugins/docker-compose --project-name node config --format json >config.json 2>log || skip "docker-compose: $(tail -n 1 log)"
jq -r '.services.node.environment | to_entries[] | "\(.key)=\(.value)"' config.json >by-compose
both() { echo "$(grep "$1" by-podman); $(grep "$1" by-compose)"; }
seen 'quotes: Podman; Compose' 'A="a secret"; A=a secret' "$(both '^A')"
seen 'a comment' 'B=http://db:80 # the first; B=http://db:80' "$(both '^B')"
seen 'a variable' 'C=$A; C=a secret' "$(both '^C')"
seen 'export' 'export D=1; D=1' "$(both 'D=1$')"
seen 'spaces' 'E = 1; E=1' "$(both '^E')"
