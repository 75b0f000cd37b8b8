#compdef garza
# zsh completion for garza
_garza() {
  local -a lines open closed told
  local line
  lines=("${(@f)$(garza completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  lines=(${lines:#})
  for line in $lines; do
    if [[ ${line%%$'\t'*} == *= ]]; then open+=($line); else closed+=($line); fi
  done
  if (( ${#open} )); then
    told=(${open/$'\t'/  -- })
    compadd -l -V garza-open -S '' -d told -- ${open%%$'\t'*}
  fi
  if (( ${#closed} )); then
    told=(${closed/$'\t'/  -- })
    if [[ "$closed" == *$'\t'* ]]; then compadd -l -V garza -d told -- ${closed%%$'\t'*}
    else compadd -V garza -- $closed
    fi
  fi
  (( ${#lines} )) || _files
}
compdef _garza garza
