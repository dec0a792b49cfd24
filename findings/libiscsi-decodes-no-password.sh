#!/bin/sh
# A password in an iSCSI URL, as libiscsi's tools take it.
# Versions: libiscsi 1.19.0, tgt 1.0.85 (Debian 12).
# Guess:    `iscsi://user%password@host/target/lun` is a URL: what has a meaning in it is written %40, %2F, and is decoded.
# Seen:     %40 stays %40. A password with @ or ? cannot be written at all: the rest of it is the host. With / and % it is written as it
#           is. LIBISCSI_CHAP_PASSWORD of the environment takes each.
# Matters:  a secret that is encoded as in every other URL is a wrong password, and says no more than "Authentication failure".
# Anneal:   gives libiscsi the secret of a deployment outside of the URL.
# Short:    libiscsi 1.19.0, tgt 1.0.85 | %40 in the password of an iSCSI URL is @ | it is %40: the login fails; a password with @ cannot be written
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

guess 'encoded: both log in'

truncate -s 1M "$dir/image"
start_target
tgt --op new --mode account --user at --password 'pass@word1234'
tgt --op new --mode account --user slash --password 'pass/word1234'
for user in at slash; do tgt --op bind --mode account --tid 1 --user "$user"; done
debian_files libi/libiscsi/libiscsi-bin_1.19.0-3_amd64.deb libi/libiscsi/libiscsi7_1.19.0-3_amd64.deb
# login USER:PASSWORD-PART
login() {
  said=$(timeout 60 iscsi-readcapacity16 "iscsi://$1@$portal/$name/1" 2>&1) || true
  case $said in
  *'Total size'*) echo yes ;;
  *'Authentication failure'*) echo 'authentication failure' ;;
  *resolv* | *'must be of the form'*) echo 'another host' ;;
  *) echo "$said" ;;
  esac
}
seen 'pass/word1234 as %2F' 'authentication failure' "$(login 'slash%pass%2Fword1234')"
seen 'pass/word1234 as it is' yes "$(login 'slash%pass/word1234')"
seen 'pass@word1234 as %40' 'authentication failure' "$(login 'at%pass%40word1234')"
seen 'pass@word1234 as it is' 'another host' "$(login 'at%pass@word1234')"
said=$(LIBISCSI_CHAP_USERNAME=at LIBISCSI_CHAP_PASSWORD='pass@word1234' iscsi-readcapacity16 "iscsi://$portal/$name/1" 2>&1) || true
case $said in *'Total size'*) said=yes ;; esac
seen 'by the environment' yes "$said"
