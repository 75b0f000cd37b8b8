#!/bin/sh
# Puts garza on this machine: finds out which program it needs, checks what it got, puts it in its place, and completes
# its words in the shells that are here.
#
#   sh install.sh ADDRESS [--to DIR] [--key PUBLIC_KEY] [--no-completion]
#
# ADDRESS is where a release lies (SHA256SUMS and the archives). Without --to: /usr/local/bin for root, else ~/.local/bin.
# With --key (minisign's public key, or a file of it) the signature of SHA256SUMS must be there, and be right.
set -eu

fail() {
  echo "install.sh: $1" >&2
  [ -z "${2-}" ] || echo "  $2" >&2
  exit 1
}

from=
to=
key=
completes=yes
while [ $# -gt 0 ]; do
  case $1 in
    --to | --key)
      [ $# -gt 1 ] || fail "$1 needs a value"
      if [ "$1" = --to ]; then to=$2; else key=$2; fi
      shift
      ;;
    --no-completion) completes=no ;;
    -*) fail "there is no flag $1" "sh install.sh ADDRESS [--to DIR] [--key PUBLIC_KEY] [--no-completion]" ;;
    *) [ -z "$from" ] || fail "only one address is taken" && from=${1%/} ;;
  esac
  shift
done
[ -n "$from" ] || fail "where the release lies is missing" "sh install.sh ADDRESS"

if [ -z "$to" ]; then
  if [ "$(id -u)" = 0 ]; then to=/usr/local/bin; else to=${HOME:?}/.local/bin; fi
fi

case $(uname -s) in
  Linux) system=linux ;;
  Darwin) system=darwin ;;
  *) fail "there is no garza for $(uname -s)" "On Windows: in WSL" ;;
esac
case $(uname -m) in
  x86_64 | amd64) machine=x64 ;;
  aarch64 | arm64) machine=arm64 ;;
  *) fail "there is no garza for machines of the kind $(uname -m)" ;;
esac
platform=$system-$machine
if [ "$system" = linux ]; then
  for library in /lib/ld-musl-*.so.1; do
    # Some have both: then the other one's loader is there, too.
    if [ -e "$library" ] && ! ls /lib*/ld-linux-*.so.* >/dev/null 2>&1; then platform=$platform-musl; fi
  done
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

get() {
  if command -v curl >/dev/null 2>&1; then
    curl -fsSL --retry 2 -o "$2" "$1"
  elif command -v wget >/dev/null 2>&1; then
    wget -q -O "$2" "$1"
  else
    fail "neither curl nor wget is here" "Install one of them"
  fi || fail "$1 could not be fetched"
}

sum() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

get "$from/SHA256SUMS" "$work/SHA256SUMS"
if [ -n "$key" ]; then
  command -v minisign >/dev/null 2>&1 || fail "minisign is not here, and --key asks for it" "Install it"
  get "$from/SHA256SUMS.minisig" "$work/SHA256SUMS.minisig"
  if [ -f "$key" ]; then public="-p"; else public="-P"; fi
  minisign -V -q "$public" "$key" -m "$work/SHA256SUMS" || fail "the signature of SHA256SUMS is not by this key; nothing was changed"
  echo "the signature is right"
fi

archive=$(sed -n "s/^[0-9a-f]*  \(garza-[0-9][^ /]*-$platform\.tar\.gz\)\$/\1/p" "$work/SHA256SUMS" | head -n 1)
[ -n "$archive" ] || fail "the release at $from has no garza for $platform"
wanted=$(sed -n "s/^\([0-9a-f]\{64\}\)  $archive\$/\1/p" "$work/SHA256SUMS")
get "$from/$archive" "$work/$archive"
found=$(sum "$work/$archive")
[ "$found" = "$wanted" ] || fail "$archive is not what it should be; nothing was changed" "It has $found, and SHA256SUMS says $wanted"

tar -xzf "$work/$archive" -C "$work"
version=$("$work/garza/garza" --version) || fail "the program does not run on this machine; nothing was changed"
mkdir -p "$to"
# Under its own name only when it is whole: who starts garza meanwhile gets the old one or the new one.
cp "$work/garza/garza" "$to/.garza.$$"
chmod 755 "$to/.garza.$$"
mv "$to/.garza.$$" "$to/garza"
echo "installed $version as $to/garza"

complete() {
  command -v "$1" >/dev/null 2>&1 || return 0
  mkdir -p "${2%/*}" 2>/dev/null && "$to/garza" completion "$1" >"$2" 2>/dev/null || return 0
  echo "wrote $2"
}
if [ "$completes" = yes ]; then
  if [ "$(id -u)" = 0 ]; then shared=/usr/local/share; else shared=${XDG_DATA_HOME:-${HOME:?}/.local/share}; fi
  complete bash "$shared/bash-completion/completions/garza"
  complete zsh "$shared/zsh/site-functions/_garza"
  complete fish "$shared/fish/vendor_completions.d/garza.fish"
fi

case :$PATH: in
  *":$to:"*) ;;
  *) echo "$to is not on your PATH; add it: export PATH=\"$to:\$PATH\"" ;;
esac
