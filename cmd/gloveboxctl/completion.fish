# fish completion for gloveboxctl: gloveboxctl completion fish | source
function __gloveboxctl
    set -l words (commandline -opc) (commandline -ct)
    command $words[1] completion fish -- $words[2..-1] 2>/dev/null
end
complete -c gloveboxctl -f -a '(__gloveboxctl)'
