using System;
using System.Globalization;
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
    /// <param name="interactive">With one for its input.</param>
    /// <param name="survive">Its output waits for another reader when this process is killed.</param>
    public static ContainerStreams MakePipes(bool interactive, bool survive)
    {
        var streams = new ContainerStreams();
        if (interactive)
        {
            Check(Sys.Pipe(out Fd read, out Fd write));
            Become(read, 0);
            streams.Input = NonBlocking(write);
        }
        streams.Output = MakeOutput(1, survive);
        streams.Error = MakeOutput(2, survive);
        return streams;
    }

    /// <summary>
    /// The pipes of a container whose monitor was killed, by way of its first process. What lies at 0, 1 and 2 there is the container's choice: it is
    /// taken only if it is the very pipe that was made for it.
    /// </summary>
    /// <param name="pidfd">Its first process.</param>
    /// <param name="numbers">What <see cref="Numbers"/> was.</param>
    public static ContainerStreams Adopt(Fd pidfd, string numbers)
    {
        string[] saved = numbers.Split(' ');
        return new ContainerStreams
        {
            Input = Reopen(pidfd, 0, saved, Fcntl.O_WRONLY),
            Output = Reopen(pidfd, 1, saved, Fcntl.O_RDONLY),
            Error = Reopen(pidfd, 2, saved, Fcntl.O_RDONLY),
        };
    }

    /// <summary>Device and inode of each pipe: a pipe keeps them, and no other has them.</summary>
    public string Numbers() => string.Join(' ', Number(Input), Number(Output), Number(Error));

    /// <summary>One pipe that becomes this process's 1 and 2: our end.</summary>
    public static Fd OneOutput()
    {
        Check(Sys.Pipe(out Fd read, out Fd write));
        using (write)
        {
            Check(Sys.Duplicate(write, 1));
            Check(Sys.Duplicate(write, 2));
        }
        return NonBlocking(read);
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

    private static Fd MakeOutput(int number, bool survive)
    {
        Check(Sys.Pipe(out Fd read, out Fd write));
        // For both ways: as long as the container has it open the pipe has a reader, so that a monitor that is killed neither ends its container (SIGPIPE)
        // nor loses its output, which waits for the next monitor.
        Fd end = write;
        if (survive)
        {
            using (write)
                end = Sys.OpenAt(Fd.Cwd, Path(write), Fcntl.O_RDWR).OrThrow("open the container's output");
        }
        Become(end, number);
        return NonBlocking(read);
    }

    private static Fd? Reopen(Fd pidfd, int number, string[] saved, int flags)
    {
        if (number >= saved.Length || saved[number] == "-" || Sys.PidfdGetFd(pidfd, number) is not { Ok: true } got)
            return null;
        using Fd pipe = got.Value;
        if (Number(pipe) != saved[number])
            return null;
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, Path(pipe), flags | Fcntl.O_NONBLOCK);
        return opened.Ok ? opened.Value : null;
    }

    private static string Number(Fd? pipe) => pipe is not null && Sys.Fstat(pipe) is { Ok: true } status
        ? string.Create(CultureInfo.InvariantCulture, $"{status.Value.st_dev}:{status.Value.st_ino}")
        : "-";

    private static string Path(Fd fd) => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{fd.Value}");

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
