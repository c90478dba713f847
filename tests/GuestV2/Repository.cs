using System;
using System.Diagnostics;
using System.IO;

namespace Bulkhead.GuestV2;

/// <summary>Where things are in the checkout, and the one way to run a program on the host.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Here { get; } = Path.Combine(Root, "tests", "GuestV2");

    public static string Work { get; } = Path.Combine(Root, ".work", "guest");

    /// <summary>Runs a program to its end and gives its output; a failure throws with all it said.</summary>
    public static string Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException(program);
        System.Threading.Tasks.Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit {process.ExitCode}\n{output}{errors.Result}");
    }

    private static string FindRoot()
    {
        string? at = AppContext.BaseDirectory;
        while (at is not null && !File.Exists(Path.Combine(at, "Directory.Packages.props")))
        {
            at = Path.GetDirectoryName(at);
        }
        return at ?? throw new DirectoryNotFoundException("the tests run from a build inside the checkout");
    }
}
