# fish completion of connect, as `connect completion fish` prints it
function __connect_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    $words[1] __complete -- $words[2..-1] "$current" 2>/dev/null
end
complete -c connect -f -a '(__connect_complete | string match -v -- :files)'
complete -c connect -n '__connect_complete | string match -q -- :files' -F
