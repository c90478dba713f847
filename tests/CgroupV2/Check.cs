using System;
using System.Collections.Generic;
using System.IO;
using Bulkhead.Linux;

namespace Bulkhead.CgroupV2;

/// <summary>What a case asserts, counted: a case without checks fails.</summary>
internal static class Check
{
    public static int Count { get; private set; }

    public static void True(bool holds, string what)
    {
        Count++;
        if (!holds)
            throw new CheckFailedException(what);
    }

    public static void Equal<T>(T want, T got, string what) =>
        True(EqualityComparer<T>.Default.Equals(want, got), $"{what}: want \"{want}\", got \"{got}\"");

    public static void Contains(string part, string text) => True(text.Contains(part, StringComparison.Ordinal), $"\"{part}\" is not in: {text}");

    /// <summary>The action fails with a <see cref="StepException"/> whose message has all the parts.</summary>
    public static StepException Refused(Action action, params ReadOnlySpan<string> parts)
    {
        try
        {
            action();
        }
        catch (StepException e)
        {
            foreach (string part in parts)
                Contains(part, e.Message);
            return e;
        }
        throw new CheckFailedException("was not refused, wanted: " + string.Join(", ", parts.ToArray()));
    }

    public static void Gone(string path) => True(!Directory.Exists(path), path + " is still there");
}
