#!/bin/sh
# yaml (npm) and long files that repeat a block by name.
# Versions: yaml 2.9.1; beside it js-yaml 4.1.0.
# Guess:    the limit of aliases is against documents that grow without bound ("billion laughs"): a list of 100 machines, each
#           with `driver: *driver`, a plain text, is read.
# Seen:     99 machines are read; 100 raise "Excessive alias count indicates a resource exhaustion attack". The default
#           (maxAliasCount) counts each use of an anchor, also of a text that cannot grow.
# Matters:  inventories and Compose files are written with anchors. One works for years and stops at one machine more.
# Anneal:   had that limit for its inventories of machines; now it is a thousand times as high (src/adapters/inventory). Its
#           Compose reader bounds the values instead.
# Short:    yaml 2.9.1 | a text may be named by an anchor and used 100 times | "Excessive alias count indicates a resource exhaustion attack"
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages yaml@2.9.1 js-yaml@4.1.0
guess 'a list of any length'

cd "$dir"
cat >read.cjs <<'JS'
const [library, machines] = process.argv.slice(2)
const text = 'x-driver: &driver ipmi\nmachines:\n' + '  - driver: *driver\n'.repeat(Number(machines))
const read = library === 'yaml' ? require('yaml').parse : require('js-yaml').load
try {
  console.log(read(text).machines.length)
} catch (error) {
  console.log(error.message)
}
JS
attack='Excessive alias count indicates a resource exhaustion attack'
seen '99 machines, yaml' 99 "$(node read.cjs yaml 99)"
seen '100 machines, yaml' "$attack" "$(node read.cjs yaml 100)"
seen '100 machines, js-yaml' 100 "$(node read.cjs js-yaml 100)"
