using System;
using System.IO;
using System.Linq;

namespace Bulkhead.Security;

/// <summary>A folder of the host beside the root file systems, that nothing in a container may change.</summary>
internal sealed class Outside
{
    private string before;

    public Outside(string name)
    {
        Path = System.IO.Path.Combine(Host.Work, "outside-" + name);
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "folder"));
        File.WriteAllText(System.IO.Path.Combine(Path, "shadow"), "the host's secret");
        before = Look();
    }

    public string Path { get; }

    /// <summary>After a test has put more into it.</summary>
    public void Remember() => before = Look();

    public void AssertUntouched()
    {
        Assert.Equal(before, Look());
        Assert.DoesNotContain(Path, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    /// <summary>Modes, sizes, inodes and times of everything, the host's core_pattern, and the program itself (E1).</summary>
    private string Look()
    {
        string[] all = Directory.GetFileSystemEntries(Path, "*", SearchOption.AllDirectories).Append(Path).Order(StringComparer.Ordinal).ToArray();
        string files = Host.Run("/usr/bin/stat", ["--format=%n %A %u %g %s %i %y %z", .. all]).MustSucceed().Output;
        return files + File.ReadAllText(System.IO.Path.Combine(Path, "shadow")) + File.ReadAllText("/proc/sys/kernel/core_pattern");
    }
}
