using System;
using System.Globalization;
using System.Text;

namespace Bulkhead.Linux;

/// <summary>
/// The one exception of runtime code: which step failed, with which errno, on what. <see cref="Exception.Message"/> is the one line
/// that an executable prints.
/// </summary>
public sealed class StepException : Exception
{
    public StepException(string step, Errno errno, string? path = null)
        : base(OneLine(Describe(step, errno, path)))
    {
        Step = step;
        Errno = errno;
        Path = path;
    }

    /// <summary>An error of ours that no system call gave: bad input, a refused request.</summary>
    public StepException(string message) : base(OneLine(message)) => Step = message;

    public string Step { get; }

    public Errno Errno { get; }

    public string? Path { get; }

    /// <summary>
    /// Messages quote what they were given: a line feed would forge a line of the log, an escape sequence would reach the terminal. Control
    /// characters become \uXXXX, as JSON writes them.
    /// </summary>
    private static string OneLine(string message)
    {
        int first = 0;
        while (first < message.Length && !char.IsControl(message[first]))
            first++;
        if (first == message.Length)
            return message;
        var line = new StringBuilder(message.Length + 16).Append(message, 0, first);
        foreach (char c in message.AsSpan(first))
        {
            if (char.IsControl(c))
                line.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            else
                line.Append(c);
        }
        return line.ToString();
    }

    private static string Describe(string step, Errno errno, string? path) =>
        path is null ? $"{step}: {errno.Describe()}" : $"{step} {path}: {errno.Describe()}";
}
