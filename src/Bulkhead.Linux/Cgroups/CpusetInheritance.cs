using System;

namespace Bulkhead.Linux.Cgroups;

/// <summary>A v1 cpuset starts empty and takes no process so (ENOSPC): each level copies its parent's CPUs and memory nodes.</summary>
internal static class CpusetInheritance
{
    public static void Apply(string mount, CgroupEntry entry, CgroupResources? resources)
    {
        string? cpus = string.IsNullOrEmpty(resources?.Cpus) ? null : resources.Cpus;
        string? mems = string.IsNullOrEmpty(resources?.Mems) ? null : resources.Mems;
        using Parent? parent = cpus is null || mems is null || !IsTop(mount, entry.Path) ? Fill(mount, Up(entry.Path)) : null;
        Set(entry, "cpuset.cpus", cpus, parent);
        Set(entry, "cpuset.mems", mems, parent);
    }

    private static void Set(CgroupEntry entry, string file, string? wanted, Parent? parent)
    {
        if (wanted is not null)
            entry.Write(file, wanted);
        else if (entry.Read(file) is { Ok: true, Value: var text } && IsEmpty(text))
            entry.Write(file, parent!.Text(file));
    }

    /// <summary>Makes sure that a directory above has CPUs and nodes, from the top down, and hands it out.</summary>
    private static Parent Fill(string mount, string path)
    {
        var current = new Parent(new CgroupEntry("cpuset", CgroupControllers.CpuSet, path));
        if (path.Length <= mount.Length || (!IsEmpty(current.Text("cpuset.cpus")) && !IsEmpty(current.Text("cpuset.mems"))))
            return current;
        using (Parent above = Fill(mount, Up(path)))
        {
            current.Inherit("cpuset.cpus", above);
            current.Inherit("cpuset.mems", above);
        }
        return current;
    }

    private static bool IsTop(string mount, string path) => Up(path).Length <= mount.Length;

    private static string Up(string path) => path[..path.LastIndexOf('/')];

    private static bool IsEmpty(ReadOnlySpan<char> text) => text.Trim().IsEmpty;

    /// <summary>A directory above, whose values are read once.</summary>
    private sealed class Parent(CgroupEntry entry) : IDisposable
    {
        private string? _cpus;
        private string? _mems;

        public string Text(string file)
        {
            ref string? value = ref file == "cpuset.cpus" ? ref _cpus : ref _mems;
            return value ??= entry.Read(file).OrThrow("read", entry.Path + "/" + file).Trim();
        }

        public void Inherit(string file, Parent above)
        {
            if (!IsEmpty(Text(file)))
                return;
            entry.Write(file, above.Text(file));
            (file == "cpuset.cpus" ? ref _cpus : ref _mems) = above.Text(file);
        }

        public void Dispose() => entry.Dispose();
    }
}
