using System;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>Root file systems of eng/make-rootfs.sh: read only.</summary>
internal static class Roots
{
    private static readonly Lazy<string> s_busybox = new(() => Make("busybox")), s_debian = new(() => Make("debian")), s_workloads = new(() => Make("workloads")), s_python = new(() => Make("python")), s_languages = new(() => Make("languages"));

    public static string Busybox => s_busybox.Value;

    public static string Debian => s_debian.Value;

    /// <summary>Debian with python3, sqlite3, perl, node and more.</summary>
    public static string Workloads => s_workloads.Value;

    /// <summary>Debian with Python's own tests and pip.</summary>
    public static string Python => s_python.Value;

    /// <summary>Debian with compilers of C++, Go and Rust: made for the long tests only.</summary>
    public static string Languages => s_languages.Value;

    private static string Make(string name) => Command.Run([Repository.Root + "/eng/make-rootfs.sh", name], null, null, TimeSpan.FromMinutes(15)).Ok().Trim();
}
