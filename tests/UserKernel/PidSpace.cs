using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.Win32.SafeHandles;

namespace Bulkhead.UserKernels;

/// <summary>A pid namespace, kept open: another one that is made later cannot get its number (pid_namespaces(7)).</summary>
internal sealed class PidSpace : IDisposable
{
    private readonly SafeFileHandle held;
    private readonly string? name;

    public PidSpace(int pid)
    {
        held = File.OpenHandle($"/proc/{pid}/ns/pid");
        name = NameOf(pid.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.NotNull(name);
    }

    /// <summary>All processes in it, as the host sees them, whether the kernel knows them or not.</summary>
    public List<string> Processes() =>
        [.. Directory.GetDirectories("/proc").Select(Path.GetFileName).OfType<string>().Where(pid => char.IsAsciiDigit(pid[0]) && NameOf(pid) == name)];

    public void Dispose() => held.Dispose();

    private static string? NameOf(string pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/ns/pid").LinkTarget;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null; // gone since the listing
        }
    }
}
