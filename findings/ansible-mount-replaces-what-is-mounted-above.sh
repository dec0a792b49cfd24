#!/bin/sh
# Ansible's mount changes the server of an NFS export in /etc/fstab, above which an overlay is mounted at the same place.
# Versions: Ansible 12.0.0 (ansible.posix 2, Debian 13); 14.4.0 does the same.
# Guess:    the line of the file system that was asked for (`fstype: nfs`) is changed, the other stays. Or an error: two lines have that path.
# Seen:     both lines are replaced: the export is there twice, and the overlay is gone. "changed", no word of it. With `state:
#           absent_from_fstab` both go. Of swap, whose path is "none", the source decides.
# Matters:  after the next boot what is written on /srv/images goes to the server instead of the overlay.
# Anneal:   decides about each line of an image's fstab by its device, not by its path.
# Short:    Ansible 12.0.0 (and 14.4.0) | the module mount with `fstype: nfs` changes the line of NFS for /srv/images, not that of the overlay above it | both lines become the new one; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

ansible
guess 'an export of 10.0.0.2, and the overlay'

cd "$dir"
cat >fstab <<'FSTAB'
UUID=6ebb9f2c-7b7a-4f4e-9a35-1f2e0e0a6a11 / ext4 defaults 0 1
10.0.0.1:/images /srv/images nfs ro 0 0
overlay /srv/images overlay lowerdir=/srv/images,upperdir=/var/images,workdir=/var/work 0 0
/dev/sdb1 none swap sw 0 0
/dev/sdc1 none swap sw 0 0
FSTAB
ansible_module ansible.posix.plugins.modules.mount \
  '{"path": "/srv/images", "src": "10.0.0.2:/images", "fstype": "nfs", "opts": "ro", "state": "present", "fstab": "'"$dir"'/fstab"}'
seen 'answer' '"changed": true' "$(grep -o '"changed": [a-z]*' answer)"
seen 'words of it' 0 "$(grep -ciE 'overlay|twice|duplicate|more than one' answer || true)"
seen 'lines of the export' 2 "$(grep -c '^10.0.0.2:/images /srv/images nfs ro 0 0$' fstab)"
seen 'lines of the overlay' 0 "$(grep -c '^overlay' fstab || true)"
ansible_module ansible.posix.plugins.modules.mount \
  '{"path": "none", "src": "/dev/sdb1", "fstype": "swap", "opts": "pri=5", "state": "present", "fstab": "'"$dir"'/fstab"}'
seen 'swap, one of two' '/dev/sdb1 none swap pri=5 0 0, /dev/sdc1 none swap sw 0 0' "$(grep swap fstab | paste -sd, | sed 's/,/, /')"
