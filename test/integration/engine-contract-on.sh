#!/bin/sh
# The contract suite against the engines of another Debian release:
#   test/integration/engine-contract-on.sh trixie [--test-name-pattern=…]
# The release's dockerd and podman run in a mount namespace whose root is a tree of that release. (A mere chroot will
# not do: what is executed in a container would then run in the host's root.)
set -eu
suite=$1
shift
repository=$(cd "$(dirname "$0")/../.." && pwd)
tree=${ANNEAL_ENGINES:-/var/tmp/anneal-engines}/$suite
bin=$tree.bin
if [ ! -x "$tree/usr/bin/podman" ]; then
  mkdir -p "$(dirname "$tree")"
  mmdebstrap --mode=root --variant=minbase --aptopt='APT::Install-Recommends "false"' \
    --include=docker.io,podman,runc,crun,containerd,conmon,jq,iptables,netavark,catatonit "$suite" "$tree"
fi
mkdir -p "$bin"
for program in dockerd podman; do
  cat >"$bin/$program" <<EOF
#!/bin/sh
# An exec has to see the mounts of the service that its container belongs to: the first one of that storage.
service=$bin/service\$(echo "\$2" | tr / _)
case "\$*" in
*' exec '*) exec nsenter --target "\$(cat "\$service")" --mount --root --wd=/ $program "\$@" ;;
*' system service '*) [ -e "\$service" ] || echo \$\$ >"\$service" ;;
esac
exec unshare --mount --propagation private sh -c '
  mount --bind $tree $tree
  for folder in proc sys dev tmp run; do mount --rbind /\$folder $tree/\$folder; done
  mkdir -p $tree$repository $tree/old
  mount --bind $repository $tree$repository
  cd $tree && pivot_root . old && cd / && umount -l /old
  exec env PATH=/usr/sbin:/usr/bin:/sbin:/bin "\$@"' enter $program "\$@"
EOF
  chmod +x "$bin/$program"
done
PATH=$bin:$PATH exec "$repository/node_modules/.bin/node" --test --test-reporter=spec "$@" \
  "$repository/test/integration/engine-contract.test.ts"
