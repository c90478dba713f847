namespace Bulkhead.Oci;

/// <summary>One rule of a seccomp filter.</summary>
public sealed class LinuxSyscall
{
    public string[] Names { get; set; } = [];

    public string Action { get; set; } = "";

    public uint? ErrnoRet { get; set; }

    public LinuxSeccompArg[] Args { get; set; } = [];
}
