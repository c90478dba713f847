using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads;

/// <summary>A file that a flag names: whatever stands there, reading it ends.</summary>
public static class CallerFile
{
    /// <summary>Milliseconds from one piece of a pipe to the next: a program that writes it (&lt;(...) of a shell) may take its time.</summary>
    private const int Patience = 10_000;

    /// <param name="flag">For errors.</param>
    /// <param name="path">A file or a pipe.</param>
    /// <param name="most">Bytes.</param>
    /// <exception cref="StepException">It cannot be read, is larger, or is a pipe that nobody writes to.</exception>
    public static byte[] Read(string flag, string path, int most)
    {
        // Without O_NONBLOCK the open itself waits for a fifo's writer.
        using Fd file = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY | Fcntl.O_NONBLOCK | Fcntl.O_NOCTTY).OrThrow(flag + ": open", path);
        uint kind = Sys.Fstat(file).OrThrow(flag + ": stat", path).st_mode & StatMode.S_IFMT;
        return kind == StatMode.S_IFIFO ? ReadPipe(flag, path, file, most) : Sys.ReadFile(file, most).OrThrow(flag + ": read", path);
    }

    private static byte[] ReadPipe(string flag, string path, Fd file, int most)
    {
        var all = new List<byte>();
        byte[] piece = new byte[8192];
        Span<pollfd> polled = stackalloc pollfd[1];
        for (; ; )
        {
            polled[0] = new pollfd { fd = file.Value, events = Poll.POLLIN };
            if (Sys.Poll(polled, Patience).OrThrow(flag + ": wait for", path) == 0)
                throw new StepException($"{flag}: {path} is a pipe that nobody writes to");
            int count = Sys.Read(file, piece).OrThrow(flag + ": read", path);
            if (count == 0)
                return all.ToArray();
            all.AddRange(piece.AsSpan(0, count));
            if (all.Count > most)
                throw new StepException(flag + ": read", Errno.EFBIG, path);
        }
    }
}
