#!/bin/sh
# deb-version-compare (npm) and the first revision of a package.
# Versions: deb-version-compare 1.2.1, "Compare Version according to debian policy"; dpkg 1.21 says what is right.
# Guess:    1.0 is older than 1.0-1, as for dpkg; 2024.01 and 2024.1 are equal, since digits are compared as numbers.
# Seen:     1.0 and 1.0-1 are equal, and so are 1.0 and 1.0-0ubuntu1; 2024.01 is older than 2024.1. No error.
# Matters:  a package that was native and has got a revision (1.0 to 1.0-1) is never an update. One that compares what is installed with
#           what a release wants finds no difference, and leaves the old one.
# Anneal:   compares versions of packages nowhere.
# Short:    deb-version-compare 1.2.1 | 1.0 is older than 1.0-1, and 2024.01 equals 2024.1, as for dpkg | 1.0 equals 1.0-1, also 1.0-0ubuntu1; 2024.01 is older
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages deb-version-compare@1.2.1
need dpkg 1.21 dpkg --version
guess 'what dpkg says, each time'

cd "$dir"
relation() { node -p "({ '-1': 'lt', 0: 'eq', 1: 'gt' })[require('deb-version-compare')('$1', '$2')]"; }
by_dpkg() { for word in lt eq gt; do if dpkg --compare-versions "$1" "$word" "$2"; then echo "$word"; fi; done; }
compared() { seen "$1 and $2, by dpkg and by deb-version-compare" "$3" "$(by_dpkg "$1" "$2") $(relation "$1" "$2")"; }
compared 1.0-1 1.0-2 'lt lt'
compared 1.0 1.0-0 'eq eq'
compared 1.0 1.0-1 'lt eq'
compared 1.0 1.0-0ubuntu1 'lt eq'
compared 2024.01 2024.1 'eq lt'
