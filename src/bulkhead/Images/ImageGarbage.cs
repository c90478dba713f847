using System.Collections.Generic;
using Bulkhead.Images;
using Bulkhead.Images.Store;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Images;

/// <summary>What containers need of the store, and its removal of the rest.</summary>
internal static class ImageGarbage
{
    /// <param name="untagged">Images whose tag has moved away go too.</param>
    public static Collected Collect(bool untagged) => new Collector(Machine.Images.Root).Run(Used, untagged);

    /// <summary>Manifests that containers were made from, running or not.</summary>
    private static KeptContent Used()
    {
        var used = new List<Digest>();
        foreach (WorkloadFolder folder in Machine.Store.All())
        {
            if (folder.TryLoad() is { Options.Image: { } image } && Digest.TryParse(image.Manifest, out Digest manifest))
                used.Add(manifest);
        }
        return new KeptContent { Manifests = used };
    }
}
