#!/bin/sh
# Plain values under `environment` of a Compose file, as Docker Compose hands them on.
# Versions: docker-compose 2.26.1 (Debian 13).
# Guess:    a value that is no number by YAML 1.2 (a date, digits with underscores) reaches the container as it is written.
# Seen:     2024-01-01 becomes "2024-01-01 00:00:00 +0000 UTC", 2024_10_01 becomes 20241001, 1e6 becomes 1e+06,
#           0644 becomes 420. 22:22, a number to base 60 for the first Compose, stays. Its library reads part of YAML 1.1
#           and prints the result in Go's way.
# Matters:  KERNEL_DATE, BUILD or RELEASE of a service is not what stands in the file; another reader of the same file gets
#           another value, and a comparison of the two sees a change that nobody made.
# Anneal:   refuses such values and asks for quotes (src/adapters/compose/yaml-numbers.ts).
# Short:    docker-compose 2.26.1 | `DATE: 2024-01-01` reaches the container as written | it is "2024-01-01 00:00:00 +0000 UTC"; 2024_10_01 is 20241001
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files d/docker-compose/docker-compose_2.26.1-4_amd64.deb
guess 'the text that stands in the file'

cd "$dir"
cat >compose.yaml <<'YAML'
services:
  one:
    image: example:1
    environment:
      DATE: 2024-01-01
      UNDERSCORES: 2024_10_01
      EXPONENT: 1e6
      MODE: 0644
      PORTS: 22:22
YAML
root/usr/libexec/docker/cli-plugins/docker-compose -f compose.yaml config >out.yaml 2>/dev/null
value() { sed -n "s/^ *$1: *//p" out.yaml | tr -d '"'; }
seen 'DATE: 2024-01-01' '2024-01-01 00:00:00 +0000 UTC' "$(value DATE)"
seen 'UNDERSCORES: 2024_10_01' 20241001 "$(value UNDERSCORES)"
seen 'EXPONENT: 1e6' 1e+06 "$(value EXPONENT)"
seen 'MODE: 0644' 420 "$(value MODE)"
seen 'PORTS: 22:22' 22:22 "$(value PORTS)"
