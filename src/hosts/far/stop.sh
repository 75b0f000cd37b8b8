# Ends the group: TERM, after `g_grace` milliseconds KILL. Says what got away. `g_group` is that of a process without
# a run folder, whose channel is still open.
signal() {
  kill "-$1" "-$g_pid"
  if [ -n "$g_become" ] && [ -n "$(members "$g_pid")" ]; then
    sudo -n kill "-$1" -- "-$g_pid" || sudo -n -u "$g_become" kill "-$1" "-$g_pid"
  fi
} 2>/dev/null

# Outside of the group, but descended from it.
descendants() {
  table | awk -v "group=$g_pid" '
    { parent[$1] = $2; of[$1] = $3; if ($3 == group) family[$1] = 1 }
    END {
      do {
        more = 0
        for (each in parent) if (!(each in family) && (parent[each] in family)) { family[each] = 1; more = 1 }
      } while (more)
      for (each in family) if (of[each] != group) print each
    }'
} 2>/dev/null

# Wherever they are by now. Only Linux tells.
marked() { grep -l -a -F "GARZA_RUN=$g_name" /proc/[0-9]*/environ | tr -dc '0-9\n'; } 2>/dev/null

# Within so many milliseconds; a short nap at first, for the many that end at once.
empties() {
  g_spent=0
  while [ -n "$(members "$g_pid")" ]; do
    [ "$g_spent" -lt "$1" ] || return 1
    if [ "$g_spent" -lt 500 ]; then nap 0.05; g_spent=$((g_spent + 50)); else nap 0.2; g_spent=$((g_spent + 200)); fi
  done
}

stop() {
  g_before='' g_escaped=''
  if alive || [ -n "$g_group" ]; then
    g_pid=${g_group:-$g_pid}
    g_before=$(descendants)
    signal TERM
    # A stopped process can't act on it.
    signal CONT
    empties "$g_grace" || { signal KILL; empties 2000; }
  elif [ -n "$g_pid" ] && [ ! -e "$g_folder/exit" ]; then
    # Without its wrapper, the group's number may be anybody's.
    for g_each in $(marked); do kill -KILL "$g_each"; done 2>/dev/null
  fi
  g_escaped=$(
    for g_each in $g_before $(marked) $([ -z "$g_pid" ] || members "$g_pid"); do
      who "$g_each"
      case $g_state in '' | Z*) ;; *) printf '%s\n' "$g_each" ;; esac
    done | sort -nu | tr '\n' ' '
  )
  say stopped
  printf '%s\n' "$g_escaped"
  say end
}
