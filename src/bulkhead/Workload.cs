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
        try
        {
            State = Machine.Containers.State(folder.Id);
        }
        catch (ContainerMissingException)
        {
            // Nothing of it runs.
        }
    }

    public WorkloadFolder Folder { get; }

    public WorkloadRecord Record { get; }

    /// <summary>Null: it never ended.</summary>
    public ExitRecord? Exit { get; }

    /// <summary>Null: nothing of it runs.</summary>
    public ContainerState? State { get; }

    public string Id => Record.Id;

    public string Name => Record.Name;

    /// <summary>Docker's words: created, running, paused, exited.</summary>
    public string Status => State?.Status switch
    {
        null => Exit is null ? "created" : "exited",
        "stopped" => "exited",
        string status => status,
    };

    public bool IsRunning => Status is "running" or "paused";

    public static Workload Find(string text) => new(Machine.Store.Find(text));

    public static List<Workload> All()
    {
        var all = new List<Workload>();
        foreach (WorkloadFolder folder in Machine.Store.All())
        {
            try
            {
                all.Add(new Workload(folder));
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
