using System;
using System.Globalization;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Confinement;
using Bulkhead.UserKernel.Host;

namespace Bulkhead.KernelCli;

/// <summary>
/// What stands on the host for a further process of a guest's: it hands its streams to the sandbox's kernel, passes signals on, and ends as the guest
/// does. When it is killed the guest is. It stands in the sandbox behind the same wall as the kernel: what it needs is on that list.
/// </summary>
internal sealed class Attachment(string control)
{
    public const string Word = "--attach";
    private const int NotFound = 127, NotExecutable = 126, Killed = 137;

    public int Run(string[] words)
    {
        using Fd signals = HostEvents.CatchSignals(GuestSignals.All);
        KernelCalls.Enter();
        using Fd kernel = new(int.Parse(control, NumberStyles.None, CultureInfo.InvariantCulture));
        (Fd ours, Fd theirs) = Sys.SocketPair().OrThrow("make a socket pair");
        using Fd answers = ours;
        using (theirs)
        using (Fd order = Sys.MemfdCreate("order", 0, executable: false).OrThrow("make a memory file"))
        {
            Errno error = Sys.WriteAll(order, Encoding.UTF8.GetBytes(string.Join('\0', words) + "\0"));
            if (error != Errno.None)
                throw new StepException("write the order", error);
            long sent = HostEvents.SendFiles(kernel, [order.Value, 0, 1, 2, theirs.Value]);
            if (sent < 0)
                throw new StepException("reach the container's kernel", (Errno)(-sent));
        }
        return Follow(answers, signals, words);
    }

    private static int Follow(Fd answers, Fd signals, string[] words)
    {
        Span<pollfd> fds = [new pollfd { fd = answers.Value, events = Poll.POLLIN }, new pollfd { fd = signals.Value, events = Poll.POLLIN }];
        Span<byte> bytes = stackalloc byte[64];
        for (; ; )
        {
            long ready = HostEvents.PollForEver(fds);
            if (ready == -(long)Errno.EINTR)
                continue; // the pipe has the signal
            if (ready < 0)
                throw new StepException("wait for the guest", (Errno)(-ready));
            if (fds[1].revents != 0)
            {
                Result<int> count = Sys.Read(signals, bytes);
                for (int i = 0; count.Ok && i < count.Value; i++)
                    HostEvents.Send(answers, bytes.Slice(i, 1), -1);
            }
            if (fds[0].revents == 0)
                continue;
            if (HostEvents.Receive(answers, bytes, out _) != sizeof(long))
                return Killed; // the kernel is gone
            long word = BitConverter.ToInt64(bytes);
            return word < 0 ? Refused((Errno)(-word), words) : Sys.ExitStatus((int)word);
        }
    }

    private static int Refused(Errno error, string[] words)
    {
        string program = words[Array.IndexOf(words, "--") + 1];
        Sys.WriteAll(Fd.Borrow(2), Encoding.UTF8.GetBytes($"exec {program}: {error.Describe()}\n"));
        return error is Errno.ENOENT or Errno.ENOTDIR ? NotFound : NotExecutable;
    }
}
