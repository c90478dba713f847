namespace Bulkhead.Oci;

/// <summary>The seccomp filter.</summary>
public sealed class LinuxSeccomp
{
    public string DefaultAction { get; set; } = "";

    public uint? DefaultErrnoRet { get; set; }

    public string[] Architectures { get; set; } = [];

    public string[] Flags { get; set; } = [];

    public string? ListenerPath { get; set; }

    public string? ListenerMetadata { get; set; }

    public LinuxSyscall[] Syscalls { get; set; } = [];
}
