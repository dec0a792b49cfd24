#!/bin/sh
# etcd transactions through protobufjs (under @grpc/proto-loader and most gRPC clients of Node).
# Versions: protobufjs 8.8.1; the enumeration is that of etcd's rpc.proto.
# Guess:    a compare with a target that does not exist ('MODIFIED' for 'MOD') is refused before it is sent.
# Seen:     it is sent as VERSION, the enumeration's first value. etcd then compares another number than was meant, and the
#           transaction succeeds or fails by that. A gRPC client made with @grpc/proto-loader encodes the same way.
# Matters:  compare-and-swap on the revision is what fences two coordinators of a fleet from each other.
# Anneal:   uses no etcd yet; a client for it is to be generated with types.
# Short:    protobufjs 8.8.1, proto-loader 0.8.1 | a misspelt compare target is an error | it is sent as VERSION
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages protobufjs@8.8.1 @grpc/proto-loader@0.8.1
guess 'an error'

cd "$dir"
cat >rpc.proto <<'PROTO'
syntax = "proto3";
package etcdserverpb;
message Compare {
  enum CompareTarget { VERSION = 0; CREATE = 1; MOD = 2; VALUE = 3; LEASE = 4; }
  CompareTarget target = 2;
  bytes key = 3;
  int64 mod_revision = 6;
}
service KV { rpc Txn(Compare) returns (Compare); }
PROTO
cat >compare.cjs <<'JS'
const target = process.argv[3]
if (process.argv[2] === 'protobufjs') {
  const Compare = require('protobufjs').loadSync('rpc.proto').lookupType('etcdserverpb.Compare')
  console.log(Compare.decode(Compare.encode(Compare.fromObject({ target })).finish()).target)
} else {
  const { Txn } = require('@grpc/proto-loader').loadSync('rpc.proto', { enums: String, defaults: true })['etcdserverpb.KV']
  console.log(Txn.requestDeserialize(Txn.requestSerialize({ target })).target)
}
JS
seen 'MOD, protobufjs' 2 "$(node compare.cjs protobufjs MOD)"
seen 'MODIFIED, protobufjs' 0 "$(node compare.cjs protobufjs MODIFIED)"
seen 'MOD, proto-loader' MOD "$(node compare.cjs proto-loader MOD)"
seen 'MODIFIED, proto-loader' VERSION "$(node compare.cjs proto-loader MODIFIED)"
