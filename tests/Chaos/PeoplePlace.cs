using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace Bulkhead.Chaos;

/// <summary>A person's data folder and a root file system, for one container called victim.</summary>
internal sealed class PeoplePlace : IDisposable
{
    private static readonly string Program = Environment.GetEnvironmentVariable("BULKHEAD") is { Length: > 0 } named ? named : Place.Repository + "/out/bulkhead";

    private readonly string folder = Directory.CreateTempSubdirectory("bulkhead-people-").FullName;
    private readonly HashSet<string> ids = [];

    public PeoplePlace()
    {
        // The ids of containers pass through it.
        Assert.Equal(0, Ran.Run("chmod", "0711", folder).Status);
        foreach (string name in (string[])["bin", "proc", "dev", "sys", "tmp", "run", "etc"])
            Directory.CreateDirectory(Root + "/" + name);
        Assert.Equal(0, Ran.Run("cp", "/bin/busybox", Root + "/bin").Status);
        foreach (string program in (string[])["true", "sleep"])
            File.CreateSymbolicLink(Root + "/bin/" + program, "busybox");
    }

    /// <summary>Flags of run for every container here.</summary>
    public string Flags { get; set; } = "";

    private string Root => folder + "/rootfs";

    public string Data => folder + "/data";

    public string[] Command(string words) =>
        ["/usr/bin/env", "BULKHEAD_DATA=" + Data, Program, .. Array.ConvertAll((words.StartsWith("run ", StringComparison.Ordinal) ? "run " + Flags + words[4..] : words).Split(' '), word => word == "ROOT" ? Root : word)];

    public Ran Do(string words) => Ran.Run(Command(words));

    /// <summary>Nothing, a container that runs, or one that has ended.</summary>
    public void Prepare(string state)
    {
        if (state.Length == 0)
            return;
        Must(state == "running" ? "run -d --name victim --rootfs ROOT /bin/sleep 1000" : "run --name victim --rootfs ROOT /bin/true");
    }

    /// <summary>Null: all is well after a kill.</summary>
    public string? Mend(IEnumerable<int> pids)
    {
        var left = new List<string>();
        SeeIds();
        Expect(left, "ps -a", "");
        SeeIds();
        // A container without its monitor is lost: ps has given it another, or it is gone.
        Expect(left, "rm -f victim", "no such container");
        left.AddRange(HostView.StillAlive(pids));
        if (Left().Count > 0)
        {
            // A monitor that ps gave it may be at its last step, and of one that was still dying then what it had locked is for the next command to clean.
            left.AddRange(HostView.StillAlive(Processes()));
            Expect(left, "ps -a", "");
            left.AddRange(Left());
        }
        return left.Count == 0 ? null : string.Join(", ", left);
    }

    /// <summary>Null: the name is free.</summary>
    public string? UseAgain()
    {
        var left = new List<string>();
        Expect(left, "run -d --name victim --rootfs ROOT /bin/sleep 1000", "");
        SeeIds();
        Expect(left, "rm -f victim", "");
        left.AddRange(Left());
        return left.Count == 0 ? null : string.Join(", ", left);
    }

    public void Dispose()
    {
        foreach (int pid in Processes())
            Ran.Run("kill", "-9", pid.ToString(CultureInfo.InvariantCulture));
        Do("rm -f victim");
        foreach (string cgroup in Cgroups())
        {
            try
            {
                Directory.Delete(cgroup);
            }
            catch (IOException)
            {
                // A test that failed; its processes are in it.
            }
        }
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Whatever still runs for this folder: commands that hang, and monitors.</summary>
    private List<int> Processes()
    {
        var found = new List<int>();
        foreach (string process in Directory.GetDirectories("/proc"))
        {
            try
            {
                if (int.TryParse(Path.GetFileName(process), out int pid) && File.ReadAllText(process + "/cmdline").Contains(folder, StringComparison.Ordinal))
                    found.Add(pid);
            }
            catch (IOException)
            {
                // Ended while we looked.
            }
        }
        return found;
    }

    private void Must(string words)
    {
        Ran ran = Do(words);
        Assert.True(ran.Status == 0, words + ": " + ran.Errors);
    }

    /// <summary>It succeeds, or says <paramref name="or"/>.</summary>
    private void Expect(List<string> left, string words, string or)
    {
        Ran ran = Do(words);
        if (ran.Status != 0 && (or.Length == 0 || !ran.Errors.Contains(or, StringComparison.Ordinal)))
            left.Add($"{words}: {ran.Status} {ran.Errors}");
    }

    private void SeeIds()
    {
        foreach (string path in Entries(Data + "/containers"))
            ids.Add(Path.GetFileName(path).Split('.')[0]);
    }

    private List<string> Left()
    {
        List<string> left = [.. Entries(Data + "/containers"), .. Entries(Data + "/names"), .. HostView.Mounts(folder), .. Cgroups()];
        foreach (string path in Entries("/run/bulkhead"))
        {
            if (ids.Contains(Path.GetFileName(path).Split('.')[0]))
                left.Add(path);
        }
        // A range whose folder is gone is free.
        foreach (string link in Entries("/run/bulkhead-ids"))
        {
            if (new FileInfo(link).LinkTarget is { } owner && owner.StartsWith(folder, StringComparison.Ordinal) && Directory.Exists(owner))
                left.Add(link);
        }
        return left;
    }

    private List<string> Cgroups() => HostView.Cgroups("bulkhead").FindAll(path => Array.Exists(path.Split('/'), ids.Contains));

    private static string[] Entries(string path) => Directory.Exists(path) ? Directory.GetFileSystemEntries(path) : [];
}
