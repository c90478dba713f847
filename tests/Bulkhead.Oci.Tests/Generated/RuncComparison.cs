using System;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.RegularExpressions;
using Bulkhead.Oci.Tests.Oracle;

namespace Bulkhead.Oci.Tests.Generated;

/// <summary>
/// Runs `runc create` on generated configs and compares its verdict with ours. Each run has mount, uts, ipc and network namespaces of its
/// own, because a config without namespaces would change the host's.
/// </summary>
internal sealed class RuncComparison : IDisposable
{
    private const string Script = """
        runc --root "$1/state" --log "$1/log" create --bundle "$1" "$2" </dev/null >/dev/null 2>&1
        status=$?
        runc --root "$1/state" delete --force "$2" >/dev/null 2>&1
        exit $status
        """;

    // Left alone: what would reach the host's root file system or cgroups, or needs a terminal.
    private static readonly string[] s_leave = ["$.root", "$.root.path", "$.process.terminal", "$.linux.cgroupsPath"];

    private readonly string _bundle = Directory.CreateTempSubdirectory("bulkhead-compare").FullName;

    public RuncComparison()
    {
        string bin = Path.Combine(_bundle, "rootfs", "bin");
        Directory.CreateDirectory(bin);
        File.Copy("/bin/busybox", Path.Combine(bin, "busybox"));
        File.CreateSymbolicLink(Path.Combine(bin, "true"), "busybox");
    }

    public void Dispose() => Directory.Delete(_bundle, recursive: true);

    /// <summary>The difference of one config as a class ("ours: $.path" when we refuse, "runc: message" when runc does), or null.</summary>
    public string? Difference(int number)
    {
        string json = ConfigGenerator.Create(number, s_leave);
        string? ours = Verdict.Of(Encoding.UTF8.GetBytes(json), ValidateOptions.CgroupV1);
        string? theirs = Runc(json, number);
        if ((ours is null) == (theirs is null))
            return null;
        return ours is not null ? "ours: " + Class(ours.Split(": ")[1]) : "runc: " + theirs;
    }

    private string? Runc(string json, int number)
    {
        File.WriteAllText(Path.Combine(_bundle, "config.json"), json);
        string log = Path.Combine(_bundle, "log");
        File.Delete(log);
        string id = "bulkhead-compare-" + number.ToString(CultureInfo.InvariantCulture);
        using var process = System.Diagnostics.Process.Start("unshare", ["-m", "-u", "-i", "-n", "sh", "-c", Script, "sh", _bundle, id]);
        process.WaitForExit();
        if (process.ExitCode == 0)
            return null;
        string text = File.Exists(log) ? File.ReadAllText(log) : "";
        string last = "";
        foreach (Match match in Regex.Matches(text, "level=error msg=\"((?:[^\"\\\\]|\\\\.)*)\""))
            last = match.Groups[1].Value;
        return last;
    }

    private static string Class(string path) => Regex.Replace(path, @"\[\d+\]", "[]");
}
