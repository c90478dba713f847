using System;
using System.Buffers;
using Bulkhead.Linux;

namespace Bulkhead.Images.References;

/// <summary>
/// Where an image is: HOST[:PORT]/REPOSITORY[:TAG][@DIGEST], with Docker's defaults. Comes from strangers; one that was parsed holds only what the
/// grammar of distribution/reference allows.
/// </summary>
public sealed record ImageReference
{
    public const string DefaultRegistry = "docker.io", DefaultTag = "latest";

    private const string Official = "library/";
    private const int MaxLength = 4096;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private ImageReference(string registry, string repository, string? tag, Digest? digest) => (Registry, Repository, Tag, Digest) = (registry, repository, tag, digest);

    /// <summary>host[:port].</summary>
    public string Registry { get; }

    /// <summary>Without the registry: library/debian.</summary>
    public string Repository { get; }

    /// <summary>Null: by digest alone.</summary>
    public string? Tag { get; private init; }

    /// <summary>Where there is one it decides, and the tag is only words.</summary>
    public Digest? Digest { get; private init; }

    /// <summary>Registry and repository.</summary>
    public string Name => Registry + "/" + Repository;

    /// <summary>What a registry is asked for: the digest, else the tag.</summary>
    public string Version => Digest?.Text ?? Tag ?? DefaultTag;

    /// <summary>As people write it: debian:12.</summary>
    public string Familiar => FamiliarName + Suffix;

    /// <summary>The same without tag and digest: debian.</summary>
    public string FamiliarName
    {
        get
        {
            return Registry != DefaultRegistry ? Name
                : Repository.StartsWith(Official, StringComparison.Ordinal) && Repository.IndexOf('/', Official.Length) < 0 ? Repository[Official.Length..]
                : Repository;
        }
    }

    private string Suffix => (Tag is null ? "" : ":" + Tag) + (Digest is null ? "" : "@" + Digest);

    /// <exception cref="StepException">It is none; the message says why.</exception>
    public static ImageReference Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length is 0 or > MaxLength)
            throw Bad(text, text.Length == 0 ? "it is empty" : "it is too long");
        if (text.Contains("://", StringComparison.Ordinal))
            throw Bad(text, "it begins with a scheme; write HOST/NAME:TAG");
        if (text.Length == 64 && !text.AsSpan().ContainsAnyExcept(HexDigits))
            throw Bad(text, "64 digits are an image's id");
        (string name, Digest? digest) = CutDigest(text);
        (name, string? tag) = CutTag(text, name);
        (string registry, string repository) = CutRegistry(name);
        if (!ReferenceGrammar.IsHost(registry))
            throw Bad(text, "its registry is no HOST[:PORT]");
        if (!ReferenceGrammar.IsRepository(repository))
            throw Bad(text, RepositoryFault(repository));
        // Its short form would be a name in that other registry.
        if (registry == DefaultRegistry && LooksLikeHost(repository))
            throw Bad(text, "docker.io has no names that begin as another registry does");
        return new ImageReference(registry, repository, tag ?? (digest is null ? DefaultTag : null), digest);
    }

    public ImageReference WithTag(string tag) =>
        ReferenceGrammar.IsTag(tag) ? this with { Tag = tag, Digest = null } : throw Bad(Name + ":" + tag, "its tag may hold letters, digits, '_', '.' and '-', 128 at most");

    public ImageReference WithDigest(Digest digest) => this with { Digest = digest };

    /// <summary>Canonical: docker.io/library/debian:12.</summary>
    public override string ToString() => Name + Suffix;

    private static (string Name, Digest? Digest) CutDigest(string text)
    {
        int at = text.IndexOf('@', StringComparison.Ordinal);
        if (at < 0)
            return (text, null);
        return Images.Digest.TryParse(text[(at + 1)..], out Digest digest) ? (text[..at], digest) : throw Bad(text, "after '@' sha256: and 64 digits of 0-9a-f are expected");
    }

    private static (string Name, string? Tag) CutTag(string text, string name)
    {
        int colon = name.LastIndexOf(':');
        // A colon before the last slash is a port's.
        if (colon < 0 || colon < name.LastIndexOf('/'))
            return (name, null);
        string tag = name[(colon + 1)..];
        return ReferenceGrammar.IsTag(tag) ? (name[..colon], tag) : throw Bad(text, "its tag may hold letters, digits, '_', '.' and '-', 128 at most");
    }

    /// <summary>As Docker: a first part is a host only if nothing else can be meant (distribution/reference, splitDockerDomain).</summary>
    private static (string Registry, string Repository) CutRegistry(string name)
    {
        int slash = name.IndexOf('/');
        (string registry, string repository) = LooksLikeHost(name) ? (name[..slash], name[(slash + 1)..]) : (DefaultRegistry, name);
        if (registry is "index.docker.io" or DefaultRegistry)
            return (DefaultRegistry, repository.Contains('/') ? repository : Official + repository);
        return (registry, repository);
    }

    private static bool LooksLikeHost(string name)
    {
        ReadOnlySpan<char> first = name.AsSpan(0, Math.Max(0, name.IndexOf('/')));
        return first.ContainsAny('.', ':') || first.ContainsAnyInRange('A', 'Z') || first is "localhost";
    }

    private static string RepositoryFault(string repository)
    {
        if (repository.Length > ReferenceGrammar.MaxRepository)
            return "its name is longer than 255";
        return repository.AsSpan().ContainsAnyInRange('A', 'Z') ? "its name must be in lower case"
            : "its name may hold lower-case letters and digits, with '.', '_', '__' or '-' between them, in parts separated by '/'";
    }

    private static StepException Bad(string text, string why) => new($"'{Printable.Name(text)}' is no image reference: {why}");
}
