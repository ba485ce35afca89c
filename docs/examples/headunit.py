#!/usr/bin/python3
"""headunit.py NAME: logs a person in, turns the radio up, listens, logs out. The PIN comes
on standard input. Debian: python3-gi. Another bus: DBUS_SYSTEM_BUS_ADDRESS."""
import sys
from gi.repository import Gio, GLib

AGENT, ROOT = "org.glovebox.Agent1", "/org/glovebox/Agent1"
bus = Gio.bus_get_sync(Gio.BusType.SYSTEM)
loop = GLib.MainLoop()
no_options = {}


def call(member, signature="()", *args):
    """Calls INTERFACE.METHOD of the car, after org.glovebox. unless it is D-Bus's own."""
    interface, _, method = member.rpartition(".")
    if "." not in interface:
        interface = "org.glovebox." + interface
    return bus.call_sync(AGENT, ROOT, interface, method, GLib.Variant(signature, args), None, 0, -1).unpack()


def heard(_bus, _sender, _path, _interface, signal, args):
    print("signal", signal, *args.unpack())
    if signal in ("Changed", "Ended"):
        loop.quit()


bus.signal_subscribe(AGENT, "org.glovebox.Settings1", None, ROOT, None, 0, heard)
bus.signal_subscribe(AGENT, "org.glovebox.Session1", None, ROOT, None, 0, heard)
(objects,) = call("org.freedesktop.DBus.ObjectManager.GetManagedObjects")
people = {p["org.glovebox.Profile1"]["Name"].lower(): path for path, p in objects.items()}
try:
    (settings,) = call("Session1.Login", "(osa{sv})", people[sys.argv[1].lower()], input(), no_options)
except GLib.Error as refused:
    sys.exit(Gio.DBusError.get_remote_error(refused) + ": " + refused.message)
volume = (settings["radio"]["volume"] + 1) % 101
call("Settings1.Set", "(sa{sv}a{sv})", "radio", {"volume": GLib.Variant("y", volume)}, no_options)
loop.run()  # until Changed
print("volume", call("Settings1.Get", "(s)", "radio")[0]["volume"])
call("Session1.Logout", "(a{sv})", no_options)
loop.run()  # until Ended
