using System;
using Bulkhead.Linux;

namespace Bulkhead.Workloads;

/// <summary>Exit statuses of run, as Docker and the shells have them.</summary>
public static class ExitStatus
{
    /// <summary>The container could not be made.</summary>
    public const int RuntimeFailed = 125;

    /// <summary>The program cannot be executed.</summary>
    public const int NotExecutable = 126;

    /// <summary>There is no such program.</summary>
    public const int NotFound = 127;

    /// <summary>It ran, but whoever could have known how it ended was killed.</summary>
    public const int Unknown = 255;

    public static int Of(StepException error)
    {
        if (!error.Step.StartsWith("exec", StringComparison.Ordinal))
            return RuntimeFailed;
        return error.Errno == Errno.ENOENT ? NotFound : NotExecutable;
    }
}
