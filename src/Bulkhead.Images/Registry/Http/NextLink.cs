using System;

namespace Bulkhead.Images.Registry.Http;

/// <summary>The next page by a Link header (RFC 8288): &lt;URL&gt;; rel="next".</summary>
internal static class NextLink
{
    /// <summary>Its URL; null: there is none.</summary>
    public static string? Of(string? header)
    {
        if (header is null)
            return null;
        int open = header.IndexOf('<'), close = header.IndexOf('>', open + 1);
        if (open < 0 || close < 0)
            return null;
        string rest = header[(close + 1)..].Replace(" ", "", StringComparison.Ordinal);
        return rest.Contains("rel=\"next\"", StringComparison.OrdinalIgnoreCase) || rest.Contains("rel=next", StringComparison.OrdinalIgnoreCase) ? header[(open + 1)..close] : null;
    }
}
