# Makes the run folder, fills it (`pieces` comes with it), and starts the wrapper in a session of its own. Where the
# folder is there already, it only looks.
fill() {
  pieces && : >out && : >err || return 1
  # Seconds rather than a time of day: the two clocks may differ.
  [ -z "$g_until" ] || printf '%s\n' "$(($(date +%s) + g_until))" >until
} 2>/dev/null

enter() {
  cd "$g_home" || return 1
  case $g_directory in '' | '~') ;; '~/'*) cd "./${g_directory#??}" ;; /*) cd "$g_directory" ;; *) cd "./$g_directory" ;; esac
}

launch() {
  set -- /bin/sh "$g_folder/wrapper" "$g_name" "$@"
  case $g_detach in
    setsid) exec setsid "$@" ;;
    perl) exec perl -MPOSIX -e 'POSIX::setsid(); exec @ARGV; exit 127' -- "$@" ;;
    bash) exec bash -c 'set -m; "$@" &' _ "$@" ;;
  esac
}

# A moment, in which many have come to their end already. A wrapper that is not our child has its own moment.
await_end() {
  [ "$g_detach" != bash ] || return 0
  g_patience=0
  trap : USR1
  # Again and again: on a busy machine the first one may come before the wait.
  (nap 0.35 && while kill -USR1 $$; do nap 0.1; done) </dev/null >/dev/null 2>&1 &
  g_alarm=$!
  wait "$1"
  kill "$g_alarm" 2>/dev/null
}

# Until it has said who it is.
await_wrapper() {
  g_pauses=0
  while [ ! -s "$g_folder/pid" ] && [ "$g_pauses" -lt 500 ]; do
    nap 0.01
    g_pauses=$((g_pauses + 1))
  done
}

begin() {
  here
  if [ "$g_place" != "$g_expected" ]; then
    # Another route has led elsewhere than where its folder would be looked for.
    say moved
  elif ! (enter) 2>/dev/null; then
    say directory
  elif mkdir "$g_folder" 2>/dev/null; then
    if (cd "$g_folder" && fill); then
      # Within: a shell that keeps a process of its own there must not keep the channel open.
      (exec </dev/null >>"$g_folder/out" 2>>"$g_folder/err" && enter && variables && launch "$@") &
      await_end $!
      await_wrapper
      look
    else
      (cd "$g_folder" && rm -f wrapper script program stdin stdin.whole)
      mkdir "$g_folder/started" 2>/dev/null
      say full
    fi
  elif [ -d "$g_folder" ]; then
    look
  else
    say full
  fi
}
