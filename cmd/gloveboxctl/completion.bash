# bash completion for gloveboxctl: source <(gloveboxctl completion bash)
_gloveboxctl() {
	local IFS=$'\n' word
	COMPREPLY=()
	for word in $("${COMP_WORDS[0]}" completion bash -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null); do
		COMPREPLY+=("$(printf '%q' "$word")")
	done
}
complete -F _gloveboxctl gloveboxctl
