using System;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Oci;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Compose;
using Bulkhead.Workloads.Ids;
using Bulkhead.Workloads.Monitor;
using Bulkhead.Workloads.Volumes;

namespace Bulkhead.Cli;

/// <summary>start: a configuration from the record, and a monitor that runs it.</summary>
internal static class Starter
{
    /// <summary>The connection to the monitor.</summary>
    /// <param name="record">What to run.</param>
    /// <param name="folder">Where.</param>
    /// <param name="held">Its lock, for the monitor.</param>
    public static Fd Start(WorkloadRecord record, WorkloadFolder folder, Fd held)
    {
        folder.ForgetStop();
        folder.ForgetPolicy();
        folder.ForgetExit();
        ShownFiles.Write(record, folder);
        IdRange range = record.Options.Privileged ? default : Machine.Ranges.Take(folder.Path);
        RuntimeConfig config = ConfigComposer.Compose(WithNetwork(record), range, folder);
        folder.SaveConfig(config);
        ExplainRootFolders(record.Options);
        return MonitorLauncher.Start(Plan(record, folder, adopt: false), held);
    }

    /// <summary>A new monitor for a container whose own was killed.</summary>
    public static Fd Adopt(WorkloadRecord record, WorkloadFolder folder, Fd held) => MonitorLauncher.Start(Plan(record, folder, adopt: true), held);

    private static MonitorPlan Plan(WorkloadRecord record, WorkloadFolder folder, bool adopt) => new()
    {
        OciRoot = Machine.OciRoot,
        Folder = folder.Path,
        Id = record.Id,
        Terminal = record.Options.Terminal,
        Interactive = record.Options.Interactive,
        Remove = record.Options.Remove,
        Adopt = adopt,
        Restart = record.Options.Restart,
        LogMaxSize = record.Options.Logs.MaxSize,
        LogMaxFiles = record.Options.Logs.MaxFiles,
    };

    /// <summary>Such a folder mounts well and then refuses every write: said before the program finds out.</summary>
    private static void ExplainRootFolders(WorkloadOptions options)
    {
        if (options.Privileged || ProcessUser.Resolve(options).Uid == 0)
            return;
        foreach (VolumeOption mount in options.Mounts)
        {
            if (mount is { Kind: VolumeKind.Bind, ReadOnly: false } && FolderOwner.Of(mount.Source, asRoot: false).IsHostRoot)
                Program.Say($"{mount.Source} belongs to the host's root: the container can read there what others may, and write nothing; chown it to a user, or use --as-root");
        }
    }

    /// <summary>Another container's network is that of its first process at this start.</summary>
    private static WorkloadRecord WithNetwork(WorkloadRecord record)
    {
        const string Prefix = "container:";
        if (!record.Options.Network.StartsWith(Prefix, StringComparison.Ordinal))
            return record;
        int pid = Workload.Find(record.Options.Network[Prefix.Length..]).RequireRunning().State!.Pid;
        return record with { Options = record.Options with { Network = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/ns/net") } };
    }
}
