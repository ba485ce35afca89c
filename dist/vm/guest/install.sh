# install.sh: from `dpkg -i` in a fresh root to purge. In /share: glovebox.deb, glovebox-next.deb, people/ (a scenario's state).
# shellcheck shell=bash disable=SC2317,SC2086,SC2154
STATE=/var/lib/glovebox
values=$(for i in $(seq 100); do printf 'planted-%03d-%s ' "$i" "$(head -c 6 /dev/urandom | od -An -tx1 | tr -d ' \n')"; done)

fresh_install() {
	dpkg -i /share/glovebox.deb || return
	until_ 40 active
}
answers_unconfigured() {
	reads Session1 State idle && ctl status && is "people" "" "$(ctl profiles | tail -n +2)"
}
files_are_whole() {
	is "verify" "" "$(systemd-analyze verify --man=no gloveboxd.service 2>&1)"
	is "modes" "drwx------ glovebox, drwxr-x--- root glovebox, drwxrws--- glovebox glovebox-app" \
		"$(stat -c '%A %U' $STATE), $(stat -c '%A %U %G' /etc/glovebox), $(stat -c '%A %U %G' /run/glovebox-session)"
	su glovebox -s /bin/sh -c 'gloveboxd --check'
	dpkg -V glovebox
}
# people come with a store of a scenario, as a restored image would bring them
people_settle() {
	systemctl stop gloveboxd
	cp /share/people/* $STATE/ && chown glovebox:glovebox $STATE/* && chmod 600 $STATE/*
	echo '# ours' >>/etc/glovebox/gloveboxd.toml
	sed -i 's/^#* *model *=.*/model = "Taycan"/; s/^#* *model_year *=.*/model_year = 2024/' /etc/glovebox/gloveboxd.toml
	systemctl start gloveboxd && login || return
	local all=
	for v in $values; do all="$all{\"name\":\"$v\",\"latitude\":54.19,\"longitude\":6.62},"; done
	ctl settings navigation favourites="[${all%,}]" >/dev/null && ctl logout
}
kept() { [ "$(ctl settings navigation favourites --json | grep -o 'planted-[0-9]*-[0-9a-f]*' | sort -u | wc -l)" = 100 ] || { echo "not all of 100 values are there"; return 1; }; }
upgrade_keeps_people() {
	local before
	before=$(pid)
	DEBIAN_FRONTEND=noninteractive dpkg -i --force-confold /share/glovebox-next.deb || return
	until_ 40 other "$before" && login && kept && ctl logout && grep -q '^# ours' /etc/glovebox/gloveboxd.toml
}
remove_keeps_people() {
	dpkg -r glovebox || return
	is "program" "" "$(ls /usr/bin/gloveboxd 2>/dev/null)"
	[ -s $STATE/keys ] && [ -s $STATE/profiles.db ] && ! pidof gloveboxd || return
	is "unit" "could not be found" "$(systemctl status gloveboxd 2>&1 | grep -o 'could not be found')"
}
installed_again() { dpkg -i /share/glovebox-next.deb && until_ 40 active && login && kept && ctl logout; }
purged() {
	# 64 bytes of each slot's pad, and all planted values, for the raw scan of the image
	for at in 1024 17408; do dd if=$STATE/keys bs=1 skip=$at count=64 status=none | od -An -v -tx1 | tr -d ' \n'; echo; done >/share/slots
	echo "$values" | tr ' ' '\n' | grep . >/share/planted
	dpkg -P glovebox || return
	is "left" "" "$(ls -d $STATE /etc/glovebox /run/glovebox* /usr/share/glovebox /etc/systemd/system/*/gloveboxd* 2>/dev/null)"
	is "package" "" "$(dpkg -l 'glovebox*' 2>/dev/null | grep ^ii)"
	# the negative controls of the scan: a value in the clear, deleted like the rest
	echo "control-in-the-clear" >/var/lib/control && sync && rm /var/lib/control
	sync
}

check "install in a fresh root" fresh_install
check "it answers before anybody configured it" answers_unconfigured
check "files, modes, configuration" files_are_whole
check "people with 100 planted values" people_settle
check "upgrade keeps people and configuration" upgrade_keeps_people
check "remove keeps people" remove_keeps_people
check "installed again: they are back" installed_again
check "purge leaves no file" purged
