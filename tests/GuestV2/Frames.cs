using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Bulkhead.GuestV2;

/// <summary>What one case did: its exit code and all it printed.</summary>
internal sealed record CaseResult(int Exit, int Milliseconds, string Output);

/// <summary>Reads the guest's reports; eng/guest/guest-init says how they look.</summary>
internal static class Frames
{
    /// <summary>
    /// Reads all whole frames. A guest that dies half-way leaves a torn frame at the end: it is dropped, so the case has
    /// no result and fails. Anything else that is not a frame throws.
    /// </summary>
    public static (Dictionary<string, CaseResult> Results, bool Ended) Read(ReadOnlySpan<byte> all)
    {
        Dictionary<string, CaseResult> results = new(StringComparer.Ordinal);
        while (true)
        {
            int newline = all.IndexOf((byte)'\n');
            if (newline < 0)
            {
                return (results, false);
            }
            string head = Encoding.UTF8.GetString(all[..newline]);
            all = all[(newline + 1)..];
            if (head == "end")
            {
                return (results, true);
            }
            string[] words = head.Split(' ');
            if (words is not ["case", string name, string exit, string milliseconds, string length])
            {
                throw new FormatException($"not a frame: {head}");
            }
            int bytes = Number(length);
            if (bytes > all.Length)
            {
                return (results, false);
            }
            results.Add(name, new CaseResult(Number(exit), Number(milliseconds), Encoding.UTF8.GetString(all[..bytes])));
            all = all[bytes..];
        }
    }

    private static int Number(string word) => int.Parse(word, NumberStyles.None, CultureInfo.InvariantCulture);
}
