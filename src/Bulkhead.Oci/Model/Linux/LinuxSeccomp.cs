namespace Bulkhead.Oci;

/// <summary>The seccomp filter.</summary>
public sealed class LinuxSeccomp
{
    public string DefaultAction { get; set; } = "";

    public uint? DefaultErrnoRet { get; set; }

    public string[] Architectures { get; set; } = [];

    public string[] Flags { get; set; } = [];

    /// <summary>Whether the document has `flags`, even empty: without it runc sets SECCOMP_FILTER_FLAG_SPEC_ALLOW.</summary>
    public bool HasFlags { get; set; }

    public string? ListenerPath { get; set; }

    public string? ListenerMetadata { get; set; }

    public LinuxSyscall[] Syscalls { get; set; } = [];
}
