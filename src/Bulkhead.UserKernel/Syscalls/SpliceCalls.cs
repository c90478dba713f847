using System;
using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>splice(2), tee(2), vmsplice(2), sendfile(2), copy_file_range(2). Pages never change hands here: bytes are copied.</summary>
internal static unsafe class SpliceCalls
{
    private const ulong NonBlock = 2, AllFlags = 15;
    private const long MostAtOnce = 16 << 20;

    /// <summary>An open file and where in it: below 0 its own position.</summary>
    private readonly record struct Place(OpenFile File, ulong OffsetAt, long Offset)
    {
        public bool IsOwnPosition => OffsetAt == 0;
    }

    private static long Find(GuestTask task, ulong fd, out OpenFile? file)
    {
        file = Guest.File(task, fd);
        return file is null || (file.Flags & Fcntl.O_PATH) != 0 ? Fail.EBADF : 0;
    }

    public static long Splice(GuestTask task)
    {
        if (task.A4 == 0)
            return 0;
        if ((task.A5 & ~AllFlags) != 0)
            return Fail.EINVAL;
        if (Find(task, task.A0, out OpenFile? input) < 0 || Find(task, task.A2, out OpenFile? output) < 0)
            return Fail.EBADF;
        var from = input as PipeEnd;
        var to = output as PipeEnd;
        if ((from is not null && task.A1 != 0) || (to is not null && task.A3 != 0))
            return Fail.ESPIPE;
        long offsetIn = -1, offsetOut = -1;
        if ((task.A1 != 0 && !Guest.Read(task, task.A1, out offsetIn)) || (task.A3 != 0 && !Guest.Read(task, task.A3, out offsetOut)))
            return Fail.EFAULT;
        if (!input!.CanRead || !output!.CanWrite)
            return Fail.EBADF;
        long most = (long)Math.Min(task.A4, IoCalls.MostBytes);
        bool wait = (task.A5 & NonBlock) == 0;
        if (from is not null && to is not null)
            return Between(task, from, to, most, wait, keep: false);
        if (from is not null)
            return FromPipe(task, from, new Place(output, task.A3, offsetOut), most, wait);
        return to is not null ? ToPipe(task, new Place(input, task.A1, offsetIn), to, most, wait) : Fail.EINVAL;
    }

    /// <summary>Waits for <paramref name="file"/> unless somebody said not to.</summary>
    private static long Later(GuestTask task, OpenFile file, uint events, bool wait)
    {
        if (!wait || file.IsNonBlocking)
            return Fail.EAGAIN;
        file.Arm(events);
        return Guest.Wait(task, file.Queue);
    }

    private static long Between(GuestTask task, PipeEnd from, PipeEnd to, long most, bool wait, bool keep)
    {
        PipeBuffer source = from.Buffer, target = to.Buffer;
        if (source == target)
            return Fail.EINVAL;
        if (source.Count == 0)
            return source.Writers == 0 ? 0 : Later(task, from, OpenFile.In, wait);
        if (target.Readers == 0)
            return IoCalls.Failed(task, Fail.EPIPE);
        if (target.IsFull)
            return Later(task, to, OpenFile.Out, wait);
        int done = source.CopyTo(target, most);
        to.Queue.WakeAll(task.Kernel);
        if (keep)
            return done;
        source.Skip(done);
        from.Queue.WakeAll(task.Kernel);
        return done;
    }

    private static long FromPipe(GuestTask task, PipeEnd from, in Place to, long most, bool wait)
    {
        if (!to.IsOwnPosition && to.File.IsStream)
            return Fail.EINVAL;
        if (!to.IsOwnPosition && to.Offset < 0)
            return Fail.EINVAL;
        if ((to.File.Flags & Fcntl.O_APPEND) != 0 || to.File is EventFile)
            return Fail.EINVAL;
        if (from.Buffer.Count == 0)
            return from.Buffer.Writers == 0 ? 0 : Later(task, from, OpenFile.In, wait);
        HostBuffer bounce = task.Kernel.Bounce;
        int have = from.Buffer.Peek(bounce.Span[..(int)Math.Min(most, HostBuffer.BounceSize)]);
        long put = to.File.Write(bounce.Pointer, have, to.Offset);
        if (put == Fail.EAGAIN)
            return Later(task, to.File, OpenFile.Out, wait);
        if (put < 0)
            return IoCalls.Failed(task, put);
        from.Buffer.Skip((int)put);
        from.Queue.WakeAll(task.Kernel);
        return Moved(task, to, put);
    }

    private static long ToPipe(GuestTask task, in Place from, PipeEnd to, long most, bool wait)
    {
        if (!from.IsOwnPosition && (from.File.IsStream || from.Offset < 0))
            return Fail.EINVAL;
        if (to.Buffer.Readers == 0)
            return IoCalls.Failed(task, Fail.EPIPE);
        int room = to.Buffer.Room;
        if (room == 0)
            return Later(task, to, OpenFile.Out, wait);
        HostBuffer bounce = task.Kernel.Bounce;
        long got = from.File.Read(bounce.Pointer, Math.Min(Math.Min(most, room), HostBuffer.BounceSize), from.Offset);
        if (got == Fail.EAGAIN)
            return Later(task, from.File, OpenFile.In, wait);
        if (got <= 0)
            return got;
        to.Buffer.Put(bounce.Span[..(int)got]);
        to.Queue.WakeAll(task.Kernel);
        return Moved(task, from, got);
    }

    private static long Moved(GuestTask task, in Place place, long count) =>
        place.IsOwnPosition || Guest.Write(task, place.OffsetAt, place.Offset + count) ? count : Fail.EFAULT;

    public static long Tee(GuestTask task)
    {
        if ((task.A3 & ~AllFlags) != 0)
            return Fail.EINVAL;
        if (task.A2 == 0)
            return 0;
        if (Find(task, task.A0, out OpenFile? input) < 0 || Find(task, task.A1, out OpenFile? output) < 0 || !input!.CanRead || !output!.CanWrite)
            return Fail.EBADF;
        return input is PipeEnd from && output is PipeEnd to
            ? Between(task, from, to, (long)Math.Min(task.A2, IoCalls.MostBytes), (task.A3 & NonBlock) == 0, keep: true)
            : Fail.EINVAL;
    }

    /// <summary>vmsplice(2): what writev(2) would do with a pipe, or readv(2) where packets count as bytes.</summary>
    public static long MemorySplice(GuestTask task)
    {
        if ((task.A3 & ~AllFlags) != 0)
            return Fail.EINVAL;
        if (Guest.File(task, task.A0) is not PipeEnd pipe || (pipe.Flags & Fcntl.O_PATH) != 0)
            return Fail.EBADF;
        if (task.A2 > IoCalls.MostVectors)
            return Fail.EINVAL;
        var vectors = new ulong[task.A2 * 2];
        if (!HostMemory.Read(task.HostPid, task.A1, MemoryMarshal.AsBytes(vectors.AsSpan())))
            return Fail.EFAULT;
        bool wait = (task.A3 & NonBlock) == 0;
        if (!pipe.CanWrite)
            return ToMemory(task, pipe, vectors, wait);
        if (!wait && pipe.Buffer.IsFull && pipe.Buffer.Readers > 0)
            return Fail.EAGAIN;
        return IoCalls.WriteVector(task);
    }

    private static long ToMemory(GuestTask task, PipeEnd pipe, ulong[] vectors, bool wait)
    {
        if (pipe.Buffer.Count == 0)
            return pipe.Buffer.Writers == 0 || vectors.Length == 0 ? 0 : Later(task, pipe, OpenFile.In, wait);
        HostBuffer bounce = task.Kernel.Bounce;
        long total = 0;
        for (int i = 0; i < vectors.Length && pipe.Buffer.Count > 0; i += 2)
        {
            int have = pipe.Buffer.Peek(bounce.Span[..(int)Math.Min(vectors[i + 1], HostBuffer.BounceSize)]);
            long put = HostMemory.WriteSome(task.HostPid, vectors[i], bounce.Pointer, have);
            if (put < 0)
                return total > 0 ? total : Fail.EFAULT;
            pipe.Buffer.Skip((int)put);
            total += put;
            if (put < have || (ulong)have < vectors[i + 1])
                break;
        }
        pipe.Queue.WakeAll(task.Kernel);
        return total;
    }

    public static long SendFile(GuestTask task)
    {
        long offset = -1;
        if (task.A2 != 0 && !Guest.Read(task, task.A2, out offset))
            return Fail.EFAULT;
        long error = IoCalls.Check(task, task.A1, -1, write: false, out OpenFile? from);
        if (error < 0)
            return error;
        if (task.A2 != 0 && from!.IsStream)
            return Fail.ESPIPE;
        error = IoCalls.Check(task, task.A0, -1, write: true, out OpenFile? to);
        if (error < 0)
            return error;
        if (from!.IsStream || (task.A2 != 0 && offset < 0) || (to!.Flags & Fcntl.O_APPEND) != 0 || to is EventFile)
            return Fail.EINVAL;
        return Send(task, new Place(from, task.A2, offset), to!);
    }

    /// <summary>An interrupted wait has moved the offset already: the rest goes on from there.</summary>
    private static long Send(GuestTask task, Place from, OpenFile to)
    {
        HostBuffer bounce = task.Kernel.Bounce;
        long total = (long)Math.Min(task.A3, MostAtOnce), done = task.Progress, offset = from.Offset;
        while (done < total)
        {
            long start = from.IsOwnPosition ? from.File.Seek(0, 1) : offset;
            long got = from.File.Read(bounce.Pointer, Math.Min(total - done, HostBuffer.BounceSize), start);
            if (got <= 0)
                return done > 0 ? done : got;
            long put = to.Write(bounce.Pointer, got, -1);
            if (put == Fail.EAGAIN)
            {
                task.Progress = done;
                return done > 0 && to.IsNonBlocking ? done : Later(task, to, OpenFile.Out, wait: true);
            }
            if (put <= 0) // 0: it takes no more, and would not at the next try
                return done > 0 ? done : IoCalls.Failed(task, put);
            done += put;
            offset += put;
            if (from.IsOwnPosition)
                from.File.Seek(start + put, 0);
            else if (!Guest.Write(task, from.OffsetAt, offset))
                return Fail.EFAULT;
        }
        return done;
    }

    /// <summary>copy_file_range(2), of 16 MiB at most at once.</summary>
    public static long CopyRange(GuestTask task)
    {
        if (Find(task, task.A0, out OpenFile? input) < 0 || Find(task, task.A2, out OpenFile? output) < 0)
            return Fail.EBADF;
        long offsetIn = 0, offsetOut = 0;
        if ((task.A1 != 0 && !Guest.Read(task, task.A1, out offsetIn)) || (task.A3 != 0 && !Guest.Read(task, task.A3, out offsetOut)))
            return Fail.EFAULT;
        if (task.A5 != 0)
            return Fail.EINVAL;
        if (input is HostFile { IsDirectory: true } or NodeDirectory || output is HostFile { IsDirectory: true } or NodeDirectory)
            return Fail.EISDIR;
        if (input is not HostFile || output is not HostFile)
            return Fail.EINVAL;
        if (!input.CanRead || !output.CanWrite || (output.Flags & Fcntl.O_APPEND) != 0)
            return Fail.EBADF;
        long start = task.A1 == 0 ? input.Seek(0, 1) : offsetIn, target = task.A3 == 0 ? output.Seek(0, 1) : offsetOut, most = (long)Math.Min(task.A4, MostAtOnce);
        if (start < 0 || target < 0)
            return Fail.EOVERFLOW;
        if (target == long.MaxValue)
            return Fail.EFBIG;
        most = Math.Min(most, long.MaxValue - Math.Max(start, target));
        if (input.Stat(out stat one) == 0 && output.Stat(out stat two) == 0 && one.st_ino == two.st_ino && one.st_dev == two.st_dev && start < target + most && target < start + most)
            return Fail.EINVAL;
        long moved = Copy(task, input, start, output, target, most);
        if (moved <= 0)
            return moved;
        bool told = Advance(task, input, task.A1, start + moved) && Advance(task, output, task.A3, target + moved);
        return told ? moved : Fail.EFAULT;
    }

    private static bool Advance(GuestTask task, OpenFile file, ulong offsetAt, long offset) => offsetAt == 0 ? file.Seek(offset, 0) >= 0 : Guest.Write(task, offsetAt, offset);

    private static long Copy(GuestTask task, OpenFile from, long start, OpenFile to, long target, long most)
    {
        HostBuffer bounce = task.Kernel.Bounce;
        for (long done = 0; ;)
        {
            long got = done < most ? from.Read(bounce.Pointer, Math.Min(most - done, HostBuffer.BounceSize), start + done) : 0;
            long put = got > 0 ? to.Write(bounce.Pointer, got, target + done) : got;
            if (put <= 0)
                return done > 0 ? done : put;
            done += put;
        }
    }
}
