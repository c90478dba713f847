using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;

namespace Bulkhead.Linux.Tests.Cgroups;

/// <summary>A dbus-daemon of our own on a private socket, and systemd1.py on it.</summary>
public sealed class PrivateBus : IDisposable
{
    private const string Config = """
        <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
        <busconfig>
          <type>session</type>
          <listen>unix:path=SOCKET</listen>
          <auth>EXTERNAL</auth>
          <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
        </busconfig>
        """;

    private readonly string _dir = Directory.CreateTempSubdirectory("bulkhead-bus").FullName;
    private readonly Process _daemon;
    private readonly Process _service;

    public PrivateBus()
    {
        File.WriteAllText(_dir + "/bus.conf", Config.Replace("SOCKET", _dir + "/bus", StringComparison.Ordinal));
        _daemon = Start("/usr/bin/dbus-daemon", $"--config-file={_dir}/bus.conf", "--nofork", "--print-address");
        _ = _daemon.StandardOutput.ReadLine();
        _service = Start("/usr/bin/python3", Path.Combine(AppContext.BaseDirectory, "Cgroups", "systemd1.py"), Address);
        if (Call() == "[\"ready\"]")
            return;
        Dispose();
        Assert.Fail("the stand-in for systemd did not start: are python3-dbus and python3-gi installed?");
    }

    public string Address => $"unix:path={_dir}/bus";

    /// <summary>The next call that the service noted, as JSON.</summary>
    public string Call() => _service.StandardOutput.ReadLine() ?? "";

    public List<string> Calls(int count)
    {
        var calls = new List<string>();
        for (int i = 0; i < count; i++)
            calls.Add(Call());
        return calls;
    }

    public void Dispose()
    {
        foreach (Process process in (Process[])[_service, _daemon])
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
        Directory.Delete(_dir, recursive: true);
    }

    private static Process Start(string program, params string[] arguments)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        return Process.Start(info)!;
    }
}
