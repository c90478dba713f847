using System;
using System.Collections.Generic;
using System.CommandLine;
using Bulkhead.Linux;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Compose;
using Bulkhead.Workloads.Volumes;

namespace Bulkhead.Cli.Options;

/// <summary>What the program finds around it: files, names, variables.</summary>
internal sealed class PlaceFlags : FlagGroup
{
    private readonly Option<string[]> volume, mount, tmpfs, secret, environment, environmentFile, volumesFrom;

    public PlaceFlags()
    {
        volume = Add<string[]>("--volume", "mount a folder of the host's (a path) or a volume (a name)", "[SOURCE:]TARGET[:OPTIONS]", "-v");
        mount = Add<string[]>("--mount", "the same by names: type=bind|volume|tmpfs,source=,target=,readonly,...", "KEY=VALUE,...");
        volumesFrom = Add<string[]>("--volumes-from", "what another container mounts with --volume and --mount", "CONTAINER[:ro]");
        tmpfs = Add<string[]>("--tmpfs", "mount a file system in memory", "TARGET[:size=,mode=,ro,exec]");
        secret = Add<string[]>("--secret", "a file in memory that only its user reads, at /run/secrets/NAME", "id=NAME,src=FILE,...");
        environment = Add<string[]>("--env", "set a variable; NAME alone takes it from here", "NAME[=VALUE]", "-e");
        environmentFile = Add<string[]>("--env-file", "variables from the lines of a file", "FILE");
    }

    public override WorkloadOptions Read(ParseResult parsed, WorkloadOptions options)
    {
        var mounts = new List<VolumeOption>();
        mounts.AddRange(Array.ConvertAll(parsed.GetValue(volume) ?? [], MountArgument.Volume));
        mounts.AddRange(Array.ConvertAll(parsed.GetValue(mount) ?? [], MountArgument.Mount));
        mounts.AddRange(Array.ConvertAll(parsed.GetValue(tmpfs) ?? [], MountArgument.Tmpfs));
        foreach (string text in parsed.GetValue(volumesFrom) ?? [])
            AddFrom(mounts, text);
        return options with
        {
            Mounts = mounts.ToArray(),
            Env = Words.Environment(parsed.GetValue(environmentFile) ?? [], parsed.GetValue(environment) ?? []),
            Secrets = Array.ConvertAll(parsed.GetValue(secret) ?? [], SecretFiles.Parse),
        };
    }

    /// <summary>A target that is mounted already stays as it is; the volumes without a name stay the other container's.</summary>
    private static void AddFrom(List<VolumeOption> mounts, string text)
    {
        string[] parts = text.Split(':');
        if (parts.Length > 2 || (parts.Length == 2 && parts[1] is not ("ro" or "rw")))
            throw new StepException($"--volumes-from: '{text}' is not CONTAINER or CONTAINER:ro");
        foreach (VolumeOption mount in Workload.Find(parts[0]).Record.Options.Mounts)
        {
            if (mount.Kind != VolumeKind.Tmpfs && !mounts.Exists(other => other.Target == mount.Target))
                mounts.Add(mount with { Anonymous = false, ReadOnly = mount.ReadOnly || (parts.Length == 2 && parts[1] == "ro") });
        }
    }
}
