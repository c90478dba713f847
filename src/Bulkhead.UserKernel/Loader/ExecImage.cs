using System.Collections.Generic;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Loader;

/// <summary>All that execve(2) needs, checked before the point of no return.</summary>
internal sealed class ExecImage
{
    public required ElfFile Program { get; init; }

    public ElfFile? Interpreter { get; init; }

    /// <summary>Each without its NUL.</summary>
    public required List<byte[]> Args { get; init; }

    public required List<byte[]> Env { get; init; }

    /// <summary>AT_EXECFN.</summary>
    public required byte[] FileName { get; init; }

    /// <summary>Absolute path, for /proc/PID/exe.</summary>
    public required string Path { get; init; }

    public required Credentials Credentials { get; init; }

    /// <summary>Whoever runs it may not read it: then nobody may look into its memory (would_dump of fs/exec.c).</summary>
    public bool IsUnreadable { get; init; }

    public void Close()
    {
        Program.File.Dispose();
        Interpreter?.File.Dispose();
    }
}
