using System.Text;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Terminals;

/// <summary>An engine's --console-socket or --pidfd-socket: it listens, we connect and send one descriptor with a name.</summary>
public static class ConsoleSocket
{
    /// <summary>A stream connected to the engine's socket file.</summary>
    public static Fd Connect(string path)
    {
        Fd socket = Sys.CreateSocket(Socket.AF_UNIX, Socket.SOCK_STREAM).OrThrow("create a socket");
        Errno error = Sys.ConnectUnix(socket, path);
        if (error == Errno.None)
            return socket;
        socket.Dispose();
        throw new StepException("connect to the socket", error, path);
    }

    /// <summary>Sends <paramref name="fd"/>; the data is <paramref name="name"/>, as receivers expect ("/dev/ptmx", "pidfd").</summary>
    public static void Send(Fd socket, Fd fd, string name)
    {
        Errno error = Sys.SendFd(socket, fd, Encoding.UTF8.GetBytes(name));
        if (error != Errno.None)
            throw new StepException("send " + name, error);
    }
}
