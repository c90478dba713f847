using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>The hostile programs of Hostile/*.c and where they run: a container of ours whose kernel and cells the test sees from the host.</summary>
internal static class Hostile
{
    private static readonly string s_sources = Path.Combine(Repository.Root, "tests/UserKernel/Hostile");

    /// <summary>Static, so that the root file system needs nothing else.</summary>
    public static void Compile(string name, string program) =>
        Command.Run("gcc", "-O1", "-g", "-Wall", "-Werror", "-static", "-pthread", "-I", Path.Combine(Repository.Root, "eng/native/gate"), "-o", program, $"{s_sources}/{name}.c").Ok();

    /// <summary>A root file system with this one program, as /bin/NAME.</summary>
    public static string Root(Person person, string name)
    {
        string root = person.Make("root");
        Command.Run("chmod", "755", root).Ok();
        foreach (string folder in (string[])["bin", "tmp", "proc", "dev", "sys", "etc", "run"])
            Directory.CreateDirectory(Path.Combine(root, folder));
        Compile(name, $"{root}/bin/{name}");
        return root;
    }

    public static int KernelOf(Person person, string name) => int.Parse(person.Do("inspect", "--format", "{{.State.Pid}}", name).Ok(), CultureInfo.InvariantCulture);

    public static string[] ChildrenOf(int kernel) => File.ReadAllText($"/proc/{kernel}/task/{kernel}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Names, sizes and times of all files of a tree.</summary>
    public static string[] Snapshot(string tree) =>
        [.. Directory.GetFileSystemEntries(tree, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => $"{path} {(File.Exists(path) ? new FileInfo(path).Length : 0)} {File.GetLastWriteTimeUtc(path).Ticks}")];

    public static Process Start(params string[] words)
    {
        var start = new ProcessStartInfo(words[0]) { RedirectStandardOutput = true };
        foreach (string word in words[1..])
            start.ArgumentList.Add(word);
        return Process.Start(start)!;
    }
}
