# Runs one program so that it, and the record of how it ended, outlive whoever asked for it.
#
#   sh FOLDER/wrapper TOKEN PROGRAM [ARGUMENT…]
#
# Started in a session of its own, with the output files as descriptors 1 and 2 and, maybe, a lock as 3.
# In FOLDER: `started` (a folder), `pid` (pid, start time, boot id, a line each), at the end `exit`
# (status and token); `script` and `stdin` may stand ready for the program and are removed once open.

folder=${0%/*} token=$1
shift

# What the shell itself has to say about the program's end would otherwise stand in the program's output.
exec 8>&2 2>/dev/null

# The program's own PATH may be anything.
ours() (PATH=/usr/bin:/bin:$PATH exec "$@")

# Fields of /proc/PID/stat are counted from behind the name, which may hold anything.
start_of() {
  set -- ${1##*) }
  echo "${20}"
}

# Recovery makes these too: each is made once, and whoever comes second runs nothing.
ours mkdir "$folder/started" || exit 0
if read -r stat <"/proc/$$/stat" && read -r boot </proc/sys/kernel/random/boot_id; then
  start=$(start_of "$stat")
else
  start=$(LC_ALL=C TZ=UTC ours ps -o lstart= -p $$)
  boot=$(PATH=$PATH:/usr/sbin:/sbin ours sysctl -n kern.bootsessionuuid)
fi
set -C
printf '%s\n%s\n%s\n' $$ "$start" "$boot" >"$folder/pid" || exit 0
set +C

# Caught, not ignored: what is ignored here would be ignored by the program too.
trap : HUP INT QUIT TERM USR1 USR2

if [ -f "$folder/stdin" ]; then exec <"$folder/stdin"; fi
if [ -f "$folder/script" ]; then
  {
    ours rm -f "$folder/script" "$folder/stdin"
    (exec "$@" 2>&8 9<&9 8>&- 3<&-)
  } 9<"$folder/script"
else
  if [ -f "$folder/stdin" ]; then ours rm -f "$folder/stdin"; fi
  (exec "$@" 2>&8 8>&- 3<&-)
fi
status=$?
# 128 and the signal, also where the shell counts from elsewhere.
if [ "$status" -gt 255 ]; then status=$((status & 127 | 128)); fi

printf '%s %s\n' "$status" "$token" >"$folder/exit.new" && ours mv -f "$folder/exit.new" "$folder/exit"
exit "$status"
