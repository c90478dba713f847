using System;
using System.Collections.Generic;
using Bulkhead.Linux;

namespace Bulkhead.Workloads.Attach;

/// <summary>--detach-keys: a sequence that leaves a container running.</summary>
/// <param name="sequence">Bytes; empty: nothing detaches.</param>
public sealed class DetachKeys(byte[] sequence)
{
    public const string Default = "ctrl-p,ctrl-q";

    private int _matched;

    /// <summary>Docker's notation: single characters, or ctrl- with a letter or one of @[\]^_, between commas.</summary>
    public static byte[] Parse(string text)
    {
        var bytes = new List<byte>();
        foreach (string key in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (key.Length == 1 && key[0] < 0x80)
                bytes.Add((byte)key[0]);
            else if (key.Length == 6 && key.StartsWith("ctrl-", StringComparison.Ordinal) && "abcdefghijklmnopqrstuvwxyz@[\\]^_".Contains(key[5], StringComparison.Ordinal))
                bytes.Add((byte)(key[5] & 0x1f));
            else
                throw new StepException($"--detach-keys: '{key}' is no key: give single characters or ctrl-a to ctrl-z, ctrl-@ and ctrl-[ \\ ] ^ _ between commas");
        }
        return bytes.ToArray();
    }

    /// <summary>Whether the sequence was completed; <paramref name="before"/>: how many bytes of these still go to the container.</summary>
    public bool Found(ReadOnlySpan<byte> input, out int before)
    {
        before = input.Length;
        if (sequence.Length == 0)
            return false;
        for (int i = 0; i < input.Length; i++)
        {
            _matched = input[i] == sequence[_matched] ? _matched + 1 : input[i] == sequence[0] ? 1 : 0;
            if (_matched < sequence.Length)
                continue;
            _matched = 0;
            before = Math.Max(0, i + 1 - sequence.Length);
            return true;
        }
        return false;
    }
}
