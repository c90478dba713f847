using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>Arguments in the guest's memory: each is copied once.</summary>
internal static unsafe class Guest
{
    private const int PageSize = 4096, MostString = 131072; // MAX_ARG_STRLEN

    /// <summary>A path: Latin-1, without its NUL. ENAMETOOLONG from 4,096 bytes on.</summary>
    public static long Path(GuestTask task, ulong address, out string path)
    {
        byte* buffer = stackalloc byte[PageSize];
        long length = SentText(task, address, buffer);
        if (length < 0)
            length = Text(task, address, buffer, PageSize);
        path = length < 0 ? "" : Encoding.Latin1.GetString(buffer, (int)length);
        return length == Fail.E2BIG ? Fail.ENAMETOOLONG : length < 0 ? length : 0;
    }

    /// <summary>A path that came along with the call, without its NUL, in a place of the kernel's until the next one is asked for; empty: none did.</summary>
    public static ReadOnlySpan<byte> SentPath(GuestTask task, ulong address)
    {
        byte* buffer = task.Kernel.PathText.Pointer;
        long length = SentText(task, address, buffer);
        return length <= 0 ? default : new ReadOnlySpan<byte>(buffer, (int)length);
    }

    /// <summary>How many bytes from <paramref name="address"/> on came along with the call. A tracer may have changed them since; then they are not used.</summary>
    private static int SentFrom(GuestTask task, ulong address, out byte* bytes)
    {
        bytes = null;
        if (task.Trace is not null || task.Cell.IsGone)
            return 0;
        Slot* slot = task.Slot;
        ulong size = (ulong)task.Sent, at = size == 0 ? 0 : Volatile.Read(ref slot->SentAt);
        if (address < at || address - at >= size)
            return 0;
        bytes = (size <= GateLayout.MostBytes ? slot->Ops : slot->Data) + (address - at);
        return (int)(size - (address - at));
    }

    /// <summary>The guest may change them meanwhile: they are copied before they are looked at. Below 0: no text came along.</summary>
    private static int SentText(GuestTask task, ulong address, byte* buffer)
    {
        int size = Math.Min(SentFrom(task, address, out byte* bytes), PageSize);
        if (size == 0)
            return -1;
        Buffer.MemoryCopy(bytes, buffer, size, size);
        return new ReadOnlySpan<byte>(buffer, size).IndexOf((byte)0);
    }

    /// <summary>Where <paramref name="count"/> bytes lie that came along; null: they did not. The guest may change them while they are looked at.</summary>
    public static byte* Came(GuestTask task, ulong address, long count) => count > 0 && SentFrom(task, address, out byte* bytes) >= count ? bytes : null;

    /// <summary>What a call is given to look at or to write: as it came along, else from the guest's memory. The count, or below 0.</summary>
    public static long Take(GuestTask task, ulong address, byte* to, long count)
    {
        if (count == 0 || SentFrom(task, address, out byte* bytes) < count)
            return HostMemory.ReadSome(task.HostPid, address, to, count);
        Buffer.MemoryCopy(bytes, to, count, count);
        return count;
    }

    /// <summary>
    /// The last thing that a call writes goes along with its answer: should it not be writable, the gate makes the answer EFAULT, or with
    /// <paramref name="isCounted"/>, where the result is how many bytes these are, less. False: there is no room, or somebody looks on; nothing was written.
    /// </summary>
    public static bool Give(GuestTask task, ulong address, ReadOnlySpan<byte> bytes, bool isCounted = false)
    {
        if (bytes.Length > GateLayout.MostLittle)
        {
            byte* place = Room(task, bytes.Length);
            if (place is null)
                return false;
            // SAFETY: the room is as large as was asked for.
            bytes.CopyTo(new Span<byte>(place, bytes.Length));
            GiveRoom(task, address, bytes.Length, bytes.Length, isCounted);
            return true;
        }
        if (task.Trace is not null || task.Cell.IsGone)
            return false;
        // The rest of the answer is written with them (Kernel.Answer).
        Span<ulong> little = [0, 0];
        bytes.CopyTo(MemoryMarshal.AsBytes(little));
        task.Little = (little[0], little[1]);
        (task.Given, task.GivenTo, task.IsCounted, task.GivenPlace) = (bytes.Length, address, isCounted, GivenPlace.Little);
        return true;
    }

    /// <summary>Where up to <paramref name="size"/> bytes may be put that then go along with the answer; null: nowhere.</summary>
    public static byte* Room(GuestTask task, long size)
    {
        if (task.Trace is not null || task.Cell.IsGone || size > GateLayout.MostData)
            return null;
        task.Sent = 0;
        return size <= GateLayout.MostBytes ? task.Slot->Ops : task.Slot->Data;
    }

    /// <summary>What was put into the <see cref="Room"/> for <paramref name="size"/> bytes.</summary>
    public static void GiveRoom(GuestTask task, ulong address, long size, long count, bool isCounted) =>
        (task.Given, task.GivenTo, task.IsCounted, task.GivenPlace) = ((int)count, address, isCounted, size <= GateLayout.MostBytes ? GivenPlace.Bytes : GivenPlace.Data);

    /// <summary>0, or EFAULT; also the gate may still find it.</summary>
    public static long PutLast<T>(GuestTask task, ulong address, in T value) where T : unmanaged
    {
        fixed (T* p = &value)
            return Give(task, address, new ReadOnlySpan<byte>(p, Unsafe.SizeOf<T>())) ? 0 : Put(task, address, value);
    }

    /// <summary>Bytes up to a NUL, in steps that end at pages: what lies behind need not be mapped.</summary>
    private static long Text(GuestTask task, ulong address, byte* buffer, int size)
    {
        int have = 0;
        while (have < size)
        {
            int step = (int)Math.Min((ulong)(size - have), PageSize - ((address + (ulong)have) % PageSize));
            long got = HostMemory.ReadSome(task.HostPid, address + (ulong)have, buffer + have, step);
            if (got <= 0)
                return Fail.EFAULT;
            int end = new ReadOnlySpan<byte>(buffer + have, (int)got).IndexOf((byte)0);
            if (end >= 0)
                return have + end;
            have += (int)got;
        }
        return Fail.E2BIG;
    }

    /// <summary>argv or envp of execve(2).</summary>
    public static long Strings(GuestTask task, ulong array, out List<byte[]> list)
    {
        const int Most = 64;
        list = [];
        if (array == 0)
            return 0;
        ulong* pointers = stackalloc ulong[Most];
        long total = 0;
        for (ulong at = array; ;)
        {
            // What lies behind the page need not be mapped.
            long step = (long)Math.Max(Math.Min(Most * sizeof(ulong), PageSize - (at % PageSize)) & ~7UL, sizeof(ulong));
            long got = HostMemory.ReadSome(task.HostPid, at, (byte*)pointers, step);
            if (got < sizeof(ulong))
                return Fail.EFAULT;
            for (int i = 0; i < got / sizeof(ulong); i++, at += sizeof(ulong))
            {
                if (pointers[i] == 0)
                    return 0;
                byte* text = task.Kernel.Bounce.Pointer;
                long length = Text(task, pointers[i], text, MostString);
                if (length < 0)
                    return length;
                total += length + 9;
                if (total > 2 << 20)
                    return Fail.E2BIG;
                list.Add(new ReadOnlySpan<byte>(text, (int)length).ToArray());
            }
        }
    }

    public static bool Read<T>(GuestTask task, ulong address, out T value) where T : unmanaged => HostMemory.Read(task.HostPid, address, out value);

    public static bool Write<T>(GuestTask task, ulong address, in T value) where T : unmanaged => HostMemory.Write(task.HostPid, address, value);

    public static long Put<T>(GuestTask task, ulong address, in T value) where T : unmanaged => HostMemory.Write(task.HostPid, address, value) ? 0 : Fail.EFAULT;

    public static long Put(GuestTask task, ulong address, ReadOnlySpan<byte> value) => HostMemory.Write(task.HostPid, address, value) ? 0 : Fail.EFAULT;

    /// <summary>struct timespec in nanoseconds; EINVAL when it is none.</summary>
    public static long Time(GuestTask task, ulong address, out long nanoseconds)
    {
        nanoseconds = -1;
        if (!Read(task, address, out TimeSpec time))
            return Fail.EFAULT;
        if (time.Seconds < 0 || time.Nanoseconds is < 0 or >= 1_000_000_000)
            return Fail.EINVAL;
        nanoseconds = time.Seconds > 9_000_000_000 ? long.MaxValue / 2 : (time.Seconds * 1_000_000_000) + time.Nanoseconds;
        return 0;
    }

    /// <summary>An open file by its descriptor; of a call that has waited, the one that it began with.</summary>
    public static OpenFile? File(GuestTask task, ulong fd)
    {
        int number = (int)(uint)fd;
        if (task.Retry && task.Held.Find(number) is { } held)
            return held;
        OpenFile? file = task.Process.Files[number];
        if (file is not null)
            task.Held.Note(number, file);
        return file;
    }

    /// <summary>
    /// Leaves the task waiting on <paramref name="queue"/> until it changes or <paramref name="deadline"/> (monotonic nanoseconds, below 0: never).
    /// The call is run again then; it must look at TimedOut.
    /// </summary>
    public static long Wait(GuestTask task, WaitQueue queue, long deadline = -1)
    {
        queue.Add(task);
        if (!task.Retry)
            task.Deadline = deadline;
        return Fail.Blocked;
    }
}

[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpec
{
    public long Seconds;
    public long Nanoseconds;

    public TimeSpec(long nanoseconds) => (Seconds, Nanoseconds) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
}
