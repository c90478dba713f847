using System;
using System.IO;

namespace Bulkhead.TestSupport;

/// <summary>Where things are: the repository that the tests were built from, and the runtime they try.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The OCI runtime under test: $BULKHEAD_OCI, else what `make build` left in out/. With /usr/sbin/runc the tests prove themselves.</summary>
    public static string Runtime { get; } = FindRuntime();

    /// <summary>The same runtime by the name that asks for a kernel of our own.</summary>
    public static string UserKernelRuntime { get; } = Path.Combine(Path.GetDirectoryName(Runtime)!, "bulkhead-userkernel");

    /// <summary>Some cases hold for us and not for runc 1.1; each of them says why.</summary>
    public static bool RuntimeIsRunc { get; } = Path.GetFileName(Runtime) == "runc";

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Directory.Packages.props")))
        {
            folder = Path.GetDirectoryName(folder.TrimEnd('/'));
        }

        return folder ?? throw new InvalidOperationException("the tests do not run from inside the repository");
    }

    private static string FindRuntime()
    {
        string path = Environment.GetEnvironmentVariable("BULKHEAD_OCI") is { Length: > 0 } named ? named : Path.Combine(Root, "out/bulkhead-oci");
        return File.Exists(path) ? Path.GetFullPath(path) : throw new FileNotFoundException("no runtime to test: run `make build` or set BULKHEAD_OCI", path);
    }
}
