using System;
using System.Collections.Generic;
using System.IO;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.CgroupV2;

/// <summary>A cgroup below /cgv2, killed and removed at the end, after which nothing of it may be there.</summary>
internal sealed class Box : IDisposable
{
    public const string Mount = "/sys/fs/cgroup";
    public const string Top = Mount + "/cgv2";

    public Box(CgroupResources? resources = null, string path = "box")
    {
        CgroupLayout layout = CgroupLayout.Detect();
        Check.Equal(CgroupMode.Unified, layout.Mode, "the machine's cgroups");
        Cgroup = Cgroup.Create(layout, CgroupTarget.Parse("/cgv2/" + path, "unused"), resources);
        Path = Top + "/" + path;
    }

    public Cgroup Cgroup { get; }

    public string Path { get; }

    /// <summary>A file's text without the last newline.</summary>
    public string this[string file] => File.ReadAllText(Path + "/" + file).TrimEnd('\n');

    public ulong Number(string file) => ulong.Parse(this[file], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Makes a cgroup below by hand, as a container would.</summary>
    public string Inner(string name)
    {
        string path = Path + "/" + name;
        Directory.CreateDirectory(path);
        return path;
    }

    public static Cgroup Open(string path) => Cgroup.Open(new CgroupPaths([new KeyValuePair<string, string>("", path)]));

    public void Dispose()
    {
        _ = Cgroup.Kill();
        Cgroup.Remove();
        Cgroup.Dispose();
        Check.Gone(Path);
    }

    /// <summary>After a failed check too: removes all that the case made.</summary>
    public static void Sweep()
    {
        if (!Directory.Exists(Top))
            return;
        using Cgroup top = Open(Top);
        _ = top.Kill();
        top.Remove();
    }
}
