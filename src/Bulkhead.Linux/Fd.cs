using System;
using System.Runtime.InteropServices;

namespace Bulkhead.Linux;

/// <summary>An owned file descriptor. Invalid at -1; 0 is valid. Closed once, never retried (close(2): the fd is gone even on EINTR).</summary>
public sealed class Fd : SafeHandle
{
    private const int AtFdCwd = -100;

    public Fd(int value) : this(value, owns: true)
    {
    }

    private Fd(int value, bool owns) : base(new IntPtr(-1), owns) => SetHandle(value);

    /// <summary>AT_FDCWD: relative paths start at the working directory.</summary>
    public static Fd Cwd { get; } = new(AtFdCwd, owns: false);

    public override bool IsInvalid => handle == new IntPtr(-1);

    /// <summary>The raw number; -1 when closed or invalid. Only <see cref="Sys"/> and Spawn may use it.</summary>
    public int Value => IsClosed ? -1 : (int)handle;

    /// <summary>A descriptor that somebody else closes: stdin, stdout, stderr, or one that the caller lent.</summary>
    public static Fd Borrow(int value) => new(value, owns: false);

    protected override bool ReleaseHandle() => Sys.Close((int)handle) == Errno.None;
}
