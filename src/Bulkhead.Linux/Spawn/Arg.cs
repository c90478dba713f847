namespace Bulkhead.Linux.Spawn;

/// <summary>A register of the interpreter: holds the result of one op for later ones.</summary>
public readonly record struct Slot(byte Index);

/// <summary>A place among the ops to jump to; <see cref="SpawnProgram.Place"/> fixes where it is.</summary>
public readonly record struct Label(int Index);

/// <summary>One argument of an op: a value, an address in the program's data, or what a slot holds when the op runs.</summary>
public readonly struct Arg
{
    internal readonly ulong Value;
    internal readonly bool IsSlot;

    private Arg(ulong value, bool isSlot)
    {
        Value = value;
        IsSlot = isSlot;
    }

    public static implicit operator Arg(int value) => new(unchecked((ulong)(long)value), false);

    public static implicit operator Arg(uint value) => new(value, false);

    public static implicit operator Arg(long value) => new(unchecked((ulong)value), false);

    public static implicit operator Arg(ulong value) => new(value, false);

    public static implicit operator Arg(Slot slot) => new(slot.Index, true);

    public static implicit operator Arg(Fd fd) => new(unchecked((ulong)(long)fd.Value), false);
}
