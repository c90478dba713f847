using System;
using System.Diagnostics;

namespace Bulkhead.UserKernels;

/// <summary>A process of the host's that no guest may end. It ends with the test, however that goes.</summary>
internal sealed class Canary : IDisposable
{
    private readonly Process process = Hostile.Start("sleep", "1000");

    public bool Lives => !process.HasExited;

    public void Dispose()
    {
        if (Lives)
            process.Kill();
        process.Dispose();
    }
}
