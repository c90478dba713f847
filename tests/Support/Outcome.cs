using System;

namespace Bulkhead.TestSupport;

/// <summary>What a finished command left: its exit code and both of its outputs.</summary>
public sealed record Outcome(string CommandLine, int ExitCode, string Out, string Err)
{
    /// <summary>Standard output without the newline at its end; throws with everything the command said if it failed.</summary>
    public string Ok()
    {
        if (ExitCode != 0)
        {
            throw new InvalidOperationException(ToString());
        }

        return Out.TrimEnd('\n');
    }

    /// <summary>Both outputs; throws if the exit code is another one.</summary>
    public string Exits(int code)
    {
        if (ExitCode != code)
        {
            throw new InvalidOperationException($"expected exit code {code}: {this}");
        }

        return Out + Err;
    }

    /// <summary>Both outputs; throws if the command was accepted.</summary>
    public string Fails()
    {
        if (ExitCode == 0)
        {
            throw new InvalidOperationException($"expected a failure: {this}");
        }

        return Out + Err;
    }

    public override string ToString() => $"`{CommandLine}` ended with {ExitCode}\nout: {Out}\nerr: {Err}";
}
