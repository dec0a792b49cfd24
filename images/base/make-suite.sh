#!/bin/sh
# Writes the tar of a base image of the Debian suite that SUITE names to stdout, as make.sh does of bookworm:
#   SUITE=trixie images/base/make-suite.sh | docker import -c 'CMD ["/bin/sh"]' - localhost/anneal/base:trixie
# A script of its own, because make.sh decides whether the images of a node are current: each change of it builds them anew.
set -eu

# The Release file of a suite that still changes may be past its date on a mirror that lags.
case ${SUITE:?names no Debian suite} in
  forky | sid) dated='Acquire::Check-Valid-Until "false"' ;;
  *) dated='Acquire::Check-Valid-Until "true"' ;;
esac

exec mmdebstrap --quiet --variant=minbase --format=tar \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-include=/usr/share/doc/*/copyright' \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/info/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/lintian/*' \
  --dpkgopt='path-exclude=/usr/share/bash-completion/*' \
  --dpkgopt='force-unsafe-io' \
  --aptopt='APT::Install-Recommends "false"' \
  --aptopt='Acquire::Languages "none"' \
  --aptopt='Acquire::Retries "3"' \
  --aptopt="$dated" \
  --customize-hook='printf "#!/bin/sh\nexit 101\n" >"$1/usr/sbin/policy-rc.d" && chmod 755 "$1/usr/sbin/policy-rc.d"' \
  "$SUITE" - ${MIRROR:+"deb $MIRROR $SUITE main"}
