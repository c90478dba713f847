namespace Bulkhead.UserKernel.Files.Terminals;

/// <summary>What was typed and nobody has read: whole lines, then the line that is still edited.</summary>
internal sealed class InputQueue
{
    /// <summary>A line is at most this long, with its end (termios(3), "Canonical and noncanonical mode").</summary>
    public const int Size = 4096;

    /// <summary>Stands for the end-of-file character in a line.</summary>
    private const byte EndOfFile = 0;
    private readonly byte[] bytes = new byte[Size];
    private readonly bool[] ends = new bool[Size];
    private int start;

    public int Count { get; private set; }

    /// <summary>Bytes of whole lines.</summary>
    public int Complete { get; private set; }

    /// <summary>Bytes of the line that is edited.</summary>
    public int Edited => Count - Complete;

    /// <summary>One more can be taken. The last place is for the end of a line that has become too long.</summary>
    public bool HasRoom(bool canonical) => Count < Size - 1 || (canonical && Complete == 0);

    /// <summary>By its place from the front.</summary>
    public byte this[int index] => bytes[(start + index) % Size];

    public void Put(byte value)
    {
        if (Count == Size)
            Count--;
        int at = (start + Count) % Size;
        bytes[at] = value;
        ends[at] = false;
        Count++;
    }

    /// <summary>The line ends with <paramref name="value"/>.</summary>
    public void PutEnd(byte value)
    {
        Put(value);
        ends[(start + Count - 1) % Size] = true;
        Complete = Count;
    }

    public void PutEndOfFile() => PutEnd(EndOfFile);

    public void DropEdited(int count) => Count -= count;

    public void Clear() => start = Count = Complete = 0;

    /// <summary>Bytes in whole lines without the marks of end-of-file: FIONREAD.</summary>
    public int Readable()
    {
        int count = Complete;
        for (int i = 0; i < Complete; i++)
        {
            int at = (start + i) % Size;
            if (ends[at] && bytes[at] == EndOfFile)
                count--;
        }
        return count;
    }

    /// <summary>At most one line; without the mark that ended it, which goes along when it is next.</summary>
    public unsafe int TakeLine(byte* to, long count)
    {
        int taken = 0;
        while (taken < count && Complete > 0)
        {
            bool isEnd = ends[start];
            byte value = Next();
            if (isEnd && value == EndOfFile)
                return taken;
            to[taken++] = value;
            if (isEnd)
                return taken;
        }
        if (Complete > 0 && ends[start] && bytes[start] == EndOfFile)
            Next();
        return taken;
    }

    public unsafe int Take(byte* to, long count)
    {
        int taken = 0;
        while (taken < count && Count > 0)
            to[taken++] = Next();
        return taken;
    }

    private byte Next()
    {
        byte value = bytes[start];
        start = (start + 1) % Size;
        Count--;
        if (Complete > 0)
            Complete--;
        return value;
    }

    /// <summary>Canonical mode goes: all can be read.</summary>
    public void ForgetLines()
    {
        System.Array.Clear(ends);
        Complete = 0;
    }

    /// <summary>Canonical mode comes: what is there counts as a line.</summary>
    public void CompleteAll()
    {
        System.Array.Clear(ends);
        Complete = Count;
        if (Count > 0)
            ends[(start + Count - 1) % Size] = true;
    }
}
