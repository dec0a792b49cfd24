#!/bin/sh
# Amounts of CPU and memory, as pods and the metrics of a cluster have them, read by kubernetes-resource-parser.
# Versions: kubernetes-resource-parser 0.1.0.
# Guess:    `1.5Gi` is 1610612736 bytes, `0.5Gi` half a gibibyte, and `5000000n` of the metrics 0.005 CPUs.
# Seen:     1.5Gi is 1, 0.5Gi is 0, 1e3 is 1, and 5000000n is 5000000 CPUs. `1536Mi` and `500m` are right. No error.
# Matters:  a node that is full counts as empty, and one that idles as millions of times too busy: where a guest or a pod goes is decided so.
# Anneal:   asks for no metrics of a cluster.
# Short:    kubernetes-resource-parser 0.1.0 | `1.5Gi` is 1.5 GiB, `5000000n` is 0.005 CPUs | 1 byte, and 5000000 CPUs; no error
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages kubernetes-resource-parser@0.1.0
guess '1610612736 536870912 1000, 0.005'

cd "$dir"
cat >read.cjs <<'JS'
const { cpuParser, memoryParser } = require('kubernetes-resource-parser')
const parser = process.argv[2] === 'cpu' ? cpuParser : memoryParser
console.log(process.argv.slice(3).map((text) => parser(text)).join(' '))
JS
seen 'memory of 1536Mi, 1.5Gi, 0.5Gi and 1e3' '1610612736 1 0 1' "$(node read.cjs memory 1536Mi 1.5Gi 0.5Gi 1e3)"
seen 'CPUs of 500m, 1.5, 5000000n and 5000u' '0.5 1.5 5000000 5000' "$(node read.cjs cpu 500m 1.5 5000000n 5000u)"
