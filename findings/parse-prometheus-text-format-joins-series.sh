#!/bin/sh
# parse-prometheus-text-format reads the histogram and the summary of a server whose series have labels, such as those of etcd's gRPC.
# Versions: parse-prometheus-text-format 1.1.1
# Guess:    one entry for each combination of labels, with labels, sum and count, as prom2json gives it, whose output is the aim.
# Seen:     one entry for all of them: the buckets of the last, no labels, no sum and no count. Without labels sum and count are there.
#           No error. A space after the comma between two labels, which the format allows, is an error for the whole text.
# Matters:  a check of latency sees one method and takes it for the server; which one it is changes with the order of the lines.
# Anneal:   reads no metrics.
# Short:    parse-prometheus-text-format 1.1.1 | a histogram with labels has one entry for each set of labels | one for all, with the buckets of the last; labels, sum and count are gone; no error
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages parse-prometheus-text-format@1.1.1
guess 'two entries, Put with 2 and Range with 20 requests'

cd "$dir"
cat >labels.txt <<'METRICS'
# TYPE grpc_server_handling_seconds histogram
grpc_server_handling_seconds_bucket{grpc_method="Put",le="0.1"} 1
grpc_server_handling_seconds_bucket{grpc_method="Put",le="+Inf"} 2
grpc_server_handling_seconds_sum{grpc_method="Put"} 3
grpc_server_handling_seconds_count{grpc_method="Put"} 2
grpc_server_handling_seconds_bucket{grpc_method="Range",le="0.1"} 10
grpc_server_handling_seconds_bucket{grpc_method="Range",le="+Inf"} 20
grpc_server_handling_seconds_sum{grpc_method="Range"} 30
grpc_server_handling_seconds_count{grpc_method="Range"} 20
METRICS
sed -n '1p; s/grpc_method="Put",*//p' labels.txt >plain.txt
printf 'up{job="node", instance="a"} 1\n' >space.txt
cat >read.cjs <<'NODE'
const parse = require('parse-prometheus-text-format')
try {
  const [family] = parse(require('fs').readFileSync(process.argv[2], 'utf8'))
  console.log(family.metrics.length, JSON.stringify(family.metrics[0]))
} catch (error) {
  console.log(error.name)
}
NODE
seen 'without labels' '1 {"buckets":{"0.1":"1","+Inf":"2"},"sum":"3","count":"2"}' "$(node read.cjs plain.txt | sed 's/"count":"2","sum":"3"/"sum":"3","count":"2"/')"
seen 'two sets of labels' '1 {"buckets":{"0.1":"10","+Inf":"20"}}' "$(node read.cjs labels.txt)"
seen 'a space after the comma' InvalidLineError "$(node read.cjs space.txt)"
