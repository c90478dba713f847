using System;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads.Monitor;

/// <summary>This process's 0, 1 and 2, put aside while a container's take their place, which it inherits from them.</summary>
internal sealed class SavedStreams : IDisposable
{
    private readonly Fd[] _saved = new Fd[3];

    public SavedStreams()
    {
        for (int fd = 0; fd <= 2; fd++)
            _saved[fd] = new Fd(Sys.FileControl(Fd.Borrow(fd), Fcntl.F_DUPFD_CLOEXEC, 3).OrThrow("put the standard streams aside"));
    }

    /// <summary>Nothing to read for the container: its stdin was not asked for.</summary>
    public static void CloseInput()
    {
        using Fd nothing = Sys.OpenAt(Fd.Cwd, "/dev/null", Fcntl.O_RDONLY).OrThrow("open", "/dev/null");
        Sys.Duplicate(nothing, 0);
    }

    /// <summary>Back in their places.</summary>
    public void Dispose()
    {
        for (int fd = 0; fd <= 2; fd++)
        {
            Sys.Duplicate(_saved[fd], fd);
            _saved[fd].Dispose();
        }
    }
}
