using System;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel;

/// <summary>
/// Orders from outside: further processes (exec). A datagram brings five descriptors: the order's words in a memory file, three streams, and a socket
/// on which the kernel says how it ended and hears signals for it. Its sender is the runtime, which the sandbox's folder lets in.
/// </summary>
internal sealed unsafe partial class Kernel
{
    private const int OrderFiles = 5, MostWords = 4 << 20;

    private void WatchControl()
    {
        if (Options.Control < 0)
            return;
        Fd control = Fd.Borrow(Options.Control);
        Watch(Options.Control, HostEvents.In, _ => TakeOrder(control));
    }

    private void TakeOrder(Fd control)
    {
        int[] files = new int[OrderFiles];
        int count = HostEvents.ReceiveFiles(control, files);
        if (count == OrderFiles)
        {
            using var words = new Fd(files[0]);
            Obey(words, files[1..4], new Fd(files[4]));
            return;
        }
        // One descriptor: somebody outside has changed files of ours (bulkhead cp), and waits until it is closed.
        if (count == 1)
        {
            FileSystem.Names.Clear();
            ForgetLasting();
        }
        for (int i = 0; i < count; i++)
            HostFiles.Close(files[i]);
    }

    private void Obey(Fd words, int[] streams, Fd reply)
    {
        long error = Fail.EINVAL;
        Process? process = null;
        try
        {
            (process, error) = Begin(KernelOptions.Parse(Words(words)), streams);
        }
        catch (FormatException)
        {
            // Told as EINVAL. The streams are nobody's yet.
            foreach (int stream in streams)
                HostFiles.Close(stream);
        }
        if (error < 0)
        {
            Tell(reply, error);
            reply.Dispose();
            return;
        }
        ulong watch = 0;
        Action<int>? before = process!.OnEnd;
        process.OnEnd = status =>
        {
            before?.Invoke(status);
            Unwatch(reply.Value, watch);
            Tell(reply, status);
            reply.Dispose();
        };
        watch = Watch(reply.Value, HostEvents.In, _ => HearFor(process, reply));
    }

    private static string[] Words(Fd file)
    {
        if (HostFiles.Stat(file.Value, out stat status) < 0 || status.st_size is <= 0 or > MostWords)
            throw new FormatException("an order without words");
        byte[] bytes = new byte[status.st_size];
        Result<int> length = Sys.ReadAt(file, bytes, 0);
        return length.Ok ? Encoding.UTF8.GetString(bytes.AsSpan(0, Math.Max(0, length.Value - 1))).Split('\0') : throw new FormatException("an order that cannot be read");
    }

    /// <summary>A status as wait(2) has it, or -errno.</summary>
    private static void Tell(Fd reply, long word) => HostEvents.Send(reply, BitConverter.GetBytes(word), -1);

    /// <summary>A signal for the process; the end of the socket: whoever stands for it on the host was killed, and so is it.</summary>
    private void HearFor(Process process, Fd reply)
    {
        Span<byte> message = stackalloc byte[8];
        long length = HostEvents.Receive(reply, message, out _);
        if (length <= 0)
        {
            if (length == 0)
                EndProcess(process, Signal.SIGKILL);
            return;
        }
        int signal = message[0];
        if (process.Terminal is { Foreground: > 0 } console && signal is Signal.SIGINT or Signal.SIGQUIT or Signal.SIGTSTP or Signal.SIGWINCH)
            SignalGroup(console.Foreground, signal);
        else if (signal is > 0 and <= SignalSet.Highest)
            SendSignal(process, SignalInfo.From(signal, SignalInfo.KernelCode, 0, 0));
    }
}
