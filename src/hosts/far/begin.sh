# Makes the run folder, fills it from standard input (wrapper, script and input, of the sizes given, one behind the
# other), and starts the wrapper in a session of its own. Where the folder is there already, it only looks.
# `program` is a script that stays there, under its name, until the folder goes.
fill() {
  cat >payload && [ "$(wc -c <payload)" -eq $(($1 + $2 + $3)) ] && : >out && : >err &&
    {
      dd of=wrapper bs="$1" count=1 &&
        if [ "$2" -gt 0 ]; then dd of="$g_script" bs="$2" count=1; fi &&
        if [ -n "$g_input" ]; then cat >stdin; fi
    } <payload || return 1
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

# A moment, in which the wrapper says who it is.
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
    if (cd "$g_folder" && fill $g_sizes); then
      rm -f "$g_folder/payload"
      # Within: a shell that keeps a process of its own there must not keep the channel open.
      (exec </dev/null >>"$g_folder/out" 2>>"$g_folder/err" && enter && variables && launch "$@") &
      await_wrapper
      look
    else
      (cd "$g_folder" && rm -f payload wrapper "$g_script" stdin)
      mkdir "$g_folder/started" 2>/dev/null
      say full
    fi
  elif [ -d "$g_folder" ]; then
    look
  else
    say full
  fi
}
