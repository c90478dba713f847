using System.Collections.Generic;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Oci;
using Bulkhead.Workloads;

namespace Bulkhead.Cli;

/// <summary>A container of a person's, found by name or id: its record, how it ended, and what the kernel says of it now.</summary>
internal sealed class Workload
{
    private Workload(WorkloadFolder folder)
    {
        Folder = folder;
        Record = folder.Load();
        Exit = folder.Exit();
        State = Look(folder.Id);
    }

    public const string RestartingStatus = "restarting";

    public WorkloadFolder Folder { get; }

    public WorkloadRecord Record { get; }

    /// <summary>Null: it never ended.</summary>
    public ExitRecord? Exit { get; }

    /// <summary>Null: nothing of it runs.</summary>
    public ContainerState? State { get; }

    public string Id => Record.Id;

    public string Name => Record.Name;

    /// <summary>Docker's words: created, running, paused, restarting, exited.</summary>
    public string Status => State?.Status switch
    {
        null => Exit is null ? "created" : Exit.Restarting ? RestartingStatus : "exited",
        "stopped" => "exited",
        string status => status,
    };

    /// <summary>Null: it is not checked.</summary>
    public HealthRecord? Health => Record.Options.Health is null ? null : Folder.Health() ?? new HealthRecord();

    /// <summary>How often its monitor has run it again since it was started.</summary>
    public int Restarts => Exit is { } exit ? exit.Restarts + (exit.Restarting ? 1 : 0) : 0;

    public bool IsRunning => Status is "running" or "paused";

    public static Workload Find(string text) => Of(Machine.Store.Find(text));

    /// <summary>As it is now; what a monitor that was killed left is mended first.</summary>
    public static Workload Of(WorkloadFolder folder)
    {
        var workload = new Workload(folder);
        return Mender.Mend(workload) ? new Workload(folder) : workload;
    }

    /// <summary>Null: nothing of it runs.</summary>
    public static ContainerState? Look(string id)
    {
        try
        {
            return Machine.Containers.State(id);
        }
        catch (ContainerMissingException)
        {
            return null;
        }
    }

    public static List<Workload> All()
    {
        var all = new List<Workload>();
        foreach (WorkloadFolder folder in Machine.Store.All())
        {
            try
            {
                all.Add(Of(folder));
            }
            catch (WorkloadMissingException)
            {
                // Removed since the listing.
            }
        }
        return all;
    }

    public Workload RequireRunning() =>
        IsRunning ? this : throw new StepException($"container {Name} is not running (it is {Status}): start it with bulkhead start {Name}");
}
