using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Isolation;

/// <summary>
/// What stood at the sources of bind mounts when the policy looked. A container that can write to a folder of a source's path may swap it for a
/// symbolic link between that look and the mount: what is opened then must be the same file.
/// </summary>
public sealed class JudgedSources
{
    private readonly Dictionary<int, (ulong Device, ulong Inode)> seen = [];

    /// <param name="mount">Index in $.mounts.</param>
    /// <param name="source">What the policy resolved. A path that does not exist counts as what nothing can be.</param>
    internal void Add(int mount, HostPath source) => seen[mount] = source.Identity;

    /// <summary>Refuses what is not what the policy saw; nothing was asked of it where no rule is about mounts.</summary>
    /// <exception cref="StepException">Something else stands there now.</exception>
    public void Require(int mount, Fd source, string path)
    {
        if (!seen.TryGetValue(mount, out (ulong Device, ulong Inode) judged))
            return;
        stat now = Sys.Fstat(source).OrThrow($"$.mounts[{mount}].source: stat", path);
        if ((now.st_dev, now.st_ino) != judged)
            throw new StepException($"$.mounts[{mount}].source: {path} was replaced after the policy had looked at it");
    }
}
