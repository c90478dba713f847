using System;
using System.Globalization;
using Bulkhead.Isolation.Users;
using Bulkhead.Linux;
using Bulkhead.Linux.Users;
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
    /// <param name="record">What to run.</param>
    /// <param name="folder">Where.</param>
    /// <param name="held">Its lock, for the monitor.</param>
    /// <param name="composed">Called when all is ready and nothing runs yet: what it throws ends the start.</param>
    public static Fd Start(WorkloadRecord record, WorkloadFolder folder, Fd held, Action? composed = null)
    {
        Rootless.Check(record.Options);
        folder.ForgetStop();
        folder.ForgetPolicy();
        folder.ForgetName();
        folder.ForgetHealth();
        folder.ForgetExit();
        ContainerIds ids = Ids(record, folder);
        using PreparedMonitor monitor = Prepare(Plan(record, folder), record, ids, held);
        ShownFiles.Write(record, folder);
        RuntimeConfig config = ConfigComposer.Compose(WithNetwork(record), ids, folder, CgroupOf(record));
        folder.SaveConfig(config);
        if (UserEntry.IsRootless)
            Rootless.ExplainFolders(record.Options);
        else
            FolderExplanation.Say(record.Options);
        composed?.Invoke();
        return monitor.Run();
    }

    /// <summary>A new monitor for a container whose own was killed.</summary>
    public static Fd Adopt(WorkloadRecord record, WorkloadFolder folder, Fd held)
    {
        using PreparedMonitor monitor = MonitorLauncher.Start(Plan(record, folder) with { Adopt = true }, held, Ids(record, folder).Order);
        return monitor.Run();
    }

    /// <summary>The same where it was killed before it could run the container again: by the configuration of the last start, as it would have.</summary>
    public static Fd Again(WorkloadRecord record, WorkloadFolder folder, Fd held)
    {
        using PreparedMonitor monitor = Prepare(Plan(record, folder) with { Again = true }, record, Ids(record, folder), held);
        return monitor.Run();
    }

    private static PreparedMonitor Prepare(MonitorPlan plan, WorkloadRecord record, ContainerIds ids, Fd held)
    {
        using Fd? users = UserEntry.IsRootless && Neighbour(record) is { } pid ? CallerUsers.Open(pid) : null;
        return MonitorLauncher.Start(plan, held, users is null ? ids.Order : UserOrder.Join(MonitorLauncher.UsersFd, ownMounts: true), users);
    }

    private static MonitorPlan Plan(WorkloadRecord record, WorkloadFolder folder) => new()
    {
        OciRoot = Machine.OciRoot,
        Folder = folder.Path,
        Id = record.Id,
        Terminal = record.Options.Terminal,
        Interactive = record.Options.Interactive,
        Remove = record.Options.Remove,
        Volumes = record.Options.Remove ? record.Options.AnonymousVolumes : [],
        Restart = record.Options.Restart,
        Health = record.Options.Health,
        Attributes = EventNotes.Attributes(record),
        LogMaxSize = record.Options.Logs.MaxSize,
        LogMaxFiles = record.Options.Logs.MaxFiles,
    };

    /// <summary>The host's ids behind the container's, taken now where it has none.</summary>
    public static ContainerIds Ids(WorkloadRecord record, WorkloadFolder folder) =>
        UserEntry.IsRootless ? Rootless.Ids(record, folder)
        : record.Options.Privileged ? ContainerIds.Host
        : ContainerIds.Of(Machine.Ranges.Take(folder.Path));

    /// <summary>Without root: beside the caller's own cgroup, where it was delegated.</summary>
    private static string? CgroupOf(WorkloadRecord record) =>
        !UserEntry.IsRootless ? (record.Options.CgroupParent ?? "/bulkhead") + "/" + record.Id : Rootless.WhyNoCgroup() is null ? "bulkhead-" + record.Id : null;

    /// <summary>The first process of the container whose network it shares.</summary>
    private static int? Neighbour(WorkloadRecord record)
    {
        const string Prefix = "container:";
        return record.Options.Network.StartsWith(Prefix, StringComparison.Ordinal)
            ? Workload.Find(record.Options.Network[Prefix.Length..]).RequireRunning().State!.Pid
            : null;
    }

    /// <summary>Another container's network is that of its first process at this start.</summary>
    private static WorkloadRecord WithNetwork(WorkloadRecord record)
    {
        if (Neighbour(record) is not { } pid)
            return record;
        return record with { Options = record.Options with { Network = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/ns/net") } };
    }
}
