using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>
/// Which calls are "full": cases that print the same on both kernels show a success and each error of documented-errors.txt. What a case shows
/// is in its output, as SHOW prints it: "read(fd, &amp;byte, 1) = -1 errno EBADF".
/// </summary>
internal static partial class ShownCalls
{
    private const string Folder = "tests/Differential/";

    /// <summary>What the C library calls where the name is another one (glibc 2.36, x86-64).</summary>
    private static readonly Dictionary<string, string> Library = new(StringComparer.Ordinal)
    {
        ["eventfd"] = "eventfd2",
        ["fork"] = "clone",
        ["fstat"] = "newfstatat",
        ["fstatat"] = "newfstatat",
        ["futimens"] = "utimensat",
        ["getrlimit"] = "prlimit64",
        ["lstat"] = "newfstatat",
        ["mkfifo"] = "mknodat",
        ["mknod"] = "mknodat",
        ["nanosleep"] = "clock_nanosleep",
        ["open"] = "openat",
        ["pread"] = "pread64",
        ["prlimit"] = "prlimit64",
        ["pwrite"] = "pwrite64",
        ["recv"] = "recvfrom",
        ["send"] = "sendto",
        ["setrlimit"] = "prlimit64",
        ["sigaction"] = "rt_sigaction",
        ["signalfd"] = "signalfd4",
        ["sigpending"] = "rt_sigpending",
        ["sigprocmask"] = "rt_sigprocmask",
        ["sigqueue"] = "rt_sigqueueinfo",
        ["sigsuspend"] = "rt_sigsuspend",
        ["sigtimedwait"] = "rt_sigtimedwait",
        ["stat"] = "newfstatat",
        ["wait"] = "wait4",
        ["waitpid"] = "wait4",
    };

    /// <summary>The calls of full-calls.txt.</summary>
    public static HashSet<string> Listed => [.. Lines("full-calls.txt")];

    /// <summary>The calls that the outputs of these cases make full.</summary>
    public static SortedSet<string> Full(IEnumerable<string> outputs)
    {
        HashSet<(string Call, string Result)> shown = [.. outputs.SelectMany(output => output.Split('\n')).Select(Read).OfType<(string, string)>()];
        var full = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string line in Lines("documented-errors.txt"))
        {
            string[] words = line.Split(" - ")[0].Split(' ');
            if (words[1..].Append("").All(error => shown.Contains((words[0], error))))
                full.Add(words[0]);
        }
        return full;
    }

    public static void Write(IEnumerable<string> full) =>
        File.WriteAllText(Path.Combine(Repository.Root, Folder, "full-calls.txt"), "# Made by tests/UserKernel (DifferentialTests) from what the cases show.\n" + string.Concat(full.Select(call => call + "\n")));

    private static IEnumerable<string> Lines(string file) => File.ReadAllLines(Path.Combine(Repository.Root, Folder, file)).Where(line => line.Length > 0 && line[0] != '#');

    /// <summary>The call and the name of its error, "" for a success; null: the line shows no call.</summary>
    private static (string, string)? Read(string line)
    {
        Match match = Shown().Match(line);
        if (!match.Success)
            return null;
        string name = match.Groups["name"].Value;
        bool isCall = match.Groups["direct"].Success;
        return (isCall ? name : Library.GetValueOrDefault(name, name), match.Groups["error"].Value);
    }

    [GeneratedRegex(@"^(?<direct>syscall\(SYS_)?(?<name>\w+)[(,)].*(?<=\)) = (ok|-?\d+)( errno (?<error>\w+))?$")]
    private static partial Regex Shown();
}
