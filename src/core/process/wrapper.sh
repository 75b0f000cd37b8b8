# Runs one program so that it, and the record of how it ended, outlive whoever asked for it.
#
#   sh FOLDER/wrapper TOKEN PROGRAM [ARGUMENT...]
#
# Started in a session of its own, with the output files as descriptors 1 and 2 and, maybe, a lock as 3.
# In FOLDER: `started` (a folder), `pid` (pid, start time, boot id, a line each), at the end `exit`
# (status and token); `script` and `stdin` may stand ready for the program and are removed once open.
# `until` (seconds since 1970), when it is there at the start, may be moved forward; once it is past, the
# group is ended and the file is called `lapsed`. Where the program ends before, it is called `ended`.

# Whatever is set here would overwrite a variable of that name in the program's environment.
garza_folder=${0%/*} garza_token=$1
shift

# What the shell itself has to say about the program's end would otherwise stand in the program's output.
exec 8>&2 2>/dev/null

# The program's own PATH may be anything.
garza_ours() (PATH=/usr/bin:/bin:$PATH exec "$@")

# Who this is, in lines. Fields of /proc/PID/stat are counted from behind the name, which may hold anything.
garza_identify() {
  if read -r stat <"/proc/$$/stat" && read -r boot </proc/sys/kernel/random/boot_id; then
    set -- ${stat##*) }
    start=${20}
  else
    start=$(LC_ALL=C TZ=UTC garza_ours ps -o lstart= -p $$)
    boot=$(PATH=$PATH:/usr/sbin:/sbin garza_ours sysctl -n kern.bootsessionuuid)
  fi
  printf '%s\n%s\n%s\n' $$ "$start" "$boot"
}

# Ends the group once `until` is past. Signals for the group are for the program; `ended` says that it is over.
garza_watch() {
  PATH=/usr/bin:/bin:$PATH
  trap garza_heed HUP INT QUIT TERM USR1 USR2 CONT
  limit=
  while [ -e "$garza_folder/until" ] && [ ! -e "$garza_folder/ended" ]; do
    read -r limit <"$garza_folder/until"
    now=$(date +%s)
    # A machine that can't even say the time is asked again.
    left=$((${limit:-${now:-0}} - ${now:-0}))
    if [ -z "$limit" ] || [ -z "$now" ] || [ "$left" -gt 5 ]; then left=5; fi
    if [ "$left" -le 0 ]; then garza_lapse; fi
    sleep "$left" &
    wait "$!"
    # A signal ends the wait, but maybe not the sleep.
    kill -KILL "$!"
    wait "$!"
  done
}

# By the name alone: in dash the status of a test is lost where another signal comes meanwhile, and any would end the watch.
garza_heed() {
  for garza_end in "$garza_folder"/ende[d]; do
    case $garza_end in */ended) garza_unwatch ;; esac
  done
}

# KILL, as a sleep that is only just being started may miss anything else. Before the first one, zsh has a 0
# here, and that would be all of the group.
garza_unwatch() {
  if [ "$!" -gt 0 ]; then kill -KILL "$!"; fi
  wait "$!"
  exit
}

garza_lapse() {
  trap '' HUP INT QUIT TERM USR1 USR2
  # A rename needs no room on a full disk, and only one of two finds the file.
  mv "$garza_folder/until" "$garza_folder/lapsed" && [ ! -e "$garza_folder/ended" ] || exit
  kill -TERM 0
  kill -CONT 0
  sleep 5
  kill -KILL 0
}

# Recovery makes these too: each is made once, and whoever comes second runs nothing.
garza_ours mkdir "$garza_folder/started" || exit 0
garza_identity=$(garza_identify)
set -C
printf '%s\n' "$garza_identity" >"$garza_folder/pid" || exit 0
set +C

garza_watcher=
if [ -f "$garza_folder/until" ]; then
  # The program may signal the group before its watcher has come to say that it is not meant.
  trap '' HUP INT QUIT TERM USR1 USR2
  garza_watch </dev/null >/dev/null 3>&- 8>&- &
  garza_watcher=$!
fi

# Caught, not ignored: what is ignored here would be ignored by the program too.
trap : HUP INT QUIT TERM USR1 USR2

if [ -f "$garza_folder/stdin" ]; then exec <"$garza_folder/stdin"; fi
if [ -f "$garza_folder/script" ]; then
  {
    garza_ours rm -f "$garza_folder/script" "$garza_folder/stdin"
    (exec "$@" 2>&8 9<&9 8>&- 3<&-)
  } 9<"$garza_folder/script"
else
  if [ -f "$garza_folder/stdin" ]; then garza_ours rm -f "$garza_folder/stdin"; fi
  (exec "$@" 2>&8 8>&- 3<&-)
fi
garza_status=$?
# 128 and the signal, also where the shell counts from elsewhere.
if [ "$garza_status" -gt 255 ]; then garza_status=$((garza_status & 127 | 128)); fi

# Where `until` has passed already, the watcher still has what else is in the group to end.
if [ -n "$garza_watcher" ] && garza_ours mv "$garza_folder/until" "$garza_folder/ended" &&
  [ ! -e "$garza_folder/lapsed" ]; then
  kill "$garza_watcher"
  wait "$garza_watcher"
fi
printf '%s %s\n' "$garza_status" "$garza_token" >"$garza_folder/exit.new" &&
  garza_ours mv -f "$garza_folder/exit.new" "$garza_folder/exit"
exit "$garza_status"
