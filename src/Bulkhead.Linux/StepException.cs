using System;

namespace Bulkhead.Linux;

/// <summary>
/// The one exception of runtime code: which step failed, with which errno, on what. <see cref="Exception.Message"/> is the one line
/// that an executable prints.
/// </summary>
public sealed class StepException : Exception
{
    public StepException(string step, Errno errno, string? path = null)
        : base(Describe(step, errno, path))
    {
        Step = step;
        Errno = errno;
        Path = path;
    }

    /// <summary>An error of ours that no system call gave: bad input, a refused request.</summary>
    public StepException(string message) : base(message) => Step = message;

    public string Step { get; }

    public Errno Errno { get; }

    public string? Path { get; }

    private static string Describe(string step, Errno errno, string? path) =>
        path is null ? $"{step}: {errno.Describe()}" : $"{step} {path}: {errno.Describe()}";
}
