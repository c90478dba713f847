using System;
using Bulkhead.Linux;

namespace Bulkhead.Oci.Tests.Oracle;

/// <summary>What parser and validator say to a document.</summary>
internal static class Verdict
{
    /// <summary>null for accepted, else the message. Any other exception than the one for input errors fails the test that asks.</summary>
    public static string? Of(ReadOnlySpan<byte> json, ValidateOptions options)
    {
        try
        {
            ConfigValidator.Validate(RuntimeConfigReader.Parse(json, "config.json"), "config.json", options);
            return null;
        }
        catch (StepException e)
        {
            return e.Message;
        }
    }
}
