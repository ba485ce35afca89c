#compdef gloveboxctl
# zsh completion for gloveboxctl: a file _gloveboxctl in $fpath, or after compinit source <(gloveboxctl completion zsh)
_gloveboxctl() {
	local -a found
	found=(${(f)"$(${words[1]} completion zsh -- "${(@)words[2,CURRENT]}" 2>/dev/null)"})
	compadd -M 'm:{a-z}={A-Z}' -a found
}
if [[ $funcstack[1] == _gloveboxctl ]]; then
	_gloveboxctl "$@"
else
	compdef _gloveboxctl gloveboxctl
fi
