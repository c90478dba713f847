using System;
using System.Collections.Generic;
using System.IO.Enumeration;
using System.Linq;

namespace Bulkhead.GuestV2;

/// <summary>Which cases a boot runs. <c>GUEST_CASES</c>, a pattern for the case's name, is for a person's quick look.</summary>
internal static class Selection
{
    public const string Ours = "bulkhead-oci";

    private static string Pattern { get; } = Environment.GetEnvironmentVariable("GUEST_CASES") ?? "*";

    public static IReadOnlyList<(string Runtime, CaseFile Case)> Of(GuestImage image, params string[] runtimes) =>
    [
        .. from runtime in runtimes
           from each in CaseFile.All(image.Cases)
           where runtime == Ours || each.Peers.Contains(runtime)
           where FileSystemName.MatchesSimpleExpression(Pattern, each.Name)
           select (runtime, each),
    ];
}
