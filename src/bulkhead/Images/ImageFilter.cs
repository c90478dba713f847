using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Cli.Commands;
using Bulkhead.Images;
using Bulkhead.Linux;

namespace Bulkhead.Cli.Images;

/// <summary>--filter of images and of image prune: any of one key's alternatives, every key.</summary>
internal sealed class ImageFilter
{
    private static readonly string[] s_keys = ["reference", "label", "dangling", "before", "since", "until"];

    private readonly List<(string Key, string Value)> _wanted = [];

    /// <param name="texts">KEY=VALUE each; before and since name an image, and stand for the time at which it was made.</param>
    public static ImageFilter Parse(string[] texts)
    {
        var filter = new ImageFilter();
        foreach (string text in texts)
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? text : text[..equals], value = equals < 0 ? "" : text[(equals + 1)..];
            if (Array.IndexOf(s_keys, key) < 0 || (key == "dangling" && value is not ("true" or "false")) || value.Length == 0)
                throw new StepException($"--filter: '{text}' is not reference=PATTERN, label=NAME[=VALUE], dangling=true|false, before=IMAGE, since=IMAGE or until=TIME");
            filter._wanted.Add((key, key switch
            {
                "before" or "since" => Machine.Images.Require(value).Config.Created ?? "",
                "until" => LogsCommand.Time(value, "--filter until")!.Value.ToString("o", CultureInfo.InvariantCulture),
                _ => value,
            }));
        }
        return filter;
    }

    public bool Matches(LoadedImage image)
    {
        foreach (string key in s_keys)
        {
            List<(string Key, string Value)> of = _wanted.FindAll(pair => pair.Key == key);
            if (of.Count > 0 && !of.Exists(pair => Matches(image, pair.Key, pair.Value)))
                return false;
        }
        return true;
    }

    private static bool Matches(LoadedImage image, string key, string value) => key switch
    {
        "dangling" => value == (image.Reference is null ? "true" : "false"),
        "label" => HasLabel(image, value),
        "before" or "until" => Compare(image, value) < 0,
        "since" => Compare(image, value) > 0,
        _ => image.Reference is { } name && (Glob(value, name.FamiliarName) || Glob(value, name.Familiar)),
    };

    /// <summary>Its time with another; one that says none is older than all.</summary>
    private static int Compare(LoadedImage image, string time) => Time(image.Config.Created).CompareTo(Time(time));

    private static DateTimeOffset Time(string? rfc3339) => DateTimeOffset.TryParse(rfc3339, CultureInfo.InvariantCulture, out DateTimeOffset time) ? time : default;

    private static bool HasLabel(LoadedImage image, string wanted)
    {
        int equals = wanted.IndexOf('=', StringComparison.Ordinal);
        string? found = image.Config.Program?.Labels?.GetValueOrDefault(equals < 0 ? wanted : wanted[..equals]);
        return found is not null && (equals < 0 || found == wanted[(equals + 1)..]);
    }

    /// <summary>* is anything but a slash, ? one letter.</summary>
    private static bool Glob(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        if (pattern.IsEmpty)
            return text.IsEmpty;
        if (pattern[0] == '*')
        {
            for (int i = 0; ; i++)
            {
                if (Glob(pattern[1..], text[i..]))
                    return true;
                if (i == text.Length || text[i] == '/')
                    return false;
            }
        }
        return !text.IsEmpty && (pattern[0] == text[0] || (pattern[0] == '?' && text[0] != '/')) && Glob(pattern[1..], text[1..]);
    }
}
