using System;
using System.Diagnostics;
using System.Globalization;

namespace Bulkhead.Linux.Cgroups.Systemd;

/// <summary>The few calls of org.freedesktop.systemd1.Manager that cgroups need.</summary>
internal sealed class SystemdManager : IDisposable
{
    private const string Service = "org.freedesktop.systemd1";
    private const string Path = "/org/freedesktop/systemd1";
    private const string Interface = "org.freedesktop.systemd1.Manager";
    private const int JobTimeout = 30_000;

    private readonly DBusConnection _bus;

    private SystemdManager(DBusConnection bus) => _bus = bus;

    /// <summary>Connects to the system's or the user's manager.</summary>
    public static SystemdManager Connect(bool user)
    {
        string address = user ? UserAddress() : SystemAddress();
        try
        {
            var manager = new SystemdManager(DBusConnection.Connect(address));
            manager._bus.AddMatch($"type='signal',sender='{Service}',interface='{Interface}',member='JobRemoved',path='{Path}'");
            return manager;
        }
        catch (StepException e)
        {
            throw new StepException($"systemd cgroups were asked for, but systemd cannot be reached: {e.Message}");
        }
        catch (DBusException e)
        {
            throw new StepException($"systemd cgroups were asked for, but D-Bus refuses: {e.Message}");
        }
    }

    /// <summary>The number in systemd's version ("252.39-1~deb12u1": 252); -1 when it does not tell.</summary>
    public int Version()
    {
        ReadOnlySpan<char> text = Property("Version").AsSpan().TrimStart("\"v");
        int digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
            digits++;
        return int.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out int version) ? version : -1;
    }

    /// <summary>The user manager's own cgroup ("/user.slice/user-1000.slice/user@1000.service").</summary>
    public string ControlGroup() => Property("ControlGroup");

    /// <summary>
    /// StartTransientUnit(s name, s mode, a(sv) properties, a(sa(sv)) aux), and waits for its job. A left-over failed unit of that name is
    /// reset once.
    /// </summary>
    public void StartTransientUnit(string unit, Action<UnitProperties> fill)
    {
        var body = new DBusWriter();
        body.WriteString(unit);
        body.WriteString("replace");
        var properties = new UnitProperties(body);
        fill(properties);
        properties.End();
        body.EndArray(body.BeginArray(8));
        string job;
        try
        {
            job = Job("StartTransientUnit", "ssa(sv)a(sa(sv))", body);
        }
        catch (DBusException e) when (e.Name == "org.freedesktop.systemd1.UnitExists")
        {
            ResetFailed(unit);
            job = Translate(unit, () => Job("StartTransientUnit", "ssa(sv)a(sa(sv))", body));
        }
        catch (DBusException e)
        {
            throw Failed(unit, e);
        }
        string result = WaitFor(job);
        if (result == "done")
            return;
        ResetFailed(unit);
        throw new StepException($"error creating systemd unit `{unit}`: got `{result}`");
    }

    public void SetUnitProperties(string unit, Action<UnitProperties> fill)
    {
        var body = new DBusWriter();
        body.WriteString(unit);
        body.WriteBoolean(true);
        var properties = new UnitProperties(body);
        fill(properties);
        properties.End();
        _ = Translate(unit, () => Call("SetUnitProperties", "sba(sv)", body));
    }

    /// <summary>Stops and forgets a unit; one that is gone is fine.</summary>
    public void StopUnit(string unit)
    {
        var body = new DBusWriter();
        body.WriteString(unit);
        body.WriteString("replace");
        try
        {
            _ = WaitFor(Job("StopUnit", "ss", body));
        }
        catch (DBusException e) when (e.Name == "org.freedesktop.systemd1.NoSuchUnit")
        {
            return;
        }
        catch (DBusException e)
        {
            throw Failed(unit, e);
        }
        ResetFailed(unit);
    }

    public void Dispose() => _bus.Dispose();

    private static string SystemAddress() => Environment.GetEnvironmentVariable("DBUS_SYSTEM_BUS_ADDRESS") is { Length: > 0 } address
        ? address : "unix:path=/run/dbus/system_bus_socket";

    private static string UserAddress()
    {
        if (Environment.GetEnvironmentVariable("DBUS_SESSION_BUS_ADDRESS") is { Length: > 0 } address)
            return address;
        return Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } dir
            ? "unix:path=" + dir + "/bus"
            : throw new StepException("the user's systemd cannot be found: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set");
    }

    private string Property(string name)
    {
        var body = new DBusWriter();
        body.WriteString(Interface);
        body.WriteString(name);
        DBusMessage reply = Translate(name, () => _bus.Call(Service, Path, "org.freedesktop.DBus.Properties", "Get", "ss", body));
        DBusReader reader = reply.Reader();
        return reply.Signature == "v" && reader.ReadSignature() == "s" ? reader.ReadString() : "";
    }

    /// <summary>Cleans up; that there is nothing to clean is no error.</summary>
    private void ResetFailed(string unit)
    {
        var body = new DBusWriter();
        body.WriteString(unit);
        try
        {
            _ = Call("ResetFailedUnit", "s", body);
        }
        catch (DBusException)
        {
            // NoSuchUnit: the unit went away by itself.
        }
    }

    private string Job(string member, string signature, DBusWriter body) => Call(member, signature, body).Reader().ReadString();

    private DBusMessage Call(string member, string signature, DBusWriter body) => _bus.Call(Service, Path, Interface, member, signature, body);

    /// <summary>JobRemoved(u id, o job, s unit, s result): "done", "failed", "canceled", "timeout", ...</summary>
    private string WaitFor(string job)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            int left = JobTimeout - (int)Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            DBusMessage message = _bus.Receive(Math.Max(left, 0));
            if (message.Type != DBusMessageType.Signal || message.Member != "JobRemoved" || message.Signature != "uoss")
                continue;
            DBusReader reader = message.Reader();
            _ = reader.ReadUInt32();
            if (reader.ReadString() != job)
                continue;
            _ = reader.ReadString();
            return reader.ReadString();
        }
    }

    private static T Translate<T>(string unit, Func<T> call)
    {
        try
        {
            return call();
        }
        catch (DBusException e)
        {
            throw Failed(unit, e);
        }
    }

    private static StepException Failed(string unit, DBusException e) => new($"systemd refuses for {unit}: {e.Message}");
}
