#!/bin/sh
# genisoimage (mkisofs of Debian) and a file with a time of 2028 or later.
# Versions: genisoimage 1.1.11, xorriso 1.5.4.
# Guess:    the time is kept up to 2155, which ISO 9660's year (one byte from 1900 on) holds.
# Seen:     up to 2027 it is right. From 2028 on the offset from Greenwich is written as -24 hours (the byte a0): whoever reads it is a day
#           late. isoinfo of the same package does not look at that byte, and shows the day that was meant.
# Matters:  from 2028 on each image and each config drive has files from tomorrow.
# Anneal:   makes config drives by genisoimage or xorriso; nothing reads their times.
# Short:    genisoimage 1.1.11, xorriso 1.5.4 | a time of 2028 is kept; ISO 9660 holds 1900 to 2155 | from 2028 on it is a day later: the offset from Greenwich is -24 hours
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need genisoimage 1.1.11 genisoimage -version
need xorriso 1.5.4 xorriso -version
guess '2027-12-31, 2028-01-02, 2040-01-02, and an offset of 0'

cd "$dir"
export TZ=UTC
mkdir tree
touch -d 2027-12-31T12:00:00Z tree/y2027
touch -d 2028-01-02T12:00:00Z tree/y2028
touch -d 2040-01-02T12:00:00Z tree/y2040
genisoimage -quiet -R -o image tree
mkdir out
xorriso -osirrox on -indev image -extract / out >log 2>&1
for year in 2027 2028 2040; do
  # The record of a directory: time at 18, offset in quarters of an hour at 24, name at 33.
  at=$(grep -abo "Y$year" image | head -n 1 | cut -d : -f 1)
  offset=$(od -An -td1 -j "$((at - 33 + 24))" -N 1 image | tr -d ' ')
  case $year in 2027) want='2027-12-31 0' ;; 2028) want='2028-01-03 -96' ;; *) want='2040-01-03 -96' ;; esac
  seen "y$year: day, quarters of an hour" "$want" "$(stat -c %y "out/y$year" | cut -c 1-10) $offset"
done
