# What this place has: how a process gets a session of its own, and whether there is room for a run folder.
hello() {
  g_detach=none
  if setsid true; then g_detach=setsid
  elif perl -MPOSIX -e 1; then g_detach=perl
  elif bash -c 'set -m'; then g_detach=bash
  fi
  g_room=no
  if mkdir -p "$g_base" && [ -w "$g_base" ] && [ -d /dev/fd ]; then g_room=yes; fi
  here
  say hello "$g_detach" "$g_room"
  printf '%s\n' "$g_place"
  say end
} 2>/dev/null
