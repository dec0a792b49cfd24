#!/bin/sh
# The contract suite against the engines of another Debian release: TREE is the root file system of a host of it.
#   test/integration/engine/contract-on.sh TREE [--test-name-pattern=…]
# `npm run suites -- SUITE` makes the tree and calls this. dockerd and podman run in a mount namespace whose root is the
# tree. (A mere chroot will not do: what is executed in a container would then run in the host's root.)
set -eu
tree=$(readlink -f "$1")
shift
repository=$(cd "$(dirname "$0")/../../.." && pwd)
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
for program in dockerd podman; do
  cat >"$bin/$program" <<END
#!/bin/sh
# An exec has to see the mounts of the service that its container belongs to: the first one of that storage.
service=$bin/service\$(echo "\$2" | tr / _)
case "\$*" in
*' exec '*) exec nsenter --target "\$(cat "\$service")" --mount --root --wd=/ env PATH=/usr/sbin:/usr/bin:/sbin:/bin $program "\$@" ;;
*' system service '*) [ -e "\$service" ] || echo \$\$ >"\$service" ;;
esac
exec unshare --mount --propagation private sh -c '
  mount --bind $tree $tree
  for folder in proc sys dev tmp run; do mount --rbind /\$folder $tree/\$folder; done
  mkdir -p $tree$repository $tree/old
  mount --bind $repository $tree$repository
  cd $tree && pivot_root . old && cd / && umount -l /old
  exec env PATH=/usr/sbin:/usr/bin:/sbin:/bin "\$@"' enter $program "\$@"
END
  chmod +x "$bin/$program"
done
# Another test runner may run this: its files are not of this run.
unset NODE_TEST_CONTEXT
PATH=$bin:$PATH "$repository/node_modules/.bin/node" --disable-warning=ExperimentalWarning --test --test-reporter=spec "$@" \
  "$repository/test/integration/engine/contract.test.ts"
