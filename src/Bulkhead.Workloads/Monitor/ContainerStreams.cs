using System;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads.Monitor;

/// <summary>Our ends of a container's standard streams. Null: ended, or never wanted.</summary>
internal sealed class ContainerStreams : IDisposable
{
    public Fd? Input { get; set; }

    public Fd? Output { get; set; }

    public Fd? Error { get; set; }

    public bool IsTerminal { get; private init; }

    /// <summary>Pipes whose other ends become this process's 0, 1 and 2, which a container inherits.</summary>
    public static ContainerStreams MakePipes(bool interactive)
    {
        var streams = new ContainerStreams();
        if (interactive)
        {
            Check(Sys.Pipe(out Fd read, out Fd write));
            Become(read, 0);
            streams.Input = NonBlocking(write);
        }
        streams.Output = MakeOutput(1);
        streams.Error = MakeOutput(2);
        return streams;
    }

    public static ContainerStreams OfTerminal(Fd master)
    {
        NonBlocking(master);
        return new ContainerStreams { Input = master, Output = master, IsTerminal = true };
    }

    /// <summary>Nothing of the container's stays open in this process.</summary>
    public static void Forget()
    {
        using Fd nothing = Sys.OpenAt(Fd.Cwd, "/dev/null", Fcntl.O_RDWR).OrThrow("open", "/dev/null");
        for (int fd = 0; fd <= 2; fd++)
            Check(Sys.Duplicate(nothing, fd));
    }

    public void Dispose()
    {
        Input?.Dispose();
        Output?.Dispose();
        Error?.Dispose();
    }

    private static Fd MakeOutput(int number)
    {
        Check(Sys.Pipe(out Fd read, out Fd write));
        Become(write, number);
        return NonBlocking(read);
    }

    private static void Become(Fd end, int number)
    {
        using (end)
            Check(Sys.Duplicate(end, number));
    }

    private static Fd NonBlocking(Fd fd)
    {
        int flags = Sys.FileControl(fd, Fcntl.F_GETFL).OrThrow("read the flags of a stream");
        Sys.FileControl(fd, Fcntl.F_SETFL, flags | Fcntl.O_NONBLOCK).OrThrow("make a stream non-blocking");
        return fd;
    }

    private static void Check(Errno error)
    {
        if (error != Errno.None)
            throw new StepException("make the container's standard streams", error);
    }
}
