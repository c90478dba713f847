using System;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;

namespace Bulkhead.House;

/// <summary>Runs the repository's own scripts.</summary>
internal static class Script
{
    public static string Root { get; } = FindRoot();

    /// <summary>Standard output and error as one text each; a script that hangs is ended by the test runner's limit.</summary>
    public static (int Status, string Output, string Errors) Run(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/bash", [Path.Combine(Root, file), .. arguments])
        {
            WorkingDirectory = Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Bulkhead.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("no Bulkhead.slnx above " + AppContext.BaseDirectory);
    }
}
