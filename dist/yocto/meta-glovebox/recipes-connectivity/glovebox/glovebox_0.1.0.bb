SUMMARY = "Agent that looks after the people in a car"
DESCRIPTION = "Logs people in, keeps their settings, leaves nothing of a guest behind and decides who may know where the car is."
LIC_FILES_CHKSUM = "file://src/${GO_IMPORT}/LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

# Where your mirror of the source is. The revision is fixed: a release sets it to its own commit.
GLOVEBOX_GIT ?= "git.example.org/glovebox.git"
SRC_URI = "git://${GLOVEBOX_GIT};protocol=https;branch=main;destsuffix=${GO_SRCURI_DESTSUFFIX}"
SRCREV = "0caec3add28b6df381befeedcb0e027586e483a8"

# Each module that is compiled, with its checksum, and LICENSE with the licences of all. Nothing is downloaded while it compiles.
require glovebox-go-mods.inc
require glovebox-licenses.inc

# The files of the system are those of this layer's own checkout, three folders up.
FILESEXTRAPATHS:prepend := "${THISDIR}/../../../..:"
SRC_URI += "\
    file://gloveboxd.toml \
    file://systemd/gloveboxd.service \
    file://systemd/glovebox-sleep.service \
    file://systemd/60-socketcan.conf \
    file://systemd/60-dbus.conf \
    file://systemd/60-systemd-253.conf \
    file://dbus/org.glovebox.Agent1.conf \
    file://dbus/org.glovebox.Agent1.service \
    file://sysusers.d/glovebox.conf \
    file://tmpfiles.d/glovebox.conf \
    file://modules-load.d/glovebox.conf \
    file://udev/60-glovebox.rules \
"
FROM = "${@d.getVar('UNPACKDIR') or d.getVar('WORKDIR')}"

GO_IMPORT = "glovebox"
GO_INSTALL = "${GO_IMPORT}/cmd/gloveboxd ${GO_IMPORT}/cmd/gloveboxctl"
GO_EXTRA_LDFLAGS = "-s -w -X main.version=${PV}"
GO_LINKSHARED = ""
export CGO_ENABLED = "0"

inherit go-mod systemd useradd features_check

REQUIRED_DISTRO_FEATURES = "systemd"

# The folder's own users, where the image has no systemd-sysusers.
USERADD_PACKAGES = "${PN}"
GROUPADD_PARAM:${PN} = "--system glovebox-hmi; --system glovebox-app"
USERADD_PARAM:${PN} = "--system --user-group --no-create-home --home-dir /var/lib/glovebox --shell /sbin/nologin glovebox"

SYSTEMD_SERVICE:${PN} = "gloveboxd.service"
SYSTEMD_AUTO_ENABLE = "enable"

do_install:append() {
    install -D -m 0640 ${FROM}/gloveboxd.toml ${D}${sysconfdir}/glovebox/gloveboxd.toml
    chown -R root:glovebox ${D}${sysconfdir}/glovebox
    chmod 0750 ${D}${sysconfdir}/glovebox
    install -d -m 0700 -o root -g root ${D}${sysconfdir}/glovebox/credentials

    install -D -m 0644 -t ${D}${systemd_system_unitdir} ${FROM}/systemd/gloveboxd.service ${FROM}/systemd/glovebox-sleep.service
    install -D -m 0644 -t ${D}${datadir}/glovebox/systemd ${FROM}/systemd/60-socketcan.conf ${FROM}/systemd/60-dbus.conf ${FROM}/systemd/60-systemd-253.conf
    install -D -m 0644 -t ${D}${datadir}/dbus-1/system.d ${FROM}/dbus/org.glovebox.Agent1.conf
    install -D -m 0644 -t ${D}${datadir}/dbus-1/system-services ${FROM}/dbus/org.glovebox.Agent1.service
    install -D -m 0644 -t ${D}${datadir}/dbus-1/interfaces ${S}/src/${GO_IMPORT}/agent/hmi/org.glovebox.*.xml
    install -D -m 0644 -t ${D}${nonarch_libdir}/sysusers.d ${FROM}/sysusers.d/glovebox.conf
    install -D -m 0644 -t ${D}${nonarch_libdir}/tmpfiles.d ${FROM}/tmpfiles.d/glovebox.conf
    install -D -m 0644 -t ${D}${nonarch_libdir}/modules-load.d ${FROM}/modules-load.d/glovebox.conf
    install -D -m 0644 -t ${D}${nonarch_base_libdir}/udev/rules.d ${FROM}/udev/60-glovebox.rules

    install -D -m 0644 -t ${D}${mandir}/man8 ${S}/src/${GO_IMPORT}/docs/man/gloveboxd.8
    install -D -m 0644 -t ${D}${mandir}/man5 ${S}/src/${GO_IMPORT}/docs/man/gloveboxd.toml.5
    install -D -m 0644 -t ${D}${mandir}/man1 ${S}/src/${GO_IMPORT}/docs/man/gloveboxctl.1
    install -D -m 0644 ${S}/src/${GO_IMPORT}/cmd/gloveboxctl/completion.bash ${D}${datadir}/bash-completion/completions/gloveboxctl

    rm -rf ${D}${libdir}/go
}

FILES:${PN} += "\
    ${systemd_system_unitdir} ${datadir}/dbus-1 ${datadir}/glovebox \
    ${nonarch_libdir}/sysusers.d ${nonarch_libdir}/tmpfiles.d ${nonarch_libdir}/modules-load.d ${nonarch_base_libdir}/udev \
"
CONFFILES:${PN} = "${sysconfdir}/glovebox/gloveboxd.toml"
RDEPENDS:${PN} += "dbus systemd"
RRECOMMENDS:${PN} += "polkit"
RDEPENDS:${PN}-dev = ""
