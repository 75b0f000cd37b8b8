# bash completion for garza; works with the bash 3.2 of macOS too
_garza() {
  local line="${COMP_LINE:0:COMP_POINT}" words last taken candidate
  read -ra words <<< "$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  last="${words[${#words[@]}-1]}"
  # bash itself splits words at = and :, and replaces only what stands behind the last one.
  taken="${last%"${last##*[=:]}"}"
  COMPREPLY=()
  while IFS= read -r candidate; do
    candidate="${candidate%%$'\t'*}"
    candidate="${candidate#"$taken"}"
    [[ "$candidate" == *[[:space:]\'\"\$\&\;\(\)\<\>\|]* ]] && printf -v candidate '%q' "$candidate"
    COMPREPLY+=("$candidate")
  done < <(garza completion words -- "${words[@]:1}" 2>/dev/null)
  if type compopt >/dev/null 2>&1; then
    compopt -o nosort 2>/dev/null
    [[ ${#COMPREPLY[@]} -eq 1 && "${COMPREPLY[0]}" == *= ]] && compopt -o nospace
  fi
}
complete -o default -F _garza garza
