using System;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.Linux.Tests.Spawn;

public sealed class SpawnTests
{
    internal static SpawnProgram Exec(string file, params string[] arguments)
    {
        SpawnProgram program = SpawnProgram.ForStub();
        program.Step("close what the program must not have");
        program.Call(SysNr.close_range, 3, -1, (long)Memfd.CLOSE_RANGE_CLOEXEC);
        AppendExec(program, file, arguments);
        return program;
    }

    private static void AppendExec(SpawnProgram program, string file, params string[] arguments)
    {
        program.Step("unblock signals");
        program.Call(SysNr.rt_sigprocmask, Signal.SIG_SETMASK, program.Struct(0UL), 0, 8);
        program.Step("exec", file);
        program.Call(SysNr.execve, program.Text(file), program.TextArray([file, .. arguments]), program.TextArray([]));
    }

    internal static int RunToEnd(SpawnRequest request)
    {
        using SpawnedProcess process = Spawner.Start(request);
        process.AwaitExec();
        return Sys.WaitExit(process.Pidfd).OrThrow("wait").Status;
    }

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 7", 7)]
    [InlineData("kill -9 $$", 137)]
    public void A_program_runs_and_its_status_comes_back(string script, int status)
    {
        int seen = RunToEnd(new SpawnRequest { Program = Exec("/bin/sh", "-c", script), Inherit = default });
        Assert.Equal(status, seen);
    }

    [Fact]
    public void A_failing_step_is_named_with_path_and_errno()
    {
        using SpawnedProcess process = Spawner.Start(new SpawnRequest { Program = Exec("/no/such/program"), Inherit = default });
        StepException error = Assert.Throws<StepException>(process.AwaitExec);
        Assert.Equal("exec /no/such/program: no such file or directory", error.Message);
        Sys.WaitExit(process.Pidfd);
    }

    [Fact]
    public void Only_named_descriptors_reach_the_stub_and_none_the_program()
    {
        using Fd secret = Sys.OpenAt(Fd.Cwd, "/etc/passwd", Fcntl.O_RDONLY).OrThrow("open");
        string script = "test $(ls /proc/self/fd | wc -l) -eq 4"; // 0, 1, 2 and the directory that ls reads
        Assert.Equal(0, RunToEnd(new SpawnRequest { Program = Exec("/bin/sh", "-c", script), Inherit = new[] { secret } }));
    }

    [Fact]
    public void Slots_labels_and_tests_steer_the_program()
    {
        SpawnProgram program = SpawnProgram.ForStub();
        Label missing = program.NewLabel(), directory = program.NewLabel(), good = program.NewLabel();
        Slot fd = program.NewSlot();
        program.Step("open");
        program.CallInto(fd, SysNr.openat, Fcntl.AT_FDCWD, program.Text("/no/such"), Fcntl.O_RDONLY);
        program.Accept(Errno.ENOENT, then: missing);
        program.Fail(Errno.EEXIST);
        program.Place(missing);
        program.CallInto(fd, SysNr.openat, Fcntl.AT_FDCWD, program.Text("/proc"), Fcntl.O_RDONLY);
        ulong buffer = program.Reserve(144);
        program.Call(SysNr.fstat, fd, buffer);
        program.JumpIf(buffer + 24, StatMode.S_IFMT, StatMode.S_IFDIR, directory);
        program.Fail(Errno.ENOTDIR);
        program.Place(directory);
        program.Call(SysNr.close, fd);
        program.Call(SysNr.close, fd);
        program.Accept(Errno.EBADF, then: good);
        program.Fail(Errno.EBADF);
        program.Place(good);
        AppendExec(program, "/bin/true");
        Assert.Equal(0, RunToEnd(new SpawnRequest { Program = program, Inherit = default }));
    }

    [Fact]
    public void The_image_behind_proc_pid_exe_is_sealed()
    {
        SpawnProgram program = SpawnProgram.ForStub();
        program.Sync(9);
        using SpawnedProcess process = Spawner.Start(new SpawnRequest { Program = program, Inherit = default });
        process.Await(9);
        string exe = $"/proc/{process.Pid}/exe";
        Assert.Contains("bulkhead-init", Sys.ReadLinkAt(Fd.Cwd, exe).Value, StringComparison.Ordinal);
        using Fd image = Sys.OpenAt(Fd.Cwd, exe, Fcntl.O_RDONLY).OrThrow("open");
        process.Abandon();
        // The process is gone, so ETXTBSY no longer protects the file: the seals do.
        Result<Fd> writable = Sys.OpenAt(Fd.Cwd, $"/proc/self/fd/{image.Value}", Fcntl.O_RDWR);
        Assert.Equal(Errno.EPERM, writable.Ok ? Sys.Write(writable.Value, [1]).Error : writable.Error);
    }

    [Fact]
    public void A_prelude_waits_for_the_parent_to_map_ids()
    {
        SpawnProgram program = SpawnProgram.ForStub();
        program.Sync(SpawnedProcess.SyncStub);
        AppendExec(program, "/bin/sh", "-c", "test $(id -u) = 0 -a $(cut -c 12-22 /proc/self/uid_map) -eq 100000");
        int status = RunToEnd(new SpawnRequest
        {
            Program = program,
            Inherit = default,
            CloneFlags = Sched.CLONE_NEWUSER,
            Prelude = prelude =>
            {
                prelude.Sync(SpawnedProcess.SyncPrelude);
                prelude.Step("become root of the user namespace");
                prelude.Call(SysNr.setresgid, 0, 0, 0);
                prelude.Call(SysNr.setresuid, 0, 0, 0);
            },
            BeforePrelude = process =>
            {
                foreach (string map in (ReadOnlySpan<string>)["gid_map", "uid_map"])
                {
                    using Fd file = Sys.OpenAt(Fd.Cwd, $"/proc/{process.Pid}/{map}", Fcntl.O_WRONLY).OrThrow("open", map);
                    Assert.Equal(Errno.None, Sys.WriteAll(file, "0 100000 65536"u8));
                }
            },
        });
        Assert.Equal(0, status);
    }
}
