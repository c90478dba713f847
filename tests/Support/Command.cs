using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;

namespace Bulkhead.TestSupport;

/// <summary>Runs programs to their end with both outputs captured and a limit on the time they may take.</summary>
public static class Command
{
    /// <summary>How long a command may take before it is killed and the test fails: a hang must not stop the whole run.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static Outcome Run(params string[] argv) => Run(argv, null, null);

    /// <summary>The same with an input, with variables, and with a limit of its own; null: <see cref="Limit"/>.</summary>
    public static Outcome Run(IReadOnlyList<string> argv, string? input, IReadOnlyDictionary<string, string>? environment, TimeSpan? limit = null)
    {
        ArgumentNullException.ThrowIfNull(argv);
        TimeSpan most = limit ?? Limit;
        using Process process = Start(argv, environment);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(input ?? "");
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended or closed its input before it read all: its exit code says the rest.
        }

        // Waiting for the outputs too is on purpose: a process that stays behind with our pipe open is a defect that a test must show.
        if (!process.WaitForExit(most) || !Task.WaitAll([output, error], most))
        {
            Linux.Kill(process.Id, Linux.SIGKILL);
            throw new TimeoutException($"`{string.Join(' ', argv)}` did not end in {most}");
        }

        return new Outcome(string.Join(' ', argv), process.ExitCode, output.Result, error.Result);
    }

    internal static Process Start(IReadOnlyList<string> argv, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo(argv[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        for (int i = 1; i < argv.Count; i++)
        {
            start.ArgumentList.Add(argv[i]);
        }

        foreach (KeyValuePair<string, string> pair in environment ?? new Dictionary<string, string>())
        {
            start.Environment[pair.Key] = pair.Value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"cannot start {argv[0]}");
    }
}
