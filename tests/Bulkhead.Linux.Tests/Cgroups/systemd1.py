"""Stands in for systemd on a private bus: owns org.freedesktop.systemd1, notes every call as a JSON line, answers as systemd does.

It is libdbus's marshalling against ours. What it does not prove: that systemd itself accepts the values.
"""
import json
import os
import sys

import dbus
import dbus.bus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

MANAGER = "org.freedesktop.systemd1.Manager"
PATH = "/org/freedesktop/systemd1"
HIERARCHY = "/sys/fs/cgroup/systemd"


def plain(value):
    if isinstance(value, dbus.Boolean):
        return bool(value)
    if isinstance(value, (dbus.String, dbus.ObjectPath)):
        return str(value)
    if isinstance(value, dbus.Array) and value.signature == "y":
        return bytes(value).hex()
    if isinstance(value, (dbus.Array, dbus.Struct)):
        return [plain(item) for item in value]
    return int(value)


def typed(properties):
    return [[str(name), type(value).__name__, plain(value)] for name, value in properties]


def slice_path(name):
    parts = name.removesuffix(".slice").split("-")
    return "/".join("-".join(parts[: i + 1]) + ".slice" for i in range(len(parts)))


class Error(dbus.DBusException):
    def __init__(self, name, text):
        super().__init__(text, name="org.freedesktop.systemd1." + name)


class Manager(dbus.service.Object):
    def __init__(self, bus):
        super().__init__(bus, PATH)
        self.jobs = 0
        self.failed = {"bulkhead-leftover.scope"}
        self.units = {}

    def note(self, *call):
        print(json.dumps(call), flush=True)

    def job(self, unit, result):
        self.jobs += 1
        path = f"{PATH}/job/{self.jobs}"
        # Another client's job first: it must not be taken for ours.
        GLib.idle_add(lambda: self.JobRemoved(dbus.UInt32(0), f"{PATH}/job/9999", "other.scope", "failed"))
        GLib.idle_add(lambda: self.JobRemoved(dbus.UInt32(self.jobs), path, unit, result))
        return path

    @dbus.service.method(MANAGER, in_signature="ssa(sv)a(sa(sv))", out_signature="o")
    def StartTransientUnit(self, unit, mode, properties, aux):
        self.note("StartTransientUnit", unit, mode, typed(properties), len(aux))
        if unit in self.failed:
            raise Error("UnitExists", f"Unit {unit} already exists.")
        if "fails" in unit:
            return self.job(unit, "failed")
        values = dict(properties)
        if unit.endswith(".scope") and os.path.isdir(HIERARCHY):
            directory = f"{HIERARCHY}/{slice_path(str(values['Slice']))}/{unit}"
            os.makedirs(directory, exist_ok=True)
            for pid in values["PIDs"]:
                with open(directory + "/cgroup.procs", "w", encoding="ascii") as procs:
                    procs.write(str(int(pid)))
            self.units[unit] = directory
        return self.job(unit, "done")

    @dbus.service.method(MANAGER, in_signature="sba(sv)")
    def SetUnitProperties(self, unit, runtime, properties):
        self.note("SetUnitProperties", unit, bool(runtime), typed(properties))

    @dbus.service.method(MANAGER, in_signature="ss", out_signature="o")
    def StopUnit(self, unit, mode):
        self.note("StopUnit", unit, mode)
        if unit not in self.units:
            raise Error("NoSuchUnit", f"Unit {unit} not loaded.")
        directory = self.units.pop(unit)
        if os.path.isdir(directory):
            os.rmdir(directory)
        return self.job(unit, "done")

    @dbus.service.method(MANAGER, in_signature="s")
    def ResetFailedUnit(self, unit):
        self.note("ResetFailedUnit", unit)
        if unit not in self.failed:
            raise Error("NoSuchUnit", f"Unit {unit} not loaded.")
        self.failed.remove(unit)

    @dbus.service.signal(MANAGER, signature="uoss")
    def JobRemoved(self, number, job, unit, result):
        pass

    @dbus.service.method("org.freedesktop.DBus.Properties", in_signature="ss", out_signature="v")
    def Get(self, interface, name):
        return {"Version": "252.39-1~deb12u1", "ControlGroup": "/user.slice/user-1000.slice/user@1000.service"}[str(name)]


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
connection = dbus.bus.BusConnection(sys.argv[1])
name = dbus.service.BusName("org.freedesktop.systemd1", connection, do_not_queue=True)
manager = Manager(connection)
print(json.dumps(["ready"]), flush=True)
GLib.MainLoop().run()
