using System;
using System.Collections.Generic;
using System.IO;

namespace Bulkhead.GuestV2;

/// <summary>The one boot all cases share; xunit makes it before the first case and hands it to each.</summary>
public sealed class Guest
{
    private readonly Dictionary<string, CaseResult> _results;
    private readonly string _console;
    private readonly bool _ended;

    public Guest()
    {
        Repository.Run("sh", Path.Combine(Repository.Root, "eng", "guest", "build.sh"), Repository.Work);
        string payload = Path.Combine(Repository.Work, $"payload.{Environment.ProcessId}");
        Payload.Write(payload, Selection.Chosen);
        (byte[] frames, _console) = Machine.Boot(payload);
        (_results, _ended) = Frames.Read(frames);
        File.Delete(payload);
        File.Delete(payload + ".frames");
        File.Delete(payload + ".console");
    }

    /// <summary>Gives a case's result; fails with the console's words when the guest never came to it.</summary>
    internal CaseResult Result(string runtime, string name)
    {
        if (_results.TryGetValue($"{runtime}/{name}", out CaseResult? result))
        {
            return result;
        }
        Assert.Fail($"the guest {(_ended ? "left it out" : "died before")}; {_results.Count} cases reported. Console:\n{_console}");
        return null!;
    }
}
