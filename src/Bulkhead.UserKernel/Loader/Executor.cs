using System;
using System.Collections.Generic;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Time;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Loader;

/// <summary>execve(2).</summary>
internal static class Executor
{
    private const int MostScripts = 5, ScriptHead = 256, MostBytes = 2 << 20;
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>As a container runtime looks for its first program: in PATH of the environment given.</summary>
    public static long FindInPath(GuestTask task, string[] args, string[] env, out ExecImage? image)
    {
        List<byte[]> arguments = Encode(args), environment = Encode(env);
        image = null;
        if (args[0].Contains('/', StringComparison.Ordinal))
            return Prepare(task, FileSystem.AtCwd, arguments[0], arguments, environment, 0, out image);
        string path = Array.Find(env, text => text.StartsWith("PATH=", StringComparison.Ordinal)) is { } found ? found[5..] : DefaultPath;
        long result = Fail.ENOENT;
        foreach (string directory in path.Split(':'))
        {
            byte[] file = Encoding.UTF8.GetBytes((directory.EndsWith('/') ? directory : directory + "/") + args[0]);
            long error = Prepare(task, FileSystem.AtCwd, file, arguments, environment, 0, out image);
            if (error == 0)
                return 0;
            if (error is not (Fail.ENOENT or Fail.ENOTDIR))
                result = error;
        }
        return result;
    }

    private static List<byte[]> Encode(string[] texts)
    {
        var list = new List<byte[]>(texts.Length);
        foreach (string text in texts)
            list.Add(Encoding.UTF8.GetBytes(text));
        return list;
    }

    /// <summary>Opens and checks everything; nothing has changed when it fails. <paramref name="name"/>: another name for scripts, empty: none.</summary>
    public static long Prepare(GuestTask task, int dirfd, byte[] path, List<byte[]> args, List<byte[]> env, int flags, out ExecImage? image, byte[]? name = null)
    {
        image = null;
        if (Size(args) + Size(env) > MostBytes)
            return Fail.E2BIG;
        byte[] current = path;
        for (int depth = 0; ; depth++)
        {
            long error = Open(task, depth == 0 ? dirfd : FileSystem.AtCwd, current, depth == 0 ? flags : 0, out Fd? file, out string? absolute);
            if (error < 0)
                return error;
            byte[] head = Head(file!);
            if (head.Length >= 2 && head[0] == '#' && head[1] == '!')
            {
                file!.Dispose();
                if (depth >= MostScripts)
                    return Fail.ELOOP;
                byte[] script = depth == 0 && name is not null ? name : current;
                error = Script(head.AsSpan(2, Math.Min(head.Length, ScriptHead) - 2), script, ref args, out byte[] interpreter);
                if (error < 0)
                    return error;
                if (script.Length == 0)
                    return Fail.ENOENT;
                current = interpreter;
                continue;
            }
            return Finish(task, (file!, head), absolute!, path, args, env, out image);
        }
    }

    private static byte[] Head(Fd file)
    {
        byte[] head = new byte[ElfFile.HeadSize];
        Result<int> length = Sys.ReadAt(file, head, 0);
        return head[..(length.Ok ? length.Value : 0)];
    }

    private static long Size(List<byte[]> texts)
    {
        long size = 0;
        foreach (byte[] text in texts)
            size += text.Length + 9;
        return size;
    }

    private static long Open(GuestTask task, int dirfd, byte[] path, int flags, out Fd? file, out string? absolute)
    {
        absolute = null;
        long error = task.Kernel.FileSystem.OpenForExec(task, dirfd, path, flags, out file, out string name);
        if (error == 0)
            absolute = name;
        return error;
    }

    /// <summary>"#!" INTERPRETER [ARGUMENT]: one argument at most, as binfmt_script has it.</summary>
    private static long Script(ReadOnlySpan<byte> line, byte[] script, ref List<byte[]> args, out byte[] interpreter)
    {
        interpreter = [];
        int end = line.IndexOf((byte)'\n');
        if (end < 0 && line.IndexOfAny((byte)' ', (byte)'\0') < 0)
            return Fail.ENOEXEC;
        line = end >= 0 ? line[..end] : line.TrimEnd((byte)0);
        line = line.Trim(" \t"u8);
        int cut = line.IndexOfAny((byte)' ', (byte)'\t');
        interpreter = (cut < 0 ? line : line[..cut]).ToArray();
        if (interpreter.Length == 0)
            return Fail.ENOEXEC;
        var list = new List<byte[]> { interpreter };
        if (cut >= 0)
            list.Add(line[cut..].Trim(" \t"u8).ToArray());
        list.Add(script);
        for (int i = 1; i < args.Count; i++)
            list.Add(args[i]);
        args = list;
        return 0;
    }

    private static long Finish(GuestTask task, (Fd File, byte[] Head) main, string absolute, byte[] path, List<byte[]> args, List<byte[]> env, out ExecImage? image)
    {
        image = null;
        Fd file = main.File;
        long error = ElfFile.Read(file, main.Head, out ElfFile? program);
        ElfFile? interpreter = null;
        if (error == 0 && program!.InterpreterPath is { } wanted)
        {
            error = Open(task, FileSystem.AtCwd, wanted, 0, out Fd? other, out _);
            if (error == 0)
                error = ElfFile.Read(other!, Head(other!), out interpreter);
            if (error < 0)
                other?.Dispose();
            if (error == Fail.ENOEXEC)
                error = Fail.ELIBBAD;
        }
        if (error < 0)
        {
            file.Dispose();
            return error;
        }
        image = new ExecImage
        {
            Program = program!,
            Interpreter = interpreter,
            Args = args.Count == 0 ? [[]] : args,
            Env = env,
            FileName = path,
            Path = absolute,
            Credentials = task.Credentials,
            IsUnreadable = !MayRead(program!) || (interpreter is not null && !MayRead(interpreter)),
        };
        return 0;
    }

    private static bool MayRead(ElfFile elf)
    {
        const int AccessRead = 4, EffectiveIds = 0x200;
        return HostFiles.Named(SysNr.faccessat2, elf.File.Value, "", AccessRead, EffectiveIds | Fcntl.AT_EMPTY_PATH) == 0;
    }

    /// <summary>The point of no return: the new cell is there, the old image goes.</summary>
    public static void Replace(Kernel kernel, GuestTask task, Cell cell, ExecImage image)
    {
        Process process = task.Process;
        // Another thread's execve may have come first.
        if (process.IsZombie || task.State == TaskState.Dead)
        {
            kernel.Abandon(cell);
            image.Close();
            return;
        }
        kernel.GiveUpLocks(process);
        kernel.EndOtherTasks(task);
        Cell old = task.Cell;
        if (old != cell)
            CpuUsage.KeepAtEnd(process);
        process.PosixTimers.Clear();
        Syscalls.AioCalls.Forget(process);
        kernel.LeaveMemory(process);
        if (task.VforkParent is not null)
            kernel.GiveBack(task);
        else if (old != cell)
            kernel.EndHostThread(task);
        process.Actions = process.Actions.Copy();
        process.Actions.ResetHandlers();
        kernel.MoveTo(task, cell);
        process.Files = process.Files.ForExec();
        process.Layout = ImageLayout.None; // until the new one is written
        process.HasExecuted = true;
        kernel.ReleaseVforkWaiter(process);
        process.Executable = image.Path;
        OpenFile? before = process.Program;
        process.Program = kernel.FileSystem.Program(image.Program.File.Value, image.Path);
        before?.Release();
        process.CommandLine = Join(image.Args);
        process.Environment = Join(image.Env);
        task.Credentials = image.Credentials.ForExec(!process.NoNewPrivileges);
        process.Traits = process.Traits.ForExec(image.IsUnreadable);
        task.Name = ShortName(image.FileName.Length > 0 ? image.FileName : Encoding.Latin1.GetBytes(image.Path));
        task.MaskBefore = null;
        task.RobustList = 0;
        (task.AlternateSp, task.AlternateSize, task.AlternateFlags) = (0, 0, 2);
        Kernel.Fill(task);
        process.SharedTexts = 0;
        MemoryPlan plan = MemoryPlan.Make(image, process.Limits[ResourceLimits.Stack].Soft, (elf, offset, length) => kernel.Texts.Find(task, elf.File.Value, offset, length));
        kernel.RunOps(task, plan.Ops, (ready, result) =>
        {
            image.Close();
            plan.Close();
            if (result is < 0 and >= -4095 || !Start(kernel, ready, image, plan))
                kernel.EndProcess(ready.Process, Signal.SIGKILL);
        });
    }

    private static unsafe bool Start(Kernel kernel, GuestTask task, ExecImage image, MemoryPlan plan)
    {
        foreach ((ulong address, int count) in plan.Zeroes)
        {
            if (!HostMemory.Write(task.HostPid, address, new byte[count]))
                return false;
        }
        byte[] stack = InitialStack.Build(image, plan, task.Credentials, kernel.Auxiliary, kernel.Vdso, plan.StackTop, out ImageLayout layout);
        ulong pointer = layout.StackPointer;
        task.Process.Layout = layout;
        if (!HostMemory.Write(task.HostPid, pointer, stack))
            return false;
        ulong entry = image.Interpreter is { } interpreter ? plan.InterpreterBias + interpreter.Entry : plan.ProgramBias + image.Program.Entry;
        Syscalls.ProcessLimits.ApplyAll(task.Process);
        kernel.Jump(task, entry, pointer, plan.Heap);
        return true;
    }

    private static byte[] Join(List<byte[]> texts)
    {
        var all = new List<byte>();
        foreach (byte[] text in texts)
        {
            all.AddRange(text);
            all.Add(0);
        }
        return [.. all];
    }

    /// <summary>comm: the last part of the path, 15 bytes.</summary>
    private static string ShortName(byte[] path)
    {
        string text = Encoding.Latin1.GetString(path);
        text = text[(text.LastIndexOf('/') + 1)..];
        return text.Length > 15 ? text[..15] : text;
    }
}
