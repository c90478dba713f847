using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;

namespace Bulkhead.Chaos;

/// <summary>How a program ended and what it said. Status 128+N: by signal N; -1: it hung and was killed.</summary>
internal sealed record Ran(int Status, string Output, string Errors)
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(60);

    public static Ran Run(params IEnumerable<string> command) => RunWith(null, command);

    public static Ran RunWith(string? folder, params IEnumerable<string> command) => RunFor(Usual, folder, command);

    /// <param name="limit">What takes longer hangs.</param>
    /// <param name="folder">Where it begins; null: anywhere.</param>
    /// <param name="command">The program and its arguments.</param>
    public static Ran RunFor(TimeSpan limit, string? folder, params IEnumerable<string> command)
    {
        string folderOfOutput = Directory.CreateTempSubdirectory("bulkhead-ran-").FullName;
        string output = folderOfOutput + "/output", errors = folderOfOutput + "/errors";
        // Files, not pipes: a container keeps what it was started with, and a pipe would end with it only.
        const string Script = "cd \"$1\" && o=$2 e=$3 && shift 3 && exec \"$@\" >\"$o\" 2>\"$e\" </dev/null";
        var start = new ProcessStartInfo("/bin/sh", ["-c", Script, "sh", folder ?? "/", output, errors, .. command]);
        using Process process = Process.Start(start)!;
        bool ended = process.WaitForExit(limit);
        if (!ended)
            process.Kill();
        var ran = new Ran(ended ? process.ExitCode : -1, Text(output), Text(errors));
        Directory.Delete(folderOfOutput, recursive: true);
        return ran;
    }

    private static string Text(string path) => File.Exists(path) ? File.ReadAllText(path) : "";
}
