using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Bulkhead.GuestV2;

/// <summary>
/// One script of <c>cases/</c> or <c>systemd/</c>. Its head comments say what the host has to know:
/// <c># peers: crun runc</c> names the other runtimes that pass it too (so that the case, not only our runtime, is
/// proved), <c># bundle NAME: FILTER</c> makes a bundle by a jq filter over config.json; further <c>#|</c> lines
/// continue the filter.
/// </summary>
internal sealed record CaseFile(string Name, string Path, IReadOnlyList<string> Peers, IReadOnlyDictionary<string, string> Bundles)
{
    private const string PeersHead = "# peers:";
    private const string BundleHead = "# bundle ";
    private const string Continued = "#| ";

    public static CaseFile Read(string path)
    {
        string[] peers = [];
        Dictionary<string, string> bundles = new(StringComparer.Ordinal) { ["main"] = "." };
        string bundle = "main";
        foreach (string line in File.ReadLines(path).TakeWhile(line => line.StartsWith('#')))
        {
            if (line.StartsWith(PeersHead, StringComparison.Ordinal))
            {
                peers = line[PeersHead.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            }
            else if (line.StartsWith(BundleHead, StringComparison.Ordinal))
            {
                int colon = line.IndexOf(':', StringComparison.Ordinal);
                bundle = line[BundleHead.Length..colon];
                bundles[bundle] = line[(colon + 1)..];
            }
            else if (line.StartsWith(Continued, StringComparison.Ordinal))
            {
                bundles[bundle] += "\n" + line[Continued.Length..];
            }
        }
        return new CaseFile(System.IO.Path.GetFileNameWithoutExtension(path), path, peers, bundles);
    }

    public static IReadOnlyList<CaseFile> All(string folder) =>
        [.. Directory.EnumerateFiles(System.IO.Path.Combine(Repository.Here, folder), "*.sh").Order(StringComparer.Ordinal).Select(Read)];
}
