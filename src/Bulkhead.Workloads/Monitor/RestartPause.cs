using System;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads.Monitor;

/// <summary>A monitor between two runs of its container.</summary>
internal static class RestartPause
{
    /// <summary>False: somebody stopped it meanwhile. Who does notes that in the folder, and then connects, which ends the pause.</summary>
    public static bool Wait(Fd listener, ClientSet clients, WorkloadFolder folder, int milliseconds)
    {
        long end = Environment.TickCount64 + milliseconds;
        Span<pollfd> fds = stackalloc pollfd[1 + ClientSet.Most];
        Span<byte> packet = stackalloc byte[1 + Packet.MaxContent];
        for (; ; )
        {
            if (folder.StopAsked)
                return false;
            int left = (int)(end - Environment.TickCount64);
            if (left <= 0)
                return true;
            fds[0] = new pollfd { fd = listener.Value, events = Poll.POLLIN };
            int count = clients.Count;
            for (int i = 0; i < count; i++)
                fds[1 + i] = new pollfd { fd = clients[i].Value, events = Poll.POLLIN };
            Sys.Poll(fds[..(1 + count)], left).OrThrow("wait to run the container again");
            for (int i = count - 1; i >= 0; i--)
            {
                // Nobody is there to take their input.
                if (fds[1 + i].revents != 0 && Sys.Receive(clients[i], packet) is not { Ok: true, Value: > 0 })
                    clients.Drop(i);
            }
            if (fds[0].revents != 0 && Sys.Accept(listener) is { Ok: true } client)
                clients.Add(client.Value);
        }
    }
}
