using System;
using Bulkhead.TestSupport;

namespace Bulkhead.Conformance;

/// <summary>A busybox root file system that the tests of one class share.</summary>
public sealed class RootFs : IDisposable
{
    private readonly TempFolder _folder = new("cr");

    public RootFs()
    {
        Path = _folder.Make("rootfs");
        BusyboxImage.MakeRootFileSystem(Path);
    }

    public string Path { get; }

    public void Dispose() => _folder.Dispose();
}
