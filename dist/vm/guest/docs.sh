# docs.sh: docs/install.md, played word by word in a fresh root, as root and in one shell.
# shellcheck shell=bash disable=SC2317,SC2086,SC2154
word_by_word() {
	mkdir -p /root/way && cd /root/way && cp /share/glovebox.deb glovebox_0_amd64.deb || return
	PATH=/share/bin:$PATH /share/probe play /share/way
}
check "docs/install.md, word by word" word_by_word
