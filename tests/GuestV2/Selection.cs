using System;
using System.Collections.Generic;
using System.IO.Enumeration;
using System.Linq;

namespace Bulkhead.GuestV2;

/// <summary>
/// Which cases one boot runs. <c>GUEST_RUNTIMES</c> (default: bulkhead-oci) may add the peers crun and runc,
/// <c>GUEST_CASES</c> is a pattern for the case's name; both are for people, `make test` and `make test-long`.
/// </summary>
internal static class Selection
{
    public const string Ours = "bulkhead-oci";

    public static IReadOnlyList<string> Runtimes { get; } =
        (Environment.GetEnvironmentVariable("GUEST_RUNTIMES") ?? Ours).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string Pattern { get; } = Environment.GetEnvironmentVariable("GUEST_CASES") ?? "*";

    public static IReadOnlyList<(string Runtime, CaseFile Case)> Chosen { get; } =
    [
        .. from runtime in Runtimes
           from each in CaseFile.All
           where runtime == Ours || each.Peers.Contains(runtime)
           where FileSystemName.MatchesSimpleExpression(Pattern, each.Name)
           select (runtime, each),
    ];
}
