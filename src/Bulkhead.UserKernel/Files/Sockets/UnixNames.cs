using System;
using System.Collections.Generic;
using System.Text;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>Who is bound where: abstract names, which are a kind's own (net/unix/af_unix.c hashes the type in), and inodes of the guest's tree.</summary>
internal sealed class UnixNames
{
    private const int MostAutomatic = 1 << 20;
    private readonly Dictionary<(int Type, string Name), UnixSocket> abstracts = [];
    private readonly Dictionary<(ulong Device, ulong Inode), UnixSocket> inodes = [];
    private int nextAutomatic;

    public bool AddAbstract(UnixSocket socket, in SocketAddress address) => abstracts.TryAdd((socket.Type, Text(address)), socket);

    public void RemoveAbstract(UnixSocket socket, in SocketAddress address) => abstracts.Remove((socket.Type, Text(address)));

    public void AddInode((ulong Device, ulong Inode) key, UnixSocket socket) => inodes[key] = socket;

    public void RemoveInode((ulong Device, ulong Inode) key) => inodes.Remove(key);

    /// <summary>A name of five digits that nobody has (unix(7), autobind).</summary>
    public bool AddAutomatic(UnixSocket socket, out SocketAddress address)
    {
        address = default;
        for (int i = 0; i < MostAutomatic; i++)
        {
            byte[] bytes = new byte[8];
            bytes[0] = SocketAbi.FamilyUnix;
            nextAutomatic = (nextAutomatic + 1) % MostAutomatic;
            for (int digit = 0; digit < 5; digit++)
                bytes[7 - digit] = (byte)"0123456789abcdef"[nextAutomatic >> (digit * 4) & 15];
            address = new SocketAddress(bytes);
            if (AddAbstract(socket, address))
                return true;
        }
        return false;
    }

    /// <summary>The socket of a kind that an address leads to: ECONNREFUSED when there is none, EPROTOTYPE when it is of another kind.</summary>
    public long Find(GuestTask task, in SocketAddress address, int type, out UnixSocket? socket)
    {
        socket = null;
        if (IsAbstract(address))
            return abstracts.TryGetValue((type, Text(address)), out socket) ? 0 : Fail.ECONNREFUSED;
        long error = task.Kernel.FileSystem.FindSocket(task, PathOf(address), out (ulong, ulong) key);
        if (error < 0)
            return error;
        if (!inodes.TryGetValue(key, out UnixSocket? found))
            return Fail.ECONNREFUSED;
        if (found.Type != type)
            return Fail.EPROTOTYPE;
        socket = found;
        return 0;
    }

    public static bool IsAbstract(in SocketAddress address) => address.Bytes[2] == 0;

    /// <summary>sun_path up to its NUL, which need not be there.</summary>
    public static string PathOf(in SocketAddress address)
    {
        ReadOnlySpan<byte> path = address.Bytes[2..];
        int end = path.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? path : path[..end]);
    }

    private static string Text(in SocketAddress address) => Encoding.Latin1.GetString(address.Bytes[2..]);
}
