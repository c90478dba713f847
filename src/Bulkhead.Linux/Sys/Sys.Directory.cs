using System;
using System.Collections.Generic;
using System.Text;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux;

public static unsafe partial class Sys
{
    /// <summary>getdents64(2) from the start: all names but "." and "..", as text.</summary>
    public static Result<List<string>> ReadDirectory(Fd directory)
    {
        Result<List<byte[]>> names = ReadNames(directory);
        return names.Ok ? names.Value.ConvertAll(name => Encoding.UTF8.GetString(name.AsSpan(0, name.Length - 1))) : names.Error;
    }

    /// <summary>The whole file, EFBIG when it is longer than <paramref name="limit"/> bytes.</summary>
    public static Result<byte[]> ReadFile(Fd file, int limit)
    {
        byte[] buffer = new byte[8192];
        int length = 0;
        for (; ; )
        {
            if (length == buffer.Length)
                Array.Resize(ref buffer, length * 2);
            Result<int> read = Read(file, buffer.AsSpan(length));
            if (!read.Ok)
                return read.Error;
            length += read.Value;
            if (length > limit)
                return Errno.EFBIG;
            if (read.Value != 0)
                continue;
            Array.Resize(ref buffer, length);
            return buffer;
        }
    }

    /// <summary>getcwd(2): ENOENT when the directory has been deleted or lies outside our root.</summary>
    public static Result<string> WorkingDirectory()
    {
        const int Size = 4096;
        byte* buffer = stackalloc byte[Size];
        Result<int> length = ToInt(Raw(SysNr.getcwd, (nint)buffer, Size));
        if (!length.Ok)
            return length.Error;
        // "(unreachable)...": getcwd(2), since Linux 2.6.36.
        return buffer[0] == (byte)'/' ? Encoding.UTF8.GetString(buffer, length.Value - 1) : Errno.ENOENT;
    }

    public static Errno MkfifoAt(Fd directory, string path, uint mode)
    {
        fixed (byte* p = Z(path))
            return ToErrno(Raw(SysNr.mknodat, directory.Value, (nint)p, (nint)(StatMode.S_IFIFO | mode)));
    }
}
