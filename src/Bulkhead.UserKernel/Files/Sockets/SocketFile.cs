using System;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Syscalls;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>A message on its way out. The buffer moves as bytes are taken; references of the control data go over to whoever takes them.</summary>
internal ref struct Outgoing
{
    /// <summary>Null: the kernel itself moves bytes (sendfile).</summary>
    public GuestTask? Task;
    public MessageBuffer Buffer;
    public SocketAddress To;
    public ControlData? Control;
    public int Flags;

    /// <summary>What else tells that there is room again, when the result is EAGAIN.</summary>
    public WaitQueue? WaitOn;
}

/// <summary>A message on its way in.</summary>
internal ref struct Incoming
{
    public MessageBuffer Buffer;
    public int Flags;
    public SocketAddress From;
    public ControlData? Control;

    /// <summary>MSG_* as recvmsg(2) gives them back.</summary>
    public int Result;

    /// <summary>A message ended here: MSG_WAITALL does not go on.</summary>
    public bool IsEnd;

    public readonly bool IsPeek => (Flags & SocketAbi.Peek) != 0;
}

/// <summary>A socket. As with every open file, nothing here waits: EAGAIN says that <see cref="OpenFile.Queue"/> will tell.</summary>
internal abstract unsafe class SocketFile : OpenFile
{
    private const uint ReadReady = 0x541B, WriteReady = 0x5411, MarkReady = 0x8905;

    protected SocketFile(Kernel kernel, int domain, int type, int protocol) : base(kernel)
    {
        (Domain, Type, Protocol) = (domain, type, protocol);
        Inode = kernel.Network.NextInode();
        Flags = Fcntl.O_RDWR;
    }

    public int Domain { get; }

    public int Type { get; }

    public int Protocol { get; }

    public ulong Inode { get; }

    public SocketOptions Options { get; protected init; } = new();

    /// <summary>-errno that the next call tells (SO_ERROR); 0: none.</summary>
    public long PendingError { get; set; }

    /// <summary>SocketAbi.ShutReceive, ShutSend.</summary>
    public int Shut { get; set; }

    public bool IsReceiveShut => (Shut & SocketAbi.ShutReceive) != 0;

    public bool IsSendShut => (Shut & SocketAbi.ShutSend) != 0;

    public virtual bool IsListening => false;

    /// <summary>Messages keep their bounds: one call moves one.</summary>
    public bool KeepsMessages => Type != SocketAbi.Stream;

    public override string Name => $"socket:[{Inode}]";

    protected NetworkStack Network => Kernel.Network;

    public int SendBuffer => Options.SendBuffer > 0 ? Options.SendBuffer : DefaultSendBuffer;

    public int ReceiveBuffer => Options.ReceiveBuffer > 0 ? Options.ReceiveBuffer : DefaultReceiveBuffer;

    protected virtual int DefaultSendBuffer => SocketAbi.DefaultBuffer;

    protected virtual int DefaultReceiveBuffer => SocketAbi.DefaultBuffer;

    public abstract long Bind(GuestTask task, in SocketAddress address);

    /// <summary>EAGAIN: it goes on when the queue tells, by the same call; EINPROGRESS: it goes on by itself.</summary>
    public abstract long Connect(GuestTask task, in SocketAddress address, bool isNonBlocking, out WaitQueue? waitOn);

    public virtual long Listen(GuestTask task, int backlog) => Fail.EOPNOTSUPP;

    public virtual long Accept(out SocketFile? accepted)
    {
        accepted = null;
        return Fail.EOPNOTSUPP;
    }

    public abstract SocketAddress LocalName();

    /// <summary>ENOTCONN where there is none.</summary>
    public abstract long PeerName(out SocketAddress name);

    /// <summary>How many bytes were taken; EAGAIN when there is no room.</summary>
    public abstract long Send(ref Outgoing message);

    public abstract long Receive(ref Incoming message);

    public abstract long Shutdown(int how);

    /// <summary>FIONREAD and SIOCOUTQ.</summary>
    protected abstract long Waiting(out int count);

    protected virtual int Unsent => 0;

    /// <summary>The value of an option of a level above the socket's own, or of one that only this kind has: its size, below 0 where it is not known.</summary>
    public virtual int SpecialOption(int level, int name, Span<byte> to) => -1;

    /// <summary>No option is larger (struct tcp_info).</summary>
    public const int LargestOption = 256;

    /// <summary>Whether options of this level exist.</summary>
    public abstract bool HasLevel(int level);

    /// <summary>A last word on a value that is about to be set.</summary>
    public virtual long CheckOption(int level, int name, int value) => 0;

    public long TakeError()
    {
        long error = PendingError;
        PendingError = 0;
        return error;
    }

    public void Wake() => Queue.WakeAll(Kernel);

    public override long Read(byte* to, long count, long offset)
    {
        var message = new Incoming { Buffer = MessageBuffer.OfKernel(to, count), Flags = SocketAbi.DontWait };
        long result = Receive(ref message);
        message.Control?.Release(Kernel);
        return result;
    }

    public override long Write(byte* from, long count, long offset)
    {
        var message = new Outgoing { Buffer = MessageBuffer.OfKernel(from, count), Flags = SocketAbi.DontWait };
        return Send(ref message);
    }

    public override long Control(GuestTask task, uint command, ulong argument)
    {
        int value = 0;
        long error = command switch
        {
            ReadReady => Waiting(out value),
            WriteReady => (value = Unsent) * 0,
            MarkReady when Type == SocketAbi.Stream => 0,
            _ => InterfaceControl.Ask(task, command, argument),
        };
        if (error != 0 || command is not (ReadReady or WriteReady or MarkReady))
            return error;
        return Guest.Put(task, argument, value);
    }

    public override long Stat(out stat status)
    {
        status = new stat { st_mode = StatMode.S_IFSOCK | 0x1FF, st_ino = Inode, st_nlink = 1, st_blksize = 4096, st_dev = OwnDevice.Sockets };
        return 0;
    }
}
