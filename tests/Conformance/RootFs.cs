using System;
using Bulkhead.TestSupport;

namespace Bulkhead.Conformance;

/// <summary>A busybox root file system that the tests of one class share, and the tier that runs it.</summary>
public class RootFs : IDisposable
{
    private readonly TempFolder _folder = new("cr");

    public RootFs()
    {
        Path = _folder.Make("rootfs");
        BusyboxImage.MakeRootFileSystem(Path);
    }

    public string Path { get; }

    /// <summary>As the annotation dev.bulkhead.isolation has it.</summary>
    public virtual string Tier => "hardened";

    public bool IsUserKernel => Tier != "hardened";

    /// <summary>What the tier says instead, by the table; null: the same as the others.</summary>
    /// <param name="test">Class and method.</param>
    /// <param name="row">The first value of its row; empty: it has one only.</param>
    public string? Instead(string test, string row = "") => IsUserKernel ? Differences.Of(test, row)?.Instead : null;

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>The same on a kernel of our own.</summary>
public sealed class UserKernelRootFs : RootFs
{
    public override string Tier => "userkernel";
}
