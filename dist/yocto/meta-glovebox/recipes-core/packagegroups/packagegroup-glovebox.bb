SUMMARY = "Glovebox on a head unit"
LICENSE = "Apache-2.0"

inherit packagegroup

RDEPENDS:${PN} = "glovebox"
RRECOMMENDS:${PN} = "kernel-module-cdc-acm kernel-module-usbserial kernel-module-slcan kernel-module-can-raw"
