FILESEXTRAPATHS:prepend := "${THISDIR}/files:"
SRC_URI += "file://glovebox.cfg"
