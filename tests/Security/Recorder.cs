using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace Bulkhead.Security;

/// <summary>A system call of a process of the host.</summary>
/// <param name="Name">strace's.</param>
/// <param name="Arguments">As the registers had them.</param>
/// <param name="IsTrapped">The process's filter did not let it through: it was told by a SIGSYS instead.</param>
internal sealed record RecordedCall(string Name, ulong[] Arguments, bool IsTrapped)
{
    public override string ToString() => $"{Name}({string.Join(", ", Arguments.Select(a => "0x" + a.ToString("x", CultureInfo.InvariantCulture)))}){(IsTrapped ? " trapped" : "")}";
}

/// <summary>What the processes of a sandbox, and those that they make, ask of the host's kernel from now on, by strace(1).</summary>
internal sealed partial class Recorder : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("bulkhead-calls-").FullName;
    private readonly Process tracer;

    public Recorder(params int[] processes)
    {
        string[] chosen = [.. processes.SelectMany(pid => new[] { "-p", pid.ToString(CultureInfo.InvariantCulture) })];
        tracer = Host.Start("/usr/bin/strace", ["-f", "-ff", "-qq", "-e", "raw=all", "-o", Path.Combine(folder, "call"), .. chosen]);
        Host.Until("the tracer", () => processes.All(IsTraced) || tracer.HasExited);
        Assert.False(tracer.HasExited, tracer.HasExited ? tracer.StandardError.ReadToEnd() : "");
    }

    /// <summary>By thread. Ends the recording.</summary>
    public Dictionary<int, RecordedCall[]> Stop()
    {
        Host.Run("/bin/kill", "-TERM", tracer.Id.ToString(CultureInfo.InvariantCulture)).MustSucceed();
        tracer.WaitForExit();
        return Directory.GetFiles(folder).ToDictionary(file => int.Parse(Path.GetExtension(file)[1..], CultureInfo.InvariantCulture), file => Parse(File.ReadAllLines(file)));
    }

    public void Dispose()
    {
        if (!tracer.HasExited)
            tracer.Kill();
        tracer.WaitForExit();
        tracer.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>All its threads.</summary>
    private static bool IsTraced(int pid) =>
        Directory.GetDirectories($"/proc/{pid}/task").All(task => !File.ReadAllLines(task + "/status").Contains("TracerPid:\t0"));

    /// <summary>
    /// A trapped call is followed by the signal that tells of it. So a call at the very end says nothing: its thread lives on (else a line would tell of its
    /// end), and the recording ended before its signal could come.
    /// </summary>
    private static RecordedCall[] Parse(string[] lines)
    {
        var calls = new List<RecordedCall>();
        for (int i = 0; i < lines.Length - 1; i++)
        {
            Match match = Call().Match(lines[i]);
            if (!match.Success)
                continue;
            ulong[] arguments = [.. Argument().Matches(match.Groups[2].Value).Select(argument => Number(argument.Value))];
            bool isTrapped = lines[i + 1].StartsWith("--- SIGSYS ", StringComparison.Ordinal) && lines[i + 1].Contains("SYS_SECCOMP", StringComparison.Ordinal);
            calls.Add(new RecordedCall(match.Groups[1].Value, arguments, isTrapped));
        }
        return [.. calls];
    }

    private static ulong Number(string word) =>
        word.StartsWith("0x", StringComparison.Ordinal) ? ulong.Parse(word[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture) : ulong.Parse(word, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(\w+)\(([^)]*)")]
    private static partial Regex Call();

    /// <summary>Raw ones are numbers. What was in progress when the recorder came or went says so in words.</summary>
    [GeneratedRegex(@"\b(0x[0-9a-f]+|\d+)\b")]
    private static partial Regex Argument();
}
