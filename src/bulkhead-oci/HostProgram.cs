using System;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.OciCli;

/// <summary>Runs a program of the host and returns what it prints.</summary>
internal static class HostProgram
{
    private const int MaxOutput = 64 << 20;

    private static ReadOnlySpan<string> Directories => new[] { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin" };

    public static string Output(string name, string[] arguments)
    {
        using Fd output = Sys.MemfdCreate("bulkhead-output", 0, executable: false).OrThrow("make a memory file");
        SpawnProgram program = SpawnProgram.ForStub();
        program.Call(SysNr.close_range, 3, uint.MaxValue, Memfd.CLOSE_RANGE_CLOEXEC);
        program.Call(SysNr.dup3, output, 1, 0);
        program.Call(SysNr.rt_sigprocmask, Signal.SIG_SETMASK, program.Struct(0UL), 0, 8);
        program.Step("run the host's program", name);
        ulong argv = program.TextArray([name, .. arguments]), environment = program.TextArray(["LC_ALL=C"]);
        foreach (string directory in Directories)
        {
            program.Call(SysNr.execve, program.Text(directory + "/" + name), argv, environment);
            program.Accept(Errno.ENOENT);
        }
        program.Fail(Errno.ENOENT);
        using SpawnedProcess process = Spawner.Start(new SpawnRequest { Program = program, Inherit = new[] { output } });
        process.AwaitExec();
        int status = Sys.WaitExit(process.Pidfd).OrThrow("wait for", name).Status;
        Sys.SeekStart(output);
        string text = Encoding.UTF8.GetString(Sys.ReadFile(output, MaxOutput).OrThrow("read the output of", name));
        return status == 0 ? text : throw new StepException($"{name} ended with status {status}");
    }
}
