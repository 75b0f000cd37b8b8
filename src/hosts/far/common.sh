# What the programs for the far side share. Each comes whole on standard input, behind its variables:
# `g_nonce` marks what is an answer (a login shell may print anything before it), `g_name` is the run folder's.
# What is set here would overwrite a variable of that name in the environment of what is started: hence the names.
umask 077
g_home=${HOME:-$(cd && pwd)}
g_base=$g_home/.cache/garza/run
g_folder=$g_base/$g_name

say() { printf '%s %s\n' "$g_nonce" "$*"; }

nap() { sleep "$1" 2>/dev/null || sleep 1; }

# Sets `g_start`, `g_state`, `g_boot` of a process, as its wrapper did for itself. An empty start: there is none.
who() {
  g_start='' g_state='' g_boot=''
  if read -r g_stat <"/proc/$1/stat" && read -r g_boot </proc/sys/kernel/random/boot_id; then
    set -- ${g_stat##*) }
    g_state=$1 g_start=${20}
  elif [ ! -r /proc/self/stat ]; then
    g_start=$(LC_ALL=C TZ=UTC ps -o lstart= -p "$1")
    g_state=$(ps -o stat= -p "$1")
    g_boot=$(PATH=$PATH:/usr/sbin:/sbin sysctl -n kern.bootsessionuuid)
  fi
} 2>/dev/null

# Sets `g_pid`. True: it is still the process that wrote the file, and more than a zombie.
alive() {
  g_pid='' g_was='' g_wasboot=''
  { read -r g_pid && IFS= read -r g_was && IFS= read -r g_wasboot; } <"$g_folder/pid" || return 1
  who "$g_pid"
  case $g_state in Z*) return 1 ;; esac
  [ -n "$g_start" ] && [ "$g_start" = "$g_was" ] && [ "$g_boot" = "$g_wasboot" ]
} 2>/dev/null

# The process table in lines: pid, parent, group, state.
table() {
  if [ ! -r /proc/self/stat ]; then
    ps -A -o pid= -o ppid= -o pgid= -o stat=
    return
  fi
  for g_file in /proc/[0-9]*/stat; do
    read -r g_stat <"$g_file" || continue
    set -- ${g_stat##*) }
    printf '%s %s %s %s\n' "${g_stat%% *}" "$2" "$3" "$1"
  done
} 2>/dev/null

# Pids of the group that are more than zombies.
members() {
  kill -0 "-$1" 2>/dev/null || return 0
  table | while read -r g_each g_parent g_group g_state; do
    [ "$g_group" = "$1" ] || continue
    case $g_state in Z*) ;; *) printf '%s ' "$g_each" ;; esac
  done
}

# Sets `g_place`: which machine this is, since when it runs, and whose home. Where a folder is missing, that proves
# something only while all of it is as it was when the folder was to be made.
here() {
  who 1
  g_kernel=
  read -r g_kernel </proc/sys/kernel/hostname || g_kernel=$(uname -n)
  g_place="$(id -u) $g_home $g_kernel $g_boot $g_start"
} 2>/dev/null
