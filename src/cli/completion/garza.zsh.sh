#compdef garza
# zsh completion for garza
_garza() {
  local -a candidates open closed
  candidates=("${(@f)$(garza completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  open=(${(M)candidates:#*=})
  closed=(${candidates:#*=})
  (( ${#open} )) && compadd -S '' -- "${open[@]}"
  (( ${#closed} )) && compadd -- "${closed[@]}"
  (( ${#open} + ${#closed} )) || _files
}
compdef _garza garza
