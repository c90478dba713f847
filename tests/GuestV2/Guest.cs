using System;
using System.Collections.Generic;
using System.IO;
using Bulkhead.CgroupV2;

namespace Bulkhead.GuestV2;

/// <summary>One boot that a class of cases shares: xunit makes it before the first case and hands it to each.</summary>
public abstract class Guest
{
    private readonly Dictionary<string, CaseResult> _results;
    private readonly string _console;
    private readonly bool _ended;

    private protected Guest(GuestImage image, IReadOnlyList<(string Runtime, CaseFile Case)> cases)
        : this(image, payload => Payload.Write(payload, image, cases))
    {
    }

    private protected Guest(GuestImage image, Action<string> writePayload)
    {
        // Kernel and initrd are the same for all.
        foreach (string script in (string[])[GuestImage.Plain.Script, image.Script])
            Repository.Run("bash", Path.Combine(Repository.Root, "eng", "guest", script));
        string payload = Path.Combine(Repository.Work, $"payload.{Guid.NewGuid():N}");
        try
        {
            writePayload(payload);
            (byte[] frames, _console) = Machine.Boot(image.Disk, payload);
            (_results, _ended) = Frames.Read(frames);
        }
        finally
        {
            File.Delete(payload);
            File.Delete(payload + ".frames");
            File.Delete(payload + ".console");
        }
    }

    /// <summary>Fails unless the case ended with 0, with the case's output or, when it never ran, the console's words.</summary>
    internal CaseResult Check(string runtime, string name)
    {
        if (!_results.TryGetValue($"{runtime}/{name}", out CaseResult? result))
        {
            Assert.Fail($"the guest {(_ended ? "left it out" : "died before")}; {_results.Count} cases reported. Console:\n{_console}");
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{result.Milliseconds} ms in the guest\n{result.Output}");
        Assert.True(result.Exit == 0, $"exit {result.Exit} after {result.Milliseconds} ms in the guest\n{result.Output}");
        return result;
    }
}

/// <summary>The boot for bulkhead-oci.</summary>
public sealed class OurGuest() : Guest(GuestImage.Plain, Chosen)
{
    internal static IReadOnlyList<(string Runtime, CaseFile Case)> Chosen { get; } = Selection.Of(GuestImage.Plain, Selection.Ours);
}

/// <summary>The boot for the runtimes of others.</summary>
public sealed class PeerGuest() : Guest(GuestImage.Plain, Chosen)
{
    internal static IReadOnlyList<(string Runtime, CaseFile Case)> Chosen { get; } = Selection.Of(GuestImage.Plain, "crun", "runc");
}

/// <summary>The boot for bulkhead-oci under systemd.</summary>
public sealed class OurSystemdGuest() : Guest(GuestImage.Systemd, Chosen)
{
    internal static IReadOnlyList<(string Runtime, CaseFile Case)> Chosen { get; } = Selection.Of(GuestImage.Systemd, Selection.Ours);
}

/// <summary>The boot for runc under systemd.</summary>
public sealed class PeerSystemdGuest() : Guest(GuestImage.Systemd, Chosen)
{
    internal static IReadOnlyList<(string Runtime, CaseFile Case)> Chosen { get; } = Selection.Of(GuestImage.Systemd, "runc");
}

/// <summary>The boot for the cases of tests/CgroupV2, which call the library without a runtime.</summary>
public sealed class LibraryGuest() : Guest(GuestImage.Plain, payload => Payload.WriteProgram(payload, Program, CaseNames.All))
{
    internal const string Program = "cgroup-v2";
}
