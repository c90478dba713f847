using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Images.Registry;

/// <summary>Which of an index's manifests runs here (image-spec, image-index.md, "platform").</summary>
public static class PlatformChoice
{
    /// <summary>This machine's.</summary>
    public static Platform Default { get; } = new() { Os = "linux", Architecture = "amd64" };

    private const int MostShown = 20;

    /// <summary>Other names of the same, as uname(2) and people write them.</summary>
    private static readonly (string Name, string Architecture, string? Variant)[] Names =
    [
        ("x86_64", "amd64", null),
        ("x86-64", "amd64", null),
        ("aarch64", "arm64", null),
        ("armhf", "arm", "v7"),
        ("armel", "arm", "v6"),
        ("i386", "386", null),
    ];

    /// <param name="text">OS/ARCHITECTURE[/VARIANT], or the architecture alone.</param>
    public static Platform Parse(string text)
    {
        string[] parts = text.Split('/');
        if (parts.Length > 3 || !Array.TrueForAll(parts, IsWord))
            throw new StepException($"'{Printable.Name(text)}' is no platform: OS/ARCHITECTURE[/VARIANT] is expected, as linux/amd64");
        (string os, string architecture) = parts.Length == 1 ? ("linux", parts[0]) : (parts[0], parts[1]);
        int other = Array.FindIndex(Names, name => name.Name == architecture);
        string? variant = parts.Length == 3 ? parts[2] : other >= 0 ? Names[other].Variant : null;
        return new Platform { Os = os, Architecture = other >= 0 ? Names[other].Architecture : architecture, Variant = variant };
    }

    /// <param name="index">Its manifests.</param>
    /// <param name="wanted">Null: <see cref="Default"/>.</param>
    /// <param name="what">The index's name, for the message.</param>
    /// <exception cref="StepException">There is none; the message says what there is.</exception>
    public static Descriptor Choose(Manifest index, Platform? wanted, string what)
    {
        wanted ??= Default;
        Descriptor? best = null;
        int rank = 0;
        foreach (Descriptor one in index.Manifests ?? [])
        {
            if (Rank(one, wanted) is var found && found > rank)
                (best, rank) = (one, found);
        }
        return best ?? throw new StepException($"{what}: there is no image for {Show(wanted)}; there is {There(index)}");
    }

    public static string Show(Platform platform) => Printable.Name(platform.Os + "/" + platform.Architecture + (platform.Variant is null ? "" : "/" + platform.Variant));

    /// <summary>0: cannot be it; of equal ones the first counts, as the specification asks.</summary>
    private static int Rank(Descriptor one, Platform wanted)
    {
        if (!MediaTypes.IsManifest(one.MediaType) || one.Platform is not { } platform || platform.Os != wanted.Os || platform.Architecture != wanted.Architecture)
            return 0;
        string asked = Variant(wanted), had = Variant(platform);
        if (asked == had)
            return 2;
        // Whoever asks for no variant can run the lowest one, and whoever asks for one can run what needs none.
        return (asked.Length == 0 && platform.Architecture != "amd64") || had.Length == 0 ? 1 : 0;
    }

    /// <summary>The variants that every such machine has are none.</summary>
    private static string Variant(Platform platform) => (platform.Architecture, platform.Variant) switch
    {
        ("amd64", "v1") or ("arm64", "v8") => "",
        (_, null) => "",
        (_, { } variant) => variant,
    };

    private static string There(Manifest index)
    {
        var all = new List<string>();
        foreach (Descriptor one in index.Manifests ?? [])
        {
            // Attestations of buildkit say unknown/unknown.
            if (one.Platform is { Architecture: not "unknown" } platform && !all.Contains(Show(platform)))
                all.Add(Show(platform));
        }
        if (all.Count > MostShown)
            all.RemoveRange(MostShown, all.Count - MostShown);
        return all.Count == 0 ? "none at all" : string.Join(", ", all);
    }

    private static bool IsWord(string text)
    {
        foreach (char one in text)
        {
            if (!char.IsAsciiLetterOrDigit(one) && one is not ('_' or '-' or '.'))
                return false;
        }
        return text.Length > 0;
    }
}
