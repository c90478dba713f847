using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Bulkhead.Linux.Spawn;

/// <summary>
/// A program for the native interpreter: system calls with ready arguments, the data they point to, and the words for the step that
/// each belongs to. Managed code compiles it before clone; nothing managed runs after (docs/decisions/0002).
/// </summary>
public sealed unsafe class SpawnProgram
{
    private readonly ulong dataAddress;
    private readonly List<int> labels = [];
    private readonly List<(int FirstOp, string Verb, string? Path)> steps = [];
    private byte[] data;
    private int dataLength;
    private ProgramOp[] ops;
    private int opCount;
    private int slotCount;

    private SpawnProgram(ulong dataAddress, int dataCapacity, int opCapacity)
    {
        this.dataAddress = dataAddress;
        data = new byte[dataCapacity];
        ops = new ProgramOp[opCapacity];
    }

    /// <summary>A program for the stub, whose data lies where the stub maps its plan.</summary>
    public static SpawnProgram ForStub() =>
        new(ProgramLayout.PlanAddress + (ulong)sizeof(ProgramHeader), dataCapacity: 16384, opCapacity: 256);

    /// <summary>A program for the child that still shares our memory: its data lies at <paramref name="buffer"/>.</summary>
    internal static SpawnProgram ForLaunch(nint buffer) => new((ulong)buffer, dataCapacity: 256, opCapacity: 32);

    public int OpCount => opCount;

    internal ReadOnlySpan<byte> Data => data.AsSpan(0, dataLength);

    /// <summary>The following ops belong to this step: a failure reads "verb path: errno text".</summary>
    public void Step(string verb, string? path = null) => steps.Add((opCount, verb, path));

    public Slot NewSlot()
    {
        if (slotCount == ProgramLayout.Slots)
            throw new StepException("the container's configuration needs more open files at once than the interpreter has slots");
        return new Slot((byte)slotCount++);
    }

    /// <summary>Slots taken after this are given back when the mark is passed to <see cref="Release"/>.</summary>
    public int Mark() => slotCount;

    public void Release(int mark) => slotCount = mark;

    public Label NewLabel()
    {
        labels.Add(-1);
        return new Label(labels.Count - 1);
    }

    public void Place(Label label) => labels[label.Index] = opCount;

    /// <summary>NUL-terminated UTF-8 in the program's data: its address. NUL inside is refused, it would cut the text.</summary>
    public ulong Text(string text)
    {
        if (text.Contains('\0'))
            throw new StepException("a string with a NUL character cannot be passed to the kernel: " + text.Replace("\0", "\\0", StringComparison.Ordinal));
        int size = Encoding.UTF8.GetByteCount(text) + 1;
        Span<byte> place = ReserveSpan(size, align: 1, out ulong address);
        Encoding.UTF8.GetBytes(text, place);
        return address;
    }

    public ulong Bytes(ReadOnlySpan<byte> bytes, int align = 8)
    {
        bytes.CopyTo(ReserveSpan(bytes.Length, align, out ulong address));
        return address;
    }

    public ulong Struct<T>(in T value) where T : unmanaged
    {
        MemoryMarshal.Write(ReserveSpan(Unsafe.SizeOf<T>(), align: 8, out ulong address), in value);
        return address;
    }

    /// <summary>Zeroed memory for results: its address.</summary>
    public ulong Reserve(int size)
    {
        ReserveSpan(size, align: 8, out ulong address);
        return address;
    }

    /// <summary>A NULL-terminated array of strings, as execve(2) wants argv and envp.</summary>
    public ulong TextArray(ReadOnlySpan<string> texts)
    {
        ulong[] pointers = new ulong[texts.Length + 1];
        for (int i = 0; i < texts.Length; i++)
            pointers[i] = Text(texts[i]);
        return Bytes(MemoryMarshal.AsBytes(pointers.AsSpan()));
    }

    /// <summary>A system call that must succeed.</summary>
    public void Call(int nr, Arg a = default, Arg b = default, Arg c = default, Arg d = default, Arg e = default, Arg f = default) =>
        Append((uint)nr, null, a, b, c, d, e, f);

    /// <summary>A system call that must succeed and whose result later ops use.</summary>
    public Slot CallInto(Slot result, int nr, Arg a = default, Arg b = default, Arg c = default, Arg d = default, Arg e = default, Arg f = default)
    {
        Append((uint)nr, result, a, b, c, d, e, f);
        return result;
    }

    /// <summary>The last op may fail with one of two errnos; then the program goes on, at <paramref name="then"/> if given.</summary>
    public void Accept(Errno errno1, Errno errno2 = Errno.None, Label? then = null)
    {
        ref ProgramOp op = ref ops[opCount - 1];
        op.Errno1 = (ushort)errno1;
        op.Errno2 = (ushort)errno2;
        SetTarget(ref op, ProgramLayout.FlagErrJump, then);
    }

    /// <summary>The last op may fail in any way. After <see cref="Accept"/> with a label: other errors go on with the next op.</summary>
    public void AcceptAny(Label? then = null)
    {
        ref ProgramOp op = ref ops[opCount - 1];
        op.Flags |= ProgramLayout.FlagAnyErrno;
        if (then is not null)
            SetTarget(ref op, ProgramLayout.FlagErrJump, then);
    }

    /// <summary>When the last op succeeds, go on at <paramref name="label"/>. An op has one target: none for its errors then.</summary>
    public void OnSuccess(Label label)
    {
        ref ProgramOp op = ref ops[opCount - 1];
        if ((op.Flags & ProgramLayout.FlagErrJump) != 0)
            throw new InvalidOperationException("an op has one jump target");
        SetTarget(ref op, ProgramLayout.FlagOkJump, label);
    }

    public void Jump(Label label)
    {
        Append(ProgramLayout.OpJump, null);
        SetTarget(ref ops[opCount - 1], 0, label);
    }

    /// <summary>Goes to <paramref name="label"/> if the 32-bit word at <paramref name="address"/>, masked, equals <paramref name="value"/>.</summary>
    public void JumpIf(ulong address, uint mask, uint value, Label label)
    {
        Append(ProgramLayout.OpTest, null, address, mask, value);
        SetTarget(ref ops[opCount - 1], 0, label);
    }

    public void Store32(ulong address, Arg value) => Append(ProgramLayout.OpStore32, null, address, value);

    public void Store64(ulong address, Arg value) => Append(ProgramLayout.OpStore64, null, address, value);

    public void Set(Slot slot, Arg value) => Append(ProgramLayout.OpSet, slot, value);

    public void Fail(Errno errno) => Append(ProgramLayout.OpFail, null, (int)errno);

    /// <summary>Tells the parent, with a value, and waits for its word; the child dies if the parent is gone.</summary>
    public void Sync(int number, Arg value = default) => Append(ProgramLayout.OpSync, null, number, value);

    /// <summary>The child of a clone(2) with these flags goes on with the program; the parent reports its pid and exits.</summary>
    public void Fork(ulong flags)
    {
        Forks++;
        Append(ProgramLayout.OpFork, null, flags);
    }

    internal int Forks { get; private set; }

    /// <summary>Writes a line to stderr and exits.</summary>
    public void Die(string line, int status)
    {
        ulong text = Text(line);
        Append(ProgramLayout.OpDie, null, text, Encoding.UTF8.GetByteCount(line), status);
    }

    /// <summary>The words for op <paramref name="index"/> with <paramref name="errno"/>.</summary>
    internal StepException Failure(int index, Errno errno)
    {
        for (int i = steps.Count - 1; i >= 0; i--)
        {
            if (steps[i].FirstOp <= index)
                return new StepException(steps[i].Verb, errno, steps[i].Path);
        }
        return new StepException("spawn", errno);
    }

    /// <summary>The ops with every label resolved. Once only: labels become op numbers.</summary>
    internal ReadOnlySpan<byte> Link()
    {
        for (int i = 0; i < opCount; i++)
        {
            ref ProgramOp op = ref ops[i];
            bool jumps = op.Nr is ProgramLayout.OpJump or ProgramLayout.OpTest
                || (op.Flags & (ProgramLayout.FlagOkJump | ProgramLayout.FlagErrJump)) != 0;
            if (jumps)
                op.Target = (ushort)labels[op.Target];
        }
        return MemoryMarshal.AsBytes(ops.AsSpan(0, opCount));
    }

    private static void SetTarget(ref ProgramOp op, byte flag, Label? label)
    {
        if (label is not { } place)
            return;
        op.Flags |= flag;
        op.Target = (ushort)place.Index;
    }

    private void Append(uint nr, Slot? save, Arg a = default, Arg b = default, Arg c = default, Arg d = default, Arg e = default, Arg f = default)
    {
        if (opCount == ushort.MaxValue)
            throw new StepException("the container's configuration needs too many steps to start");
        if (opCount == ops.Length)
            Array.Resize(ref ops, opCount * 2);
        ref ProgramOp op = ref ops[opCount++];
        op.Nr = nr;
        op.Save = save?.Index ?? ProgramLayout.NoSlot;
        Put(ref op, 0, a);
        Put(ref op, 1, b);
        Put(ref op, 2, c);
        Put(ref op, 3, d);
        Put(ref op, 4, e);
        Put(ref op, 5, f);
    }

    private static void Put(ref ProgramOp op, int index, Arg arg)
    {
        op.A[index] = arg.Value;
        if (arg.IsSlot)
            op.SlotArgs |= (byte)(1 << index);
    }

    private Span<byte> ReserveSpan(int size, int align, out ulong address)
    {
        // Aligned by address, not by offset: the data does not begin on a round number.
        int skew = (int)(dataAddress % 16);
        int offset = ((dataLength + skew + align - 1) & -align) - skew;
        if (offset + size > data.Length)
            Array.Resize(ref data, Math.Max(data.Length * 2, offset + size));
        dataLength = offset + size;
        address = dataAddress + (ulong)offset;
        return data.AsSpan(offset, size);
    }
}
