using System;
using System.IO;
using System.Threading;

namespace Bulkhead.TestSupport;

/// <summary>
/// A folder of its own that goes away with everything mounted below it. Its path is short, as unix sockets' paths end at 107 bytes, and its
/// name is unique, so that mounts, processes and cgroups which carry it are known to be ours.
/// </summary>
public sealed class TempFolder : IDisposable
{
    private static int s_count;

    /// <param name="kind">What its name begins with.</param>
    /// <param name="inMemory">On a tmpfs: for tens of thousands of files.</param>
    public TempFolder(string kind = "bh", bool inMemory = false)
    {
        // The letter at the end: else one folder's name would be the beginning of another's.
        Name = $"{kind}{Environment.ProcessId}x{Interlocked.Increment(ref s_count)}e";
        FullPath = (inMemory ? "/dev/shm/" : "/tmp/") + Name;
        Directory.CreateDirectory(FullPath);
    }

    public string Name { get; }

    public string FullPath { get; }

    public string this[string name] => Path.Combine(FullPath, name);

    public string Write(string name, string content)
    {
        File.WriteAllText(this[name], content);
        return this[name];
    }

    public string Make(string name) => Directory.CreateDirectory(this[name]).FullName;

    public void Dispose()
    {
        // Deepest first, and lazily: deleting through a mount that stayed would delete what is mounted there.
        string[] mounts = Leftovers.MountsUnder(FullPath);
        Array.Sort(mounts, (a, b) => b.Length - a.Length);
        foreach (string mount in mounts)
        {
            Command.Run("umount", "-l", mount);
        }

        Command.Run("rm", "-rf", "--one-file-system", FullPath).Ok();
    }
}
