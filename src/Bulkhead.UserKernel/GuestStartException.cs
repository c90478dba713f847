using System;
using Bulkhead.Linux;

namespace Bulkhead.UserKernel;

/// <summary>The sandbox's first program cannot be executed.</summary>
internal sealed class GuestStartException(string program, Errno errno) : Exception($"exec {program}: {errno.Describe()}")
{
    /// <summary>A shell's: 127 not found, 126 not executable.</summary>
    public int Status { get; } = errno is Errno.ENOENT or Errno.ENOTDIR ? 127 : 126;
}
