namespace Bulkhead.Oci;

/// <summary>sched_setattr(2).</summary>
public sealed class Scheduler
{
    /// <summary>SCHED_OTHER and so on.</summary>
    public string Policy { get; set; } = "";

    public int Nice { get; set; }

    public int Priority { get; set; }

    public string[] Flags { get; set; } = [];

    public ulong Runtime { get; set; }

    public ulong Deadline { get; set; }

    public ulong Period { get; set; }
}
