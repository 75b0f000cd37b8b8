# What became of the process in the run folder, and what it has printed from the offsets `g_out` and `g_err` on:
# once it has ended, or a piece of output is together, or after `g_patience` pauses. Up to `g_safeout` and `g_safeerr`
# nobody will ask for it again.
# With `g_claim`, what was not started yet never will be. A missing folder proves that only where this is still the
# place `g_expected` in which it was to be made.

# Sets `g_found`, `g_code`.
judge() {
  g_code=-
  if is_over; then g_found=exited
  elif [ -e "$g_folder/exit" ]; then g_found=gone
  elif alive; then g_found=running
  # It may have ended in between.
  elif is_over; then g_found=exited
  else g_found=gone
  fi
}

is_over() { read -r g_code g_token <"$g_folder/exit" && [ "$g_token" = "$g_name" ]; } 2>/dev/null

# Sets `g_outsize`, `g_errsize`.
measure() {
  set -- $(cd "$g_folder" && wc -c out err)
  g_outsize=${1:-0} g_errsize=${3:-0}
} 2>/dev/null

# Whole blocks: a read may begin before what was asked for, and end behind what was measured.
emit() {
  say "$1"
  [ "$2" -le "$3" ] || dd if="$g_folder/$1" bs=4096 skip="$(($3 / 4096))" count="$g_blocks" 2>/dev/null
}

never_started() {
  [ -n "$g_claim" ] && [ ! -e "$g_folder/exit" ] && [ ! -f "$g_folder/pid" ] &&
    { mkdir "$g_folder/started" || mkdir "$g_folder/pid" || [ -d "$g_folder/pid" ]; }
} 2>/dev/null

# Each time measured after it was judged: what was printed before an end is in it.
follow() {
  g_pauses=0
  judge
  measure
  while [ "$g_found" = running ] && [ "$g_pauses" -lt "$g_patience" ]; do
    g_fresh=$((g_outsize - g_out + g_errsize - g_err))
    [ "$g_fresh" -lt "$g_plenty" ] || break
    [ "$g_fresh" -le 0 ] || [ "$g_pauses" -lt 4 ] || break
    case $g_pauses in 0) nap 0.02 ;; 1) nap 0.05 ;; 2) nap 0.1 ;; 3) nap 0.2 ;; 4 | 5) nap 0.5 ;; *) nap 1 ;; esac
    g_pauses=$((g_pauses + 1))
    if [ -e "$g_folder/exit" ] || ! kill -0 "$g_pid" 2>/dev/null; then judge; fi
    measure
  done
}

# A start that is still under way finds the folder taken.
claim_place() {
  here
  [ -n "$g_claim" ] && [ "$g_place" = "$g_expected" ] && mkdir "$g_folder"
} 2>/dev/null

# Moves the time that it has forward, never back. Seconds rather than a time of day: the two clocks may differ.
extend() {
  [ -n "$g_until" ] && read -r g_limit <"$g_folder/until" || return 0
  g_later=$(($(date +%s) + g_until))
  [ "$g_later" -gt "$g_limit" ] || return 0
  printf '%s\n' "$g_later" >"$g_folder/until.new" && [ -e "$g_folder/until" ] && mv -f "$g_folder/until.new" "$g_folder/until"
} 2>/dev/null

# What is safe elsewhere is given back to the disk, where that can be done as a hole: what stands behind it stays in its place.
reclaim() {
  [ -z "$g_safeout" ] || fallocate -p -o 0 -l "$g_safeout" "$g_folder/out"
  [ -z "$g_safeerr" ] || fallocate -p -o 0 -l "$g_safeerr" "$g_folder/err"
} >/dev/null 2>&1

look() {
  extend
  reclaim
  g_left='' g_lapsed=no g_code=- g_outsize=0 g_errsize=0 g_pid='' g_was='' g_wasboot=''
  if [ ! -d "$g_folder" ] && ! claim_place; then
    g_found=absent
  elif never_started; then
    g_found=never
  else
    follow
    alive || :
    if [ "$g_found" = exited ] && [ -n "$g_pid" ]; then g_left=$(members "$g_pid"); fi
    if [ -e "$g_folder/lapsed" ]; then g_lapsed=yes; fi
  fi
  say "$g_found" "$g_code" "$g_lapsed" "$g_outsize" "$g_errsize"
  printf '%s\n' "$g_pid" "$g_was" "$g_wasboot" "$g_left"
  emit out "$g_outsize" "$g_out"
  emit err "$g_errsize" "$g_err"
  say end
}
