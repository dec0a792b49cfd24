#!/bin/sh
# Runs every finding, one after the other. Exit code 1 where one of them is no longer so.
set -eu
cd "$(dirname "$0")"
same=0 changed=0 skipped=0
for script in ./*.sh; do
  case $script in ./lib.sh | ./run-all.sh) continue ;; esac
  printf '── %s\n' "${script#./}"
  status=0
  "$script" || status=$?
  case $status in
  0) same=$((same + 1)) ;;
  77) skipped=$((skipped + 1)) ;;
  *) changed=$((changed + 1)) ;;
  esac
done
printf '%d as written, %d changed, %d skipped\n' "$same" "$changed" "$skipped"
[ "$changed" = 0 ]
