using System;
using System.IO;
using System.Linq;

namespace Bulkhead.TestSupport;

/// <summary>What every engine under test has: a private folder that holds all its state, and a check that nothing of its containers is left.</summary>
public abstract class Engine : IDisposable
{
    protected TempFolder Folder { get; } = new();

    /// <summary>Unique name of the top-level cgroup below which the engine's containers live.</summary>
    public string CgroupParent => Folder.Name;

    /// <summary>Runs the engine's own client.</summary>
    public abstract Outcome Run(params string[] args);

    /// <summary>The command line that <see cref="Run"/> would run, for a terminal.</summary>
    public abstract string[] CommandLine(params string[] args);

    /// <summary>A file of deploy/ with our path to the runtime in place of the one it names.</summary>
    public static string Deployed(string file) =>
        File.ReadAllText(Path.Combine(Repository.Root, "deploy", file)).Replace("/usr/local/bin/bulkhead-oci", Repository.Runtime, StringComparison.Ordinal)
            .Replace("/usr/local/bin/bulkhead-userkernel", Repository.UserKernelRuntime, StringComparison.Ordinal);

    /// <summary>Throws if a container's mount, cgroup, process or state is still there. Engines clean up in the background: it may take a moment.</summary>
    public void AssertNothingLeft()
    {
        RemoveContainers();
        string left = "";
        try
        {
            Poll.Until("nothing left", () => (left = Left()).Length == 0);
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException($"left behind:\n{left}", e);
        }
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        string[] processes;
        try
        {
            AssertNothingLeft();
        }
        finally
        {
            Shutdown();
            processes = Leftovers.Processes(Folder.Name);
            Leftovers.Remove(Folder.Name);
            Folder.Dispose();
        }

        if (processes.Length > 0)
        {
            throw new InvalidOperationException("left running: " + string.Join('\n', processes));
        }
    }

    /// <summary>Asks the engine to remove what a failed test did not: the check is about what is left after that.</summary>
    protected abstract void RemoveContainers();

    /// <summary>Ends the engine's own processes.</summary>
    protected virtual void Shutdown()
    {
    }

    /// <summary>Command lines that belong to the engine itself and not to a container.</summary>
    protected virtual bool IsEngine(string process) => false;

    /// <summary>Cgroups of the engine itself.</summary>
    protected virtual bool IsEngineCgroup(string path) => false;

    /// <summary>Mount points of the engine itself.</summary>
    protected virtual bool IsEngineMount(string path) => false;

    /// <summary>What the runtime's own state folder still lists.</summary>
    protected abstract string[] RuntimeState();

    /// <summary>Names of what is in a folder, which need not exist.</summary>
    protected static string[] Names(string folder) => Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder) : [];

    private string Left() => string.Join('\n', [
        .. Leftovers.MountsUnder(Folder.FullPath).Where(m => !IsEngineMount(m)).Select(m => "mount " + m),
        .. Leftovers.CgroupsUnder(CgroupParent).Where(c => !IsEngineCgroup(c)).Select(c => "cgroup " + c),
        .. Leftovers.Processes(Folder.Name).Where(p => !IsEngine(p)).Select(p => "process " + p),
        .. RuntimeState().Select(s => "state " + s)]);
}
