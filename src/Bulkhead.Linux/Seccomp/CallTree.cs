using System;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Seccomp;

/// <summary>
/// The calls of one architecture as ranges of numbers with one target each, and their decision tree: neighbours with the same target
/// are one range, a lone number inside another range costs one JEQ, the rest is binary search.
/// </summary>
internal sealed class CallTree(BpfWriter writer)
{
    // A lone number costs one test either way; more than this in a row makes the path longer than a split would.
    private const int LongestChain = 3;

    // Calls whose arguments are checked come first when they are few: the kernel caches the verdict on the others (since Linux 5.11).
    private const int MostFirst = 4;

    private uint[] _starts = new uint[128];
    private BpfTarget[] _targets = new BpfTarget[128];
    private int _count;

    /// <summary>From <paramref name="start"/> on, until the next range. Starts must rise.</summary>
    public void Add(uint start, BpfTarget target)
    {
        if (_count > 0 && _targets[_count - 1] == target)
            return;
        if (_count == _starts.Length)
        {
            Array.Resize(ref _starts, _count * 2);
            Array.Resize(ref _targets, _count * 2);
        }
        _starts[_count] = start;
        _targets[_count++] = target;
    }

    /// <summary>Writes the tree, and before it the load of the call's number.</summary>
    public BpfTarget Write()
    {
        Span<int> first = stackalloc int[MostFirst];
        int firstCount = TakeOutFirst(first, out CallTree rest);
        BpfTarget target = rest.Segment(0, rest._count - 1);
        for (int i = firstCount - 1; i >= 0; i--)
            target = writer.Jump(ClassicBpf.BPF_JEQ, _starts[first[i]], _targets[first[i]], target);
        return writer.Load(0, target);
    }

    private bool IsLone(int i) => i + 1 < _count ? _starts[i + 1] - _starts[i] == 1 : _starts[i] == uint.MaxValue;

    private int TakeOutFirst(Span<int> first, out CallTree rest)
    {
        rest = this;
        int count = 0;
        for (int i = 0; i < _count; i++)
        {
            if (_targets[i].IsReturn || !IsLone(i))
                continue;
            if (count == first.Length)
                return 0;
            first[count++] = i;
        }
        if (count == 0)
            return 0;
        rest = new CallTree(writer);
        for (int i = 0; i < _count; i++)
        {
            if (!first[..count].Contains(i))
                rest.Add(rest._count == 0 ? 0 : _starts[i], _targets[i]);
        }
        return count;
    }

    private BpfTarget Segment(int low, int high)
    {
        if (low == high)
            return _targets[low];
        if (TryChain(low, high, _targets[low], out BpfTarget target) || TryChain(low, high, _targets[low + 1], out target))
            return target;
        int middle = low + (high - low + 1) / 2;
        BpfTarget above = Segment(middle, high);
        BpfTarget below = Segment(low, middle - 1);
        return writer.Jump(ClassicBpf.BPF_JGE, _starts[middle], above, below);
    }

    /// <summary>A few lone numbers with other targets, all else <paramref name="main"/>.</summary>
    private bool TryChain(int low, int high, BpfTarget main, out BpfTarget target)
    {
        target = main;
        int others = 0;
        for (int i = low; i <= high; i++)
        {
            if (_targets[i] == main)
                continue;
            if (!IsLone(i) || ++others > LongestChain)
                return false;
        }
        for (int i = high; i >= low; i--)
        {
            if (_targets[i] != main)
                target = writer.Jump(ClassicBpf.BPF_JEQ, _starts[i], _targets[i], target);
        }
        return true;
    }
}
