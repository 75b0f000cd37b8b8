#!/bin/sh
# Installs what the tests need beside Bun, on Debian and its like; only what is missing.
set -eu

missing=
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }

need git git
need ssh openssh-client
need ssh-keygen openssh-client
[ -x /usr/sbin/sshd ] || missing="$missing openssh-server"
need bash bash
need busybox busybox
need mksh mksh
need zsh zsh
need yash yash
need strace strace
need jq jq
need curl curl
need fish fish
need tcsh tcsh
need tmux tmux
need setsid util-linux
need ps procps
need faketime faketime
need nsenter util-linux
need python3 python3
need bwrap bubblewrap
need minisign minisign
need systemd-analyze systemd

[ -n "$missing" ] || exit 0
command -v apt-get >/dev/null 2>&1 || {
  echo "install these, then run this again:$missing" >&2
  exit 1
}
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
$as_root apt-get -qq update
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends $missing
