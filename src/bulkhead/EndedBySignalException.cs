using System;

namespace Bulkhead.Cli;

/// <summary>A signal came before there was a container to pass it to: the command ends as the shells have it, with nothing left.</summary>
internal sealed class EndedBySignalException(int signal) : Exception
{
    private const int FirstStatus = 128;

    public int Status => FirstStatus + signal;

    /// <param name="signal">0: none came.</param>
    public static void ThrowIf(int signal)
    {
        if (signal != 0)
            throw new EndedBySignalException(signal);
    }
}
