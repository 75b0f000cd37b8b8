# Removes a run folder whose result is recorded and, with `g_sweep`, those that nobody has asked for in a week.
tidy() {
  rm -rf "$g_folder"
  if [ -n "$g_sweep" ]; then
    for g_folder in "$g_base"/*; do
      [ -n "$(find "$g_folder" -prune -type d -mtime +6)" ] || continue
      alive || rm -rf "$g_folder"
    done
  fi
  say tidy
  say end
} 2>/dev/null
