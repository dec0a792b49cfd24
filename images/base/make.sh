#!/bin/sh
# Writes the tar of the base image's root file system (Debian bookworm, minbase) to stdout.
#   images/base/make.sh | docker import -c 'CMD ["/bin/sh"]' - localhost/anneal/base:bookworm
# Needs root and mmdebstrap. MIRROR names another mirror than Debian's own; it then gives no security updates.
set -eu

# The options stay in the image (/etc/dpkg/dpkg.cfg.d, /etc/apt/apt.conf.d), so every image built on it is as small.
# An image layer needs no fsync per file: a build that is cut short is thrown away whole.
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
  --customize-hook='printf "#!/bin/sh\nexit 101\n" >"$1/usr/sbin/policy-rc.d" && chmod 755 "$1/usr/sbin/policy-rc.d"' \
  bookworm - ${MIRROR:+"deb $MIRROR bookworm main"}
