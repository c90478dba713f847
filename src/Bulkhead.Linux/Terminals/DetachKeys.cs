using System;
using System.Collections.Generic;

namespace Bulkhead.Linux.Terminals;

/// <summary>--detach-keys: a sequence that leaves a container running.</summary>
/// <param name="sequence">Bytes; empty: nothing detaches.</param>
public sealed class DetachKeys(byte[] sequence)
{
    public const string Default = "ctrl-p,ctrl-q";

    private const int MaxLength = 64;

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
        return bytes.Count <= MaxLength ? bytes.ToArray() : throw new StepException($"--detach-keys: more than {MaxLength} keys");
    }

    /// <summary>How much longer than the input what <see cref="Pass"/> gives may be.</summary>
    public int Length => sequence.Length;

    /// <summary>
    /// The bytes that go to the container, and whether the sequence was completed. Its beginning is held back, also at the end of the input, until it goes
    /// on (and goes nowhere) or breaks off (and goes in).
    /// </summary>
    /// <param name="input">What was typed.</param>
    /// <param name="output">As long as the input and the sequence together.</param>
    /// <param name="count">Of the output.</param>
    public bool Pass(ReadOnlySpan<byte> input, Span<byte> output, out int count)
    {
        count = 0;
        foreach (byte key in input)
        {
            while (_matched > 0 && key != sequence[_matched])
            {
                int shorter = LongestRestart();
                sequence.AsSpan(0, _matched - shorter).CopyTo(output[count..]);
                count += _matched - shorter;
                _matched = shorter;
            }
            if (sequence.Length == 0 || key != sequence[_matched])
                output[count++] = key;
            else if (++_matched == sequence.Length)
            {
                _matched = 0;
                return true;
            }
        }
        return false;
    }

    /// <summary>What was held back, at the end of the input.</summary>
    public ReadOnlySpan<byte> Held => sequence.AsSpan(0, _matched);

    /// <summary>How many of the last held keys are a beginning of the sequence too.</summary>
    private int LongestRestart()
    {
        for (int length = _matched - 1; length > 0; length--)
        {
            if (sequence.AsSpan(_matched - length, length).SequenceEqual(sequence.AsSpan(0, length)))
                return length;
        }
        return 0;
    }
}
