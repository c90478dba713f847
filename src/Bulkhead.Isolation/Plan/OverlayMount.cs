using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Users;
using Mount = Bulkhead.Linux.Abi.Mount;

namespace Bulkhead.Isolation.Plan;

/// <summary>Detached overlays (Documentation/filesystems/overlayfs.rst), made by descriptors.</summary>
public static class OverlayMount
{
    /// <summary>OVL_MAX_STACK.</summary>
    public const int MaxLayers = 500;

    /// <summary>Layers as their files lie on the disk, merged for looking only: nothing can be written, no device opened, no program gets rights.</summary>
    /// <param name="layers">Paths, from the topmost down, two at least.</param>
    public static Fd View(IReadOnlyList<string> layers)
    {
        var opened = new List<Fd>();
        try
        {
            foreach (string layer in layers)
                opened.Add(Sys.OpenAt(Fd.Cwd, layer, Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW).OrThrow("open the layer", layer));
            return Make(opened, null, layers[0], Mount.MOUNT_ATTR_RDONLY | Mount.MOUNT_ATTR_NODEV | Mount.MOUNT_ATTR_NOSUID | Mount.MOUNT_ATTR_NOEXEC);
        }
        finally
        {
            opened.ForEach(fd => fd.Dispose());
        }
    }

    /// <param name="lowers">From the topmost down.</param>
    /// <param name="layer">With "upper" and "work"; null: nothing is written, and there are two lowers at least.</param>
    /// <param name="path">For messages.</param>
    /// <param name="attributes">MOUNT_ATTR_*.</param>
    internal static Fd Make(List<Fd> lowers, Fd? layer, string path, ulong attributes = 0)
    {
        using Fd context = Sys.FsOpen("overlay").OrThrow("make an overlay over", path);
        SetLowers(context, lowers, path);
        if (layer is not null)
        {
            Set(context, "upperdir", Of(layer) + "/upper", path);
            Set(context, "workdir", Of(layer) + "/work", path);
        }
        // Who is not the host's root may set no trusted.* attributes (docs of overlayfs, "userxattr", Linux 5.11).
        if (UserEntry.IsRootless)
            Set(context, "userxattr", null, path);
        Result<Fd> made = Sys.FsMount(context, attributes);
        if (made.Error == Errno.EPERM && UserEntry.IsRootless)
            throw new StepException($"mount an overlay over {path}: {made.Error.Describe()}: a plain user may from Linux 5.11 on: take a newer kernel, or run it as root");
        return made.OrThrow("mount an overlay over", path);
    }

    /// <summary>One by one (lowerdir+, Linux 6.8); before, all in one value, of which fsconfig(2) takes 255 bytes.</summary>
    private static void SetLowers(Fd context, List<Fd> lowers, string path)
    {
        const int MaxValue = 255;
        string[] texts = lowers.ConvertAll(Of).ToArray();
        string all = string.Join(':', texts);
        if (all.Length <= MaxValue)
        {
            Set(context, "lowerdir", all, path);
            return;
        }
        foreach (string text in texts)
        {
            Errno error = Sys.FsConfig(context, "lowerdir+", text);
            if (error == Errno.EINVAL)
                throw new StepException(string.Create(CultureInfo.InvariantCulture, $"the root file system has {texts.Length} layers: this kernel takes {MaxValue / texts[0].Length} at most, Linux 6.8 and later {MaxLayers}"));
            if (error != Errno.None)
                throw new StepException("add a layer to the overlay over", error, path);
        }
    }

    private static void Set(Fd context, string key, string? value, string path)
    {
        Errno error = Sys.FsConfig(context, key, value);
        if (error != Errno.None)
            throw new StepException($"set {key} of an overlay over", error, path);
    }

    private static string Of(Fd fd) => "/proc/self/fd/" + fd.Value.ToString(CultureInfo.InvariantCulture);
}
