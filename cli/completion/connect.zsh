#compdef connect
# zsh completion of connect, as `connect completion zsh` prints it
_connect() {
  local line
  local -a candidates
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      _files
      return
    fi
    candidates+=("${${line%%$'\t'*}//:/\\:}${${line#*$'\t'}:+:${line#*$'\t'}}")
  done < <("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
  _describe connect candidates
}
if [[ ${funcstack[1]} == _connect ]]; then
  _connect "$@"
else
  compdef _connect connect
fi
