using System;
using System.Diagnostics;
using System.IO;

namespace Bulkhead.Security;

/// <summary>A volume whose "point" is exchanged with a symbolic link, as fast as a process can, until this object ends.</summary>
internal sealed class Swap : IDisposable
{
    private readonly Process exchanger;

    /// <param name="name">Of the volume.</param>
    /// <param name="directory">The point is a directory, else a file.</param>
    /// <param name="target">Where the link leads to.</param>
    /// <param name="below">A folder in the point.</param>
    /// <param name="file">A file in the point, in which stands where it is.</param>
    public Swap(string name, bool directory, string target, string below = "", string file = "")
    {
        Volume = Path.Combine(Host.Work, "volume-" + name);
        Directory.CreateDirectory(Volume);
        Point = Path.Combine(Volume, "point");
        if (directory)
            Directory.CreateDirectory(Path.Combine(Point, below));
        else
            File.WriteAllText(Point, "");
        if (file.Length > 0)
            File.WriteAllText(Path.Combine(Point, file), "inside\n");
        string link = Path.Combine(Volume, "link");
        File.CreateSymbolicLink(link, target);
        exchanger = Host.Start(Host.Probe, "--race", "exchange", Point, link);
        exchanger.StandardOutput.ReadLine();
    }

    public string Volume { get; }

    public string Point { get; }

    public void Dispose()
    {
        exchanger.Kill();
        exchanger.WaitForExit();
        exchanger.Dispose();
        Directory.Delete(Volume, recursive: true);
    }
}
