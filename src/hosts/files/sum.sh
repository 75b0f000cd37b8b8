sum() {
  say sum
  sha256sum <"$g_path" 2>/dev/null | { read -r g_sum g_rest && printf '%s\n' "$g_sum"; }
  say end
}
