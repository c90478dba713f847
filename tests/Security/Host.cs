using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Bulkhead.Security;

/// <summary>What a program said.</summary>
internal sealed record Said(int Status, string Output, string Errors)
{
    public string All => Output + Errors;

    public Said MustSucceed() => Status == 0 ? this : throw new InvalidOperationException($"status {Status}: {All}");
}

/// <summary>The checkout, a folder of this run, the compiled probe, and a process of the host to attack.</summary>
internal static class Host
{
    public static string Root { get; } = FindRoot();

    public static string Runtime { get; } = Path.Combine(Root, "out/bulkhead-oci");

    /// <summary>The command for people.</summary>
    public static string Command { get; } = Path.Combine(Root, "out/bulkhead");

    /// <summary>On a disk file system, not on tmpfs: file handles and overlay want that.</summary>
    public static string Work { get; } = MakeWork();

    /// <summary>The runtime by the name that chooses the user kernel, as an engine calls it.</summary>
    private static string UserKernelRuntime { get; } = File.CreateSymbolicLink(Path.Combine(Work, "bulkhead-userkernel"), Runtime).FullName;

    public static string Probe { get; } = Compile();

    /// <summary>Sacrificed: probes try to reach it. Its child is the first process of a machine of its own.</summary>
    public static Process Victim { get; } = StartVictim();

    /// <summary>
    /// Runs a program in the victim's machine, a pid namespace whose process 1 is an ordinary one: that of the real machine may be shielded even
    /// from root (here readlink("/proc/1/root") is EACCES for root with CAP_SYS_PTRACE, and for this process only).
    /// </summary>
    public static string[] Machine { get; } =
    [
        "/usr/bin/nsenter",
        string.Create(CultureInfo.InvariantCulture, $"--pid=/proc/{Victim.Id}/ns/pid_for_children"),
        string.Create(CultureInfo.InvariantCulture, $"--mount=/proc/{Victim.Id}/ns/mnt"),
    ];

    public static Said Run(string file, params string[] arguments)
    {
        using Process process = Start(file, arguments);
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Said(process.ExitCode, output, errors.Result);
    }

    public static Process Start(string file, params string[] arguments) => Process.Start(new ProcessStartInfo(file, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    /// <summary>Waits for something that another process does; fails after 20 seconds.</summary>
    public static void Until(string what, Func<bool> condition)
    {
        for (int i = 0; !condition(); i++)
        {
            Assert.True(i < 400, "waited for " + what);
            Thread.Sleep(50);
        }
    }

    public static string RuntimeOf(Tier tier) => tier == Tier.UserKernel ? UserKernelRuntime : Runtime;

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Bulkhead.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("no Bulkhead.slnx above " + AppContext.BaseDirectory);
    }

    private static string MakeWork()
    {
        string parent = Path.Combine(Root, ".work");
        Directory.CreateDirectory(parent);
        string folder = Path.Combine(parent, "security." + Environment.ProcessId);
        Directory.CreateDirectory(folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => CleanUp(folder);
        return folder;
    }

    private static void CleanUp(string folder)
    {
        Victim.Kill();
        Victim.WaitForExit();
        Directory.Delete(folder, recursive: true);
    }

    private static string Compile()
    {
        string source = Path.Combine(AppContext.BaseDirectory, "probe"), binary = Path.Combine(Work, "probe");
        string[] files = Directory.GetFiles(source, "*.c").Order(StringComparer.Ordinal).ToArray();
        Run("gcc", ["-std=gnu17", "-O1", "-Wall", "-Wextra", "-Werror", "-static", "-s", "-o", binary, .. files]).MustSucceed();
        return binary;
    }

    private static Process StartVictim()
    {
        Process victim = Start("/usr/bin/unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "/bin/sh", "-c", "echo ready; exec sleep infinity");
        victim.StandardOutput.ReadLine();
        return victim;
    }
}
