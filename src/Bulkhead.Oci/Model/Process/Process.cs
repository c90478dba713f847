namespace Bulkhead.Oci;

/// <summary>The process of a container, or of exec.</summary>
public sealed class Process
{
    public bool Terminal { get; set; }

    public Box? ConsoleSize { get; set; }

    public User User { get; set; } = new();

    /// <summary>Not in the document: the file to execute where it is not Args[0], for hooks.</summary>
    public string? Executable { get; set; }

    public string[] Args { get; set; } = [];

    public string[] Env { get; set; } = [];

    public string Cwd { get; set; } = "";

    /// <summary>Absent: none is touched.</summary>
    public LinuxCapabilities? Capabilities { get; set; }

    public PosixRlimit[] Rlimits { get; set; } = [];

    public bool NoNewPrivileges { get; set; }

    public string? ApparmorProfile { get; set; }

    public int? OomScoreAdj { get; set; }

    public Scheduler? Scheduler { get; set; }

    public string? SelinuxLabel { get; set; }

    public LinuxIoPriority? IoPriority { get; set; }

    public CpuAffinity? ExecCpuAffinity { get; set; }
}
