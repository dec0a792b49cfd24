#!/bin/sh
# An overlay for a device tree that deletes a property and a node.
# Versions: device-tree-compiler 1.6.1 (Debian 12) and 1.8.1.
# Guess:    /delete-property/ and /delete-node/ work in an overlay as in a source, or dtc refuses them there.
# Seen:     dtc compiles them to nothing, and fdtoverlay applies the rest: what was to be deleted is still there. No warning, exit code 0 of
#           both. (An overlay has no means to delete.)
# Matters:  an overlay that takes a device or a `status` out of a board's tree does not.
# Anneal:   copies device trees as they are.
# Short:    device-tree-compiler 1.6.1 (and 1.8.1) | `/delete-node/` and `/delete-property/` in an overlay work, or are refused | they are compiled to nothing, and all is still there; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files d/device-tree-compiler/device-tree-compiler_1.6.1-4+b1_amd64.deb d/device-tree-compiler/libfdt1_1.6.1-4+b1_amd64.deb
guess 'b m: what is not deleted; or an error'

cd "$dir"
printf '%s\n' '/dts-v1/;' '/ { board { a = <1>; b = <2>; l { }; m { }; }; };' >board.dts
printf '%s\n' '&{/board} { /delete-property/ a; b = <3>; /delete-node/ l; };' >change
{ printf '%s\n' '/dts-v1/;' '/plugin/;' && cat change; } >overlay.dts
{ cat board.dts change; } >both.dts
dtc -O dtb -o board.dtb board.dts 2>log || skip "dtc does not run here: $(tail -n 1 log)"
left() { echo "$(fdtget -p "$1" /board | paste -sd ' '), $(fdtget -l "$1" /board | paste -sd ' '), b=$(fdtget "$1" /board b)"; }
dtc -O dtb -o both.dtb both.dts
seen 'in one source: properties, nodes' 'b, m, b=3' "$(left both.dtb)"
dtc -O dtb -o overlay.dtbo overlay.dts 2>said && status=0 || status=$?
seen 'dtc of the overlay: exit code, messages' '0, ' "$status, $(cat said)"
fdtoverlay -i board.dtb -o applied.dtb overlay.dtbo 2>said && status=0 || status=$?
seen 'fdtoverlay: exit code, messages' '0, ' "$status, $(cat said)"
seen 'by the overlay: properties, nodes' 'a b, l m, b=3' "$(left applied.dtb)"
