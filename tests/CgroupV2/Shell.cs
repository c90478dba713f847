using System;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.CgroupV2;

/// <summary>A shell that was cloned into a cgroup (CLONE_INTO_CGROUP), with pipes as its standard streams.</summary>
internal sealed class Shell : IDisposable
{
    private readonly SpawnedProcess _process;
    private readonly Fd _input;
    private readonly Fd _output;
    private bool _reaped;

    public Shell(Fd cgroup, string script)
    {
        Pipe(out Fd theirInput, out _input);
        Pipe(out _output, out Fd theirOutput);
        using (theirInput)
        using (theirOutput)
        {
            SpawnProgram program = SpawnProgram.ForStub();
            program.Step("give the shell its streams");
            program.Call(SysNr.dup3, theirInput, 0, 0);
            program.Call(SysNr.dup3, theirOutput, 1, 0);
            program.Call(SysNr.dup3, theirOutput, 2, 0);
            program.Call(SysNr.close_range, 3, uint.MaxValue, Memfd.CLOSE_RANGE_CLOEXEC);
            program.Call(SysNr.rt_sigprocmask, Signal.SIG_SETMASK, program.Struct(0UL), 0, 8);
            program.Step("exec", "/bin/sh");
            program.Call(SysNr.execve, program.Text("/bin/sh"), program.TextArray(["/bin/sh", "-c", script]), program.TextArray(["PATH=/bin"]));
            _process = Spawner.Start(new SpawnRequest { Program = program, Cgroup = cgroup, Inherit = new[] { theirInput, theirOutput } });
        }
        _process.AwaitExec();
    }

    public Shell(Box box, string script) : this(box.Cgroup.CloneFd!, script)
    {
    }

    public int Pid => _process.Pid;

    /// <summary>The next line; empty at the end.</summary>
    public string Line()
    {
        var line = new StringBuilder();
        Span<byte> one = stackalloc byte[1];
        while (Sys.Read(_output, one) is { Ok: true, Value: 1 } && one[0] != '\n')
            line.Append((char)one[0]);
        return line.ToString();
    }

    public void Tell(string line) => _ = Sys.Write(_input, Encoding.ASCII.GetBytes(line + "\n")).OrThrow("tell the shell", line);

    /// <summary>Waits for its end: exit status, or 128 and the signal.</summary>
    public int Status()
    {
        _reaped = true;
        return Sys.WaitExit(_process.Pidfd).OrThrow("wait for the shell").Status;
    }

    /// <summary>One command, run to its end: all it said, "ok" when that was nothing and the status 0.</summary>
    public static string Try(Box box, string command)
    {
        using var shell = new Shell(box, command);
        var said = new StringBuilder();
        for (string line = shell.Line(); line.Length > 0; line = shell.Line())
            said.Append(line).Append('\n');
        int status = shell.Status();
        return status == 0 && said.Length == 0 ? "ok" : $"{said}status {status}";
    }

    public void Dispose()
    {
        _input.Dispose();
        _output.Dispose();
        if (!_reaped)
            _process.Abandon();
        _process.Dispose();
    }

    private static void Pipe(out Fd read, out Fd write)
    {
        Errno error = Sys.Pipe(out read, out write);
        if (error != Errno.None)
            throw new StepException("make a pipe", error);
    }
}
