using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.Isolation.Hardened.Compile;

/// <summary>A program under construction, with the descriptors it may use and the container's root as the place of all paths.</summary>
internal sealed class CompileContext
{
    private readonly List<Fd> inherit = [];
    private Fd? hostProc;

    public SpawnProgram Program { get; } = SpawnProgram.ForStub();

    /// <summary>Descriptors for <see cref="SpawnRequest.Inherit"/>.</summary>
    public Fd[] Inherited => inherit.ToArray();

    /// <summary>Marks a descriptor as used by the program.</summary>
    public Fd Use(Fd fd)
    {
        if (!inherit.Contains(fd))
            inherit.Add(fd);
        return fd;
    }

    /// <summary>
    /// The host's procfs by descriptor: the program never trusts the container's /proc (CVE-2019-19921, CVE-2025-52881), and
    /// "self" and "sys/net" in it follow the caller's namespaces.
    /// </summary>
    public Fd HostProc()
    {
        if (hostProc is null)
        {
            hostProc = Sys.OpenAt(Fd.Cwd, "/proc", Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("open", "/proc");
            if (Sys.FileSystemMagic(hostProc).OrThrow("statfs", "/proc") != Mount.PROC_SUPER_MAGIC)
                throw new StepException("/proc is not a procfs: mount one there first");
        }
        return Use(hostProc);
    }

    /// <summary>Writes <paramref name="value"/> to a file of the host's procfs.</summary>
    public void WriteProc(string file, string value)
    {
        int mark = Program.Mark();
        Slot fd = Program.CallInto(Program.NewSlot(), SysNr.openat, HostProc(), Program.Text(file), Fcntl.O_WRONLY | Fcntl.O_CLOEXEC);
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(value);
        Program.Call(SysNr.write, fd, Program.Bytes(bytes, align: 1), bytes.Length);
        Program.Call(SysNr.close, fd);
        Program.Release(mark);
    }

    public void Close(Arg fd) => Program.Call(SysNr.close, fd);

    /// <summary>The sealed duties of our own descriptors end with the compile: the child has its copies.</summary>
    public void DisposeOwn() => hostProc?.Dispose();
}
