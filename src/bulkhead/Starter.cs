using System;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Oci;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Compose;
using Bulkhead.Workloads.Ids;
using Bulkhead.Workloads.Monitor;

namespace Bulkhead.Cli;

/// <summary>start: a configuration from the record, and a monitor that runs it.</summary>
internal static class Starter
{
    /// <summary>The connection to the monitor.</summary>
    public static Fd Start(WorkloadRecord record, WorkloadFolder folder)
    {
        folder.ForgetExit();
        ShownFiles.Write(record, folder);
        IdRange range = record.Options.Privileged ? default : Machine.Ranges.Take(folder.Path);
        RuntimeConfig config = ConfigComposer.Compose(WithNetwork(record), range, folder);
        folder.SaveConfig(config);
        FolderExplanation.Say(record.Options);
        return MonitorLauncher.Start(new MonitorPlan
        {
            OciRoot = Machine.OciRoot,
            Folder = folder.Path,
            Id = record.Id,
            Terminal = record.Options.Terminal,
            Interactive = record.Options.Interactive,
            Remove = record.Options.Remove,
            LogMaxSize = record.Options.Logs.MaxSize,
            LogMaxFiles = record.Options.Logs.MaxFiles,
        });
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
