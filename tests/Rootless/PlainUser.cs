using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Bulkhead.TestSupport;

[assembly: AssemblyFixture(typeof(Bulkhead.Rootless.PlainUser))]

namespace Bulkhead.Rootless;

/// <summary>
/// A user of this machine with subordinate ids, made for the tests and removed after them, and the programs where that user can reach them.
/// </summary>
public sealed class PlainUser : IDisposable
{
    private readonly TempFolder _folder = new("rl");

    public PlainUser()
    {
        Name = $"bhtest-{Environment.ProcessId}";
        // Given by hand: the machine's defaults may give none.
        string uid = Uid.ToString(CultureInfo.InvariantCulture);
        // newuidmap wants the caller's group to be that of passwd(5).
        Command.Run("groupadd", "--gid", uid, Name).Ok();
        Command.Run("useradd", "--no-create-home", "--home-dir", _folder["home"], "--uid", uid, "--gid", uid, Name).Ok();
        Command.Run("usermod", "--add-subuids", $"{FirstSubordinate}-{FirstSubordinate + 65535}", "--add-subgids", $"{FirstSubordinate}-{FirstSubordinate + 65535}", Name).Ok();
        Command.Run("chmod", "755", _folder.FullPath).Ok();
        foreach (string program in new[] { "bulkhead", "bulkhead-monitor", "bulkhead-oci", "bulkhead-kernel" })
            Command.Run("cp", Path.Combine(Repository.Root, "out", program), _folder[program]).Ok();
        Programs = _folder.FullPath;
        Root = _folder.Make("rootfs");
        BusyboxImage.MakeRootFileSystem(Root);
        Command.Run("chown", "-R", $"{Uid}:{Uid}", Root).Ok();
    }

    /// <summary>Of no other user and no other test program that runs now.</summary>
    public static int Uid { get; } = 2_000_000 + Environment.ProcessId;

    public static uint FirstSubordinate { get; } = 1_500_000_000 + (uint)(Environment.ProcessId % 4096 * 65536);

    public static string Name { get; private set; } = "";

    public static string Programs { get; private set; } = "";

    /// <summary>A root file system of the user's own.</summary>
    public static string Root { get; private set; } = "";

    public void Dispose()
    {
        string[] left = Processes();
        try
        {
            foreach (string process in left)
                Command.Run("kill", "-9", process.Split(' ')[0]);
            Poll.Until("the user's processes to end", () => Processes().Length == 0);
            Command.Run("userdel", Name).Ok();
            Assert.DoesNotContain(File.ReadAllLines("/etc/subuid"), line => line.StartsWith(Name + ":", StringComparison.Ordinal));
        }
        finally
        {
            _folder.Dispose();
        }
        Assert.Empty(left);
    }

    /// <summary>"pid name" of what runs with an id of the user's.</summary>
    private static string[] Processes()
    {
        var found = new List<string>();
        foreach (string folder in Directory.GetDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)))
        {
            try
            {
                string[] lines = File.ReadAllLines(folder + "/status");
                long uid = long.Parse(lines.First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1], CultureInfo.InvariantCulture);
                // Ended, and not taken note of by pid 1 yet.
                if (lines.Any(line => line.StartsWith("State:\tZ", StringComparison.Ordinal)))
                    continue;
                if (uid == Uid || (uid >= FirstSubordinate && uid < FirstSubordinate + 65536L))
                    found.Add($"{Path.GetFileName(folder)} {lines[0]}");
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Ended while we looked.
            }
        }
        return [.. found];
    }
}
