#!/bin/sh
# EROFS whose metadata mkfs.erofs compresses, read back by fsck.erofs of the same version.
# Versions: erofs-utils 1.9.4 (Debian sid).
# Guess:    `fsck.erofs --extract` gives back what `mkfs.erofs -m4096` packed, also with a metadata zone (`--MZ`), or one of the two says no.
# Seen:     with -m, each small file has other bytes; exit code 0 of both. With --MZ and -m, mkfs.erofs ends with 0, and the image has
#           no root directory ("bogus i_mode (0)"); with --MZ=i, which keeps directories out of the zone, it has one.
# Matters:  who tests an image by unpacking it, throws a sound one away or ships what no kernel mounts. Linux 6.18 reads the first image
#           right, and finds no root directory in the second.
# Anneal:   reads the first as Linux does, and refuses the second (EROFS_BAD_FIELD).
# Short:    erofs-utils 1.9.4 (sid) | `fsck.erofs --extract` gives back what `mkfs.erofs -m4096` packed | other bytes in each file, exit code 0; with `--MZ` there is no root directory
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(uname -m)" = x86_64 ] || skip 'the packages are for x86-64'
# With what the two programs load: mkfs.erofs also fetches from S3.
debian_files e/erofs-utils/erofs-utils_1.9.4-1_amd64.deb g/glibc/libc6_2.43-7_amd64.deb \
  b/brotli/libbrotli1_1.2.0-4.1_amd64.deb \
  c/curl/libcurl4t64_8.23.0-1_amd64.deb \
  c/cyrus-sasl2/libsasl2-2_2.1.28+dfsg1-12_amd64.deb e/e2fsprogs/libcom-err2_1.47.4-1+b2_amd64.deb \
  j/json-c/libjson-c5_0.19+ds-1_amd64.deb k/keyutils/libkeyutils1_1.6.3-6+b2_amd64.deb \
  k/krb5/libgssapi-krb5-2_1.22.1-3_amd64.deb k/krb5/libk5crypto3_1.22.1-3_amd64.deb \
  k/krb5/libkrb5-3_1.22.1-3_amd64.deb k/krb5/libkrb5support0_1.22.1-3_amd64.deb \
  libd/libdeflate/libdeflate0_1.25-1_amd64.deb libi/libidn2/libidn2-0_2.3.8-5_amd64.deb \
  libp/libpsl/libpsl5t64_0.23.3-1_amd64.deb libs/libselinux/libselinux1_3.11-2.1+b1_amd64.deb \
  libs/libssh2/libssh2-1t64_1.11.1-6_amd64.deb libu/libunistring/libunistring5_1.4.2-1_amd64.deb \
  libx/libxml2/libxml2-16_2.15.4+dfsg-1+b1_amd64.deb libz/libzstd/libzstd1_1.5.7+dfsg-4_amd64.deb \
  l/lz4/liblz4-1_1.10.0-10_amd64.deb n/nghttp2/libnghttp2-14_1.70.0-1_amd64.deb \
  n/nghttp3/libnghttp3-9_1.17.0-1_amd64.deb n/ngtcp2/libngtcp2-16_1.24.0-1_amd64.deb \
  n/ngtcp2/libngtcp2-crypto-ossl0_1.24.0-1_amd64.deb o/openldap/libldap2_2.6.14+dfsg-2_amd64.deb \
  o/openssl/libssl3t64_3.6.5-1_amd64.deb p/pcre2/libpcre2-8-0_10.49-1_amd64.deb \
  u/util-linux/libuuid1_2.42.4-1_amd64.deb x/xxhash/libxxhash0_0.8.3-2+b2_amd64.deb \
  x/xz-utils/liblzma5_5.8.4-1_amd64.deb z/zlib/zlib1g_1.3.dfsg+really1.3.2-4_amd64.deb
unset LD_LIBRARY_PATH
guess '300 files, none of them different'

cd "$dir"
own_libc mkfs.erofs --version || skip "mkfs.erofs does not run here: $(tail -n 1 log)"
mkdir tree
for number in $(seq 300); do echo "file $number" >"tree/f$number"; done

# read_back NAME OPTION...: packs the tree and unpacks it again.
read_back() {
  name=$1
  shift
  own_libc mkfs.erofs "$@" "$name.img" tree && made=0 || made=$?
  own_libc fsck.erofs --no-preserve "--extract=$name" "$name.img" && read=0 || read=$?
  seen "$*, exit codes of mkfs.erofs and fsck.erofs" "$expected" "$made $read"
}

# Files that are the same behind a read_back.
same() {
  same=0
  for number in $(seq 300); do
    [ ! -e "$1/f$number" ] || ! cmp -s "tree/f$number" "$1/f$number" || same=$((same + 1))
  done
  echo "$same"
}

expected='0 0'
read_back plain -E48bit
seen 'without compressed metadata, files that are the same' 300 "$(same plain)"
read_back zone --MZ
seen 'a zone alone, files that are the same' 300 "$(same zone)"
read_back compressed -m4096
seen 'compressed, files that are the same' 0 "$(same compressed)"
read_back inodes --MZ=i -m4096
expected='0 1'
read_back both --MZ -m4096
seen 'both, what fsck.erofs says' 'bogus i_mode (0)' "$(grep -o 'bogus i_mode (0)' log | head -n 1)"
