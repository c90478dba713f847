using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Bulkhead.TestSupport;

namespace Bulkhead.Oci.Tests.Generated;

/// <summary>
/// Gives generated configs to `create` of bulkhead-oci and of runc, and deletes what they made (create-both.sh). One thread a
/// <see cref="BothRuntimes"/>; what stays on the host carries its <see cref="Name"/>.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed partial class BothRuntimes : IDisposable
{
    // Left alone: what would reach the host's root file system or cgroups, or needs a terminal.
    private static readonly string[] s_leave = ["$.root", "$.root.path", "$.process.terminal", "$.linux.cgroupsPath"];
    private static readonly string s_script = Path.Combine(AppContext.BaseDirectory, "Generated", "create-both.sh");

    private readonly TempFolder _folder = new("bhg");

    public string Name => _folder.Name;

    /// <summary>Removes what a defect left, so that the machine is as before.</summary>
    public void Dispose()
    {
        Leftovers.Remove(Name);
        _folder.Dispose();
    }

    public Compared Compare(int number)
    {
        string bundle = _folder.Make(number.ToString(CultureInfo.InvariantCulture));
        // A root file system of its own: runtimes make mount points in it. The program is looked for, and never run.
        Directory.CreateDirectory(bundle + "/rootfs/bin");
        File.WriteAllText(bundle + "/rootfs/bin/true", "#!/bin/true\n");
        File.SetUnixFileMode(bundle + "/rootfs/bin/true", UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute | UnixFileMode.OtherRead);
        string id = $"{Name}-{number}";
        File.WriteAllText(bundle + "/config.json", Config(number, id));
        Outcome outcome = Command.Run("unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "--mount-proc",
            "sh", s_script, bundle, Name, id, Repository.Runtime);
        var result = new Compared(number, Ours(bundle), Runc(bundle), Defects(outcome, bundle));
        Directory.Delete(bundle, recursive: true);
        return result;
    }

    /// <summary>What carries our name on the host now; empty is right, except inside <see cref="Compare"/>.</summary>
    public string[] OnHost() =>
    [
        .. Leftovers.Processes(Name).Select(p => "process " + p),
        .. Leftovers.MountsUnder(_folder.FullPath).Select(m => "mount " + m),
        .. Directory.EnumerateDirectories("/sys/fs/cgroup", Name + "-*", SearchOption.AllDirectories).Select(c => "cgroup " + c),
        .. Directory.GetFileSystemEntries(_folder.FullPath).Select(f => "file " + f),
    ];

    /// <summary>The text of a config; a cgroup of its own when it is for a container.</summary>
    public static string Config(int number, string id = "NAME-ID")
    {
        JsonNode document = JsonNode.Parse(ConfigGenerator.Create(number, s_leave))!;
        if (document["linux"] is JsonObject linux)
            linux["cgroupsPath"] = "/" + id[..id.LastIndexOf('-')] + "/" + id;
        return document.ToJsonString();
    }

    private static string? Ours(string bundle)
    {
        string text = File.ReadAllText(bundle + "/ours.err");
        string error = text.Split('\n').FirstOrDefault(l => l.Length > 0 && !l.StartsWith("warning: ", StringComparison.Ordinal), "");
        return error.Length == 0 ? null : Class(error.Replace(bundle + "/config.json: ", "", StringComparison.Ordinal), bundle);
    }

    private static string? Runc(string bundle)
    {
        string log = bundle + "/log";
        if (!File.Exists(log))
            return null;
        MatchCollection errors = RuncError().Matches(File.ReadAllText(log));
        return errors.Count == 0 ? null : Class(Regex.Unescape(errors[^1].Groups[1].Value), bundle);
    }

    /// <summary>A message without what differs from config to config.</summary>
    private static string Class(string message, string bundle)
    {
        string text = message.Replace(bundle, "BUNDLE", StringComparison.Ordinal);
        return Numbers().Replace(text.ReplaceLineEndings(" "), "N");
    }

    private static List<string> Defects(Outcome outcome, string bundle)
    {
        var defects = new List<string>();
        string error = File.ReadAllText(bundle + "/ours.err");
        foreach (string line in outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            (string name, string value) = (line[..line.IndexOf('=', StringComparison.Ordinal)], line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            if (name == "ours" && value is not ("0" or "1"))
                defects.Add(value is "124" or "137" ? "hung" : "ended with status " + value);
            else if (name == "ours" && (value == "0") != (Ours(bundle) is null))
                defects.Add("status and message disagree: " + value);
            else if (name.StartsWith("ours.", StringComparison.Ordinal))
                defects.Add(line);
        }
        if (outcome.ExitCode != 0 || !outcome.Out.Contains("ours=", StringComparison.Ordinal))
            defects.Add(outcome.ToString());
        if (error.Contains("internal error", StringComparison.Ordinal) || error.Contains("nhandled", StringComparison.Ordinal))
            defects.Add("crashed");
        if (error.TrimEnd('\n').Split('\n').Count(l => !l.StartsWith("warning: ", StringComparison.Ordinal)) > 1)
            defects.Add("more than one line");
        return defects.Count == 0 ? defects : [.. defects, error];
    }

    [GeneratedRegex("level=error msg=\"((?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex RuncError();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Numbers();
}

/// <summary>What became of one config: null for accepted, else the message; defects are ours alone.</summary>
internal sealed record Compared(int Number, string? Ours, string? Runc, List<string> Defects)
{
    /// <summary>"ours: ..." when only we refuse, "runc: ..." when only runc does, null when they agree.</summary>
    public string? Difference => (Ours is null) == (Runc is null) ? null : Ours is not null ? "ours: " + Ours : "runc: " + Runc;
}
