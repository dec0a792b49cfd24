# What the findings share; each sources it after it has made its temporary folder "$dir".
# shellcheck shell=sh disable=SC2154

version() { printf 'version:  %s\n' "$*"; }
guess() { printf 'guess:    %s\n' "$*"; }

# seen WHAT EXPECTED GOT: prints what is there, and fails where it is not what this finding says.
seen() {
  printf 'seen:     %s: %s\n' "$1" "$3"
  [ "$2" = "$3" ] && return
  printf 'changed:  %s was: %s\n' "$1" "$2" >&2
  exit 1
}

# Exit code 77 says: not run, and why.
skip() {
  printf 'skipped:  %s\n' "$*" >&2
  exit 77
}

# npm_packages NAME@VERSION...: into "$dir"; none of their install scripts runs.
npm_packages() {
  command -v npm >/dev/null || skip 'npm is missing'
  npm install --prefix "$dir" --no-audit --no-fund --no-save --prefer-offline --ignore-scripts --loglevel=error "$@" >"$dir/npm.log" 2>&1 ||
    skip "npm does not install $*: $(tail -n 1 "$dir/npm.log")"
  version "$*"
}

# need PROGRAM VERSION COMMAND...: a program of this machine, of that version; skipped where it is another.
need() {
  program=$1 wanted=$2
  shift 2
  PATH=$PATH:/usr/sbin:/sbin
  command -v "$program" >/dev/null || skip "$program is missing"
  said=$("$@" 2>&1 | head -n 1) || true
  case $said in
  *"$wanted"*) version "$said" ;;
  *) skip "$program $wanted is wanted, and this is: $said" ;;
  esac
}

# debian_files POOL-PATH...: exactly these packages, of whatever suite, from this machine's mirror; unpacked into "$dir/root".
debian_files() {
  helper=/usr/lib/apt/apt-helper
  [ -x "$helper" ] || skip 'apt is missing'
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep '/debian$' | head -n 1)
  [ -n "$mirror" ] || skip 'no mirror of Debian is set up, or apt-get update has not run'
  for path in "$@"; do
    file=$dir/${path##*/}
    "$helper" -q download-file "$mirror/pool/main/$path" "$file" >/dev/null 2>&1 || skip "the mirror has no ${path##*/} any more"
    dpkg -x "$file" "$dir/root"
    version "$(basename "$path" .deb)"
  done
  PATH=$dir/root/usr/bin:$PATH LD_LIBRARY_PATH=$dir/root/usr/lib/$(uname -m)-linux-gnu
  export PATH LD_LIBRARY_PATH
}

# own_libc PROGRAM ARGUMENT...: a program of debian_files with the libc of debian_files (x86-64), its output in "$dir/log".
own_libc() {
  libraries=$dir/root/usr/lib/x86_64-linux-gnu
  program=$1
  shift
  "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries:/usr/lib/x86_64-linux-gnu" "$dir/root/usr/bin/$program" "$@" >"$dir/log" 2>&1
}
