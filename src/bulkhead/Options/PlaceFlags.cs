using System;
using System.Collections.Generic;
using System.CommandLine;
using Bulkhead.Linux;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Volumes;

namespace Bulkhead.Cli.Options;

/// <summary>What the program finds around it: files, names, variables.</summary>
internal sealed class PlaceFlags : FlagGroup
{
    private readonly Option<string[]> volume, mount, tmpfs, environment, environmentFile, addHost;
    private readonly Option<string> directory, hostname, user;

    public PlaceFlags()
    {
        volume = Add<string[]>("--volume", "mount a folder of the host's", "SOURCE:TARGET[:OPTIONS]", "-v");
        mount = Add<string[]>("--mount", "the same by names: type=bind|tmpfs,source=,target=,readonly,...", "KEY=VALUE,...");
        tmpfs = Add<string[]>("--tmpfs", "mount a file system in memory", "TARGET[:size=,mode=,ro,exec]");
        environment = Add<string[]>("--env", "set a variable; NAME alone takes it from here", "NAME[=VALUE]", "-e");
        environmentFile = Add<string[]>("--env-file", "variables from the lines of a file", "FILE");
        addHost = Add<string[]>("--add-host", "a line for /etc/hosts", "NAME:ADDRESS");
        directory = Add<string>("--workdir", "directory to start in", "DIR", "-w");
        hostname = Add<string>("--hostname", "its host name (default: the beginning of its id)", "NAME", "-h");
        user = Add<string>("--user", "user, and group, to run as (default: 65532, a user without rights)", "USER[:GROUP]", "-u");
    }

    public override WorkloadOptions Read(ParseResult parsed, WorkloadOptions options)
    {
        var mounts = new List<VolumeOption>();
        mounts.AddRange(Array.ConvertAll(parsed.GetValue(volume) ?? [], MountArgument.Volume));
        mounts.AddRange(Array.ConvertAll(parsed.GetValue(mount) ?? [], MountArgument.Mount));
        mounts.AddRange(Array.ConvertAll(parsed.GetValue(tmpfs) ?? [], MountArgument.Tmpfs));
        return options with
        {
            Mounts = mounts.ToArray(),
            Env = Words.Environment(parsed.GetValue(environmentFile) ?? [], parsed.GetValue(environment) ?? []),
            AddHosts = Array.ConvertAll(parsed.GetValue(addHost) ?? [], HostNames.Line),
            WorkingDirectory = parsed.GetValue(directory) is { } path ? Absolute(path) : null,
            Hostname = parsed.GetValue(hostname) is { } host ? HostNames.Check(host, "--hostname") : null,
            User = parsed.GetValue(user),
        };
    }
    private static string Absolute(string path) =>
        path.StartsWith('/') ? path : throw new StepException($"--workdir: '{path}' is not an absolute path");
}
