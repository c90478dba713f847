using System.Collections.Generic;
using Bulkhead.Images.References;

namespace Bulkhead.Images.Trust;

/// <summary>Which images may run: the rules of containers-policy.json(5) for images of registries. The most specific scope that names an image decides alone.</summary>
public sealed record TrustPolicy
{
    /// <summary>What holds without a file: all run, and those that are not signed are marked.</summary>
    public static TrustPolicy AcceptAll { get; } = new() { Default = [new TrustRule { Kind = TrustKind.AcceptAnything }] };

    public required TrustRule[] Default { get; init; }

    /// <summary>HOST[:PORT][/NAMESPACE...][/REPOSITORY[:TAG or @DIGEST]], *.DOMAIN or "" for all.</summary>
    public Dictionary<string, TrustRule[]> Scopes { get; init; } = [];

    /// <summary>The scope that decides, and its rules; null: the default.</summary>
    public (string? Scope, TrustRule[] Rules) For(ImageReference image)
    {
        foreach (string scope in ScopesOf(image))
        {
            if (Scopes.TryGetValue(scope, out TrustRule[]? rules))
                return (scope, rules);
        }
        return (null, Default);
    }

    /// <summary>From the most specific down.</summary>
    private static IEnumerable<string> ScopesOf(ImageReference image)
    {
        yield return image.Digest is { } digest ? $"{image.Name}@{digest}" : $"{image.Name}:{image.Tag}";
        string name = image.Name;
        yield return name;
        for (int slash = name.LastIndexOf('/'); slash >= 0; slash = name.LastIndexOf('/'))
            yield return name = name[..slash];
        // Without the port, as containers/image has it: *.example.com is for hosts below it.
        string host = image.Registry.Split(':')[0];
        for (int dot = host.IndexOf('.'); dot >= 0; dot = host.IndexOf('.', dot + 1))
            yield return "*" + host[dot..];
        yield return "";
    }
}
