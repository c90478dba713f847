namespace Bulkhead.Linux;

/// <summary>A value or the errno that stood in its way.</summary>
public readonly record struct Result<T>(T Value, Errno Error)
{
    public bool Ok => Error == Errno.None;

    public static implicit operator Result<T>(Errno error) => new(default!, error);

    public static implicit operator Result<T>(T value) => new(value, Errno.None);

    /// <summary>The value, or a <see cref="StepException"/> that says which step failed on what.</summary>
    public T OrThrow(string step, string? path = null) => Ok ? Value : throw new StepException(step, Error, path);
}
