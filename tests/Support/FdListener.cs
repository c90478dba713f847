using System;
using System.ComponentModel;
using System.IO;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Bulkhead.TestSupport;

/// <summary>A unix socket to which somebody sends one descriptor with some bytes: --console-socket, --pidfd-socket, a seccomp agent's.</summary>
public sealed partial class FdListener : IDisposable
{
    private const int ControlSize = 24; // cmsghdr, one int, padding
    private const int CloseOnExec = 0x40000000;
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public FdListener(string path)
    {
        _socket.Bind(new UnixDomainSocketEndPoint(path));
        _socket.Listen();
    }

    /// <summary>Accepts one connection and takes its message; the caller closes the descriptor.</summary>
    public (int Descriptor, string Text) Receive()
    {
        if (!_socket.Poll(Command.Limit, SelectMode.SelectRead))
        {
            throw new TimeoutException("nobody connected to the socket");
        }

        using Socket peer = _socket.Accept();
        return Take((int)peer.Handle);
    }

    public void Dispose() => _socket.Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int socket, ref Message message, int flags);

    private static (int Descriptor, string Text) Take(int peer)
    {
        byte[] data = GC.AllocateArray<byte>(1 << 16, pinned: true);
        long[] control = GC.AllocateArray<long>(ControlSize / 8, pinned: true);
        nint[] vector = GC.AllocateArray<nint>(2, pinned: true);
        vector[0] = Marshal.UnsafeAddrOfPinnedArrayElement(data, 0);
        vector[1] = data.Length;
        var message = new Message
        {
            Vector = Marshal.UnsafeAddrOfPinnedArrayElement(vector, 0),
            VectorCount = 1,
            Control = Marshal.UnsafeAddrOfPinnedArrayElement(control, 0),
            ControlLength = ControlSize,
        };
        nint length = recvmsg(peer, ref message, CloseOnExec);
        if (length < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        if (message.ControlLength == 0)
        {
            throw new IOException("a message without a descriptor");
        }

        return ((int)control[2], Encoding.UTF8.GetString(data, 0, (int)length));
    }

    /// <summary>struct msghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public nint Name;
        public uint NameLength;
        public nint Vector;
        public nint VectorCount;
        public nint Control;
        public nint ControlLength;
        public int Flags;
    }
}
