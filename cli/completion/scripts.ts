export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The hidden command that the scripts ask at each key stroke. It answers a line for each candidate, `word TAB description`. */
export const COMPLETE_COMMAND = '__complete';
/** The answer that leaves it to the shell: file names. */
export const FILES_ANSWER = ':files';

const bash = `# bash completion of connect, as \`connect completion bash\` prints it
_connect() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == ${FILES_ANSWER} ]]; then
      compopt -o default 2>/dev/null
      return
    fi
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("\${COMP_WORDS[0]}" ${COMPLETE_COMMAND} -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _connect connect
`;

const zsh = `#compdef connect
# zsh completion of connect, as \`connect completion zsh\` prints it
_connect() {
  local line
  local -a candidates
  while IFS= read -r line; do
    if [[ $line == ${FILES_ANSWER} ]]; then
      _files
      return
    fi
    candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}\${\${line#*$'\\t'}:+:\${line#*$'\\t'}}")
  done < <("\${words[1]}" ${COMPLETE_COMMAND} -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  _describe connect candidates
}
if [[ \${funcstack[1]} == _connect ]]; then
  _connect "$@"
else
  compdef _connect connect
fi
`;

const fish = `# fish completion of connect, as \`connect completion fish\` prints it
function __connect_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    $words[1] ${COMPLETE_COMMAND} -- $words[2..-1] "$current" 2>/dev/null
end
complete -c connect -f -a '(__connect_complete | string match -v -- ${FILES_ANSWER})'
complete -c connect -n '__connect_complete | string match -q -- ${FILES_ANSWER}' -F
`;

/** What a shell has to read to complete \`connect\`. */
export const completionScript = (shell: Shell): string => ({ bash, zsh, fish })[shell];
