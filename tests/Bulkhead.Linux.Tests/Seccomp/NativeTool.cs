using System;
using System.Diagnostics;
using System.IO;

namespace Bulkhead.Linux.Tests.Seccomp;

/// <summary>A C program of Native/, compiled when a test first needs it.</summary>
internal sealed class NativeTool
{
    private readonly string _binary;

    public NativeTool(string name, params string[] libraries)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "Seccomp/Native");
        _binary = Path.Combine(folder, name);
        (int status, byte[] output, string error) = Execute("gcc", [], ["-O1", "-Wall", "-Werror", "-o", _binary, Path.Combine(folder, name + ".c"), .. libraries]);
        Assert.True(status == 0, error);
    }

    public (int Status, byte[] Output, string Error) Run(byte[] input, params string[] arguments) => Execute(_binary, input, arguments);

    private static (int Status, byte[] Output, string Error) Execute(string file, byte[] input, string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        process.StandardInput.BaseStream.Write(input);
        process.StandardInput.Close();
        var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.ToArray(), error);
    }
}
