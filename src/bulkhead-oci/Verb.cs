using System;

namespace Bulkhead.OciCli;

/// <summary>A verb: how it is called, what it does, its options.</summary>
/// <param name="Name">The word.</param>
/// <param name="Usage">What follows it.</param>
/// <param name="Summary">One line for the list of verbs.</param>
/// <param name="Options">Its options.</param>
/// <param name="Words">Least and most words after the options.</param>
/// <param name="Run">Does it: the exit status.</param>
/// <param name="Examples">Lines for its help.</param>
internal sealed record Verb(
    string Name, string Usage, string Summary, Option[] Options, (int Least, int Most) Words, Func<Invocation, int> Run, string[] Examples)
{
    /// <summary>runc ends exec with 255 when the program could not be run.</summary>
    public int FailureStatus { get; init; } = 1;
}
