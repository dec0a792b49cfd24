#!/bin/sh
# The quantities of pods, added up by the client of Kubernetes for Node.
# Versions: @kubernetes/client-node 2.0.1.
# Guess:    `memory: 1.5Gi` is 1610612736 bytes, as for the kubelet.
# Seen:     "Cannot convert 1.5 to a BigInt": totalMemory() of the pod throws, and with it topNodes() and topPods() of every node that has
#           such a pod. 1536Mi is read, 1.5 processors are, and so is 1.5e9.
# Matters:  the API server keeps 1.5Gi as it was written. A dashboard or a drain that looks at what nodes have free fails for all of
#           them because of one pod.
# Anneal:   reads no quantities of pods.
# Short:    @kubernetes/client-node 2.0.1 | `memory: 1.5Gi` of a pod is added up | "Cannot convert 1.5 to a BigInt", for the whole node
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages @kubernetes/client-node@2.0.1
guess '1610612736 for each'

cd "$dir"
cat >total.mjs <<'JS'
import { pathToFileURL } from 'node:url'
const { totalMemory } = await import(pathToFileURL('node_modules/@kubernetes/client-node/dist/util.js'))
try {
  const { request } = totalMemory({ spec: { containers: [{ name: 'a', resources: { requests: { memory: process.argv[2] } } }] } })
  console.log(String(request))
} catch (error) {
  console.log(error.message)
}
JS
seen 1536Mi 1610612736 "$(node total.mjs 1536Mi)"
seen 1.5Gi 'Cannot convert 1.5 to a BigInt' "$(node total.mjs 1.5Gi)"
seen 1610612736 1610612736 "$(node total.mjs 1610612736)"
