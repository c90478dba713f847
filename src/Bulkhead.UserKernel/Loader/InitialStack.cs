using System;
using System.Collections.Generic;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Loader;

/// <summary>Arguments, environment and auxiliary vector as the x86-64 psABI lays them out at a program's start.</summary>
internal static class InitialStack
{
    private const ulong Null = 0, Phdr = 3, Phent = 4, Phnum = 5, PageSize = 6, Base = 7, Flags = 8, Entry = 9, Uid = 11, Euid = 12, Gid = 13, Egid = 14;
    private const ulong Platform = 15, Hwcap = 16, ClockTick = 17, Secure = 23, RandomBytes = 25, Hwcap2 = 26, ExecFileName = 31, Vdso = 33, MinSignalStack = 51;

    /// <summary>The bytes, which go right below <paramref name="top"/>, and where all of it lies.</summary>
    public static byte[] Build(ExecImage image, MemoryPlan plan, Credentials user, HostAuxiliary host, ulong vdso, ulong top, out ImageLayout layout)
    {
        var strings = new List<byte>();
        var offsets = new Dictionary<string, int>();
        List<int> args = Put(strings, image.Args), env = Put(strings, image.Env);
        offsets["file"] = Put(strings, image.FileName);
        offsets["platform"] = Put(strings, "x86_64"u8);
        offsets["random"] = strings.Count;
        strings.AddRange(HostRandom.Bytes(16));
        ulong stringsAt = (top - (ulong)strings.Count - 8) & ~15UL;
        ulong At(int offset) => stringsAt + (ulong)offset;
        ElfFile program = image.Program;
        (ulong Key, ulong Value)[] vector =
        [
            (Vdso, vdso), (Hwcap, host.Hwcap), (PageSize, ElfFile.PageSize), (ClockTick, 100),
            (Phdr, program.HeadersAddress == 0 ? 0 : plan.ProgramBias + program.HeadersAddress), (Phent, 56), (Phnum, (ulong)program.HeaderCount),
            (Base, plan.InterpreterBias), (Flags, 0), (Entry, plan.ProgramBias + program.Entry),
            (Uid, user.Uid), (Euid, user.Euid), (Gid, user.Gid), (Egid, user.Egid), (Secure, user.Uid != user.Euid || user.Gid != user.Egid ? 1UL : 0),
            (RandomBytes, At(offsets["random"])), (Hwcap2, host.Hwcap2), (ExecFileName, At(offsets["file"])), (Platform, At(offsets["platform"])),
            (MinSignalStack, host.MinSignalStack), (Null, 0),
        ];
        int words = 1 + args.Count + 1 + env.Count + 1 + (vector.Length * 2);
        ulong stackPointer = (stringsAt - ((ulong)words * 8)) & ~15UL;
        byte[] bytes = new byte[top - stackPointer];
        Span<ulong> table = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(bytes.AsSpan(0, words * 8));
        int at = 0;
        table[at++] = (ulong)args.Count;
        foreach (int offset in args)
            table[at++] = At(offset);
        at++;
        foreach (int offset in env)
            table[at++] = At(offset);
        at++;
        int auxiliary = at;
        foreach ((ulong key, ulong value) in vector)
        {
            table[at++] = key;
            table[at++] = value;
        }
        strings.CopyTo(bytes, (int)(stringsAt - stackPointer));
        layout = Layout(program, plan) with
        {
            StackPointer = stackPointer,
            ArgStart = At(0),
            ArgEnd = At(env.Count > 0 ? env[0] : offsets["file"]),
            EnvEnd = At(offsets["file"]),
            Auxiliary = bytes[(auxiliary * 8)..(at * 8)],
        };
        return bytes;
    }

    /// <summary>The program's own parts: its text is what may be executed, its data what may be written.</summary>
    private static ImageLayout Layout(ElfFile program, MemoryPlan plan)
    {
        var layout = new ImageLayout { Heap = plan.Heap, StackTop = plan.StackTop, StackSize = plan.StackSize, Loader = plan.Loader, LoaderJumps = plan.LoaderJumps };
        foreach (Segment segment in program.Segments)
        {
            ulong start = plan.ProgramBias + segment.Address, end = start + segment.FileSize;
            if ((segment.Flags & 1) != 0)
                layout = layout with { CodeStart = start, CodeEnd = end };
            else if ((segment.Flags & 2) != 0)
                layout = layout with { DataStart = start, DataEnd = end };
        }
        return layout;
    }

    private static List<int> Put(List<byte> strings, List<byte[]> texts)
    {
        var offsets = new List<int>(texts.Count);
        foreach (byte[] text in texts)
            offsets.Add(Put(strings, text));
        return offsets;
    }

    private static int Put(List<byte> strings, ReadOnlySpan<byte> text)
    {
        int offset = strings.Count;
        strings.AddRange(text);
        strings.Add(0);
        return offset;
    }
}
