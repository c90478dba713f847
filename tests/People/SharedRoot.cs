using System;
using Bulkhead.TestSupport;

[assembly: AssemblyFixture(typeof(Bulkhead.People.SharedRoot))]

namespace Bulkhead.People;

/// <summary>
/// One root file system for all tests, which containers only read. Made before the first of them: a program that is copied while another
/// thread starts a process cannot be executed (ETXTBSY: the child has our descriptor until its exec).
/// </summary>
public sealed class SharedRoot : IDisposable
{
    private readonly TempFolder _folder = new("pr");

    public SharedRoot()
    {
        Path = _folder.Make("rootfs");
        BusyboxImage.MakeRootFileSystem(Path);
        // For the test of a machine without the monitor.
        Alone = _folder["bulkhead"];
        Command.Run("cp", Person.Program, Alone).Ok();
    }

    public static string Path { get; private set; } = "";

    /// <summary>A copy of the program with nothing beside it.</summary>
    public static string Alone { get; private set; } = "";

    public void Dispose() => _folder.Dispose();
}
