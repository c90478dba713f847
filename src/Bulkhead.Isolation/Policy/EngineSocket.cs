using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Isolation;

/// <summary>
/// Sockets of container engines: whoever can connect to one can start a privileged container, so that a container that sees it owns the
/// host. Found where they are by default, and by name in a folder that is mounted itself; not deeper.
/// </summary>
internal static class EngineSocket
{
    private static string[] Names => ["docker.sock", "containerd.sock", "containerd.sock.ttrpc", "podman.sock", "crio.sock", "buildkitd.sock", "cri-dockerd.sock"];

    private static string[] DefaultPlaces =>
    [
        "/run/docker.sock", "/run/containerd/containerd.sock", "/run/docker/containerd/containerd.sock", "/run/podman/podman.sock",
        "/run/crio/crio.sock", "/run/cri-dockerd.sock", "/run/buildkit/buildkitd.sock", "/run/k3s/containerd/containerd.sock",
    ];

    /// <summary>The socket that a mount of the path would show, or null.</summary>
    public static string? Find(HostPath path)
    {
        // One that does not exist yet may be there when the mount is made.
        if (IsName(path.Written) || IsName(path.Real))
            return path.Real;
        Result<stat> type = Sys.StatAt(Fd.Cwd, path.Real);
        if (!type.Ok || (type.Value.st_mode & StatMode.S_IFMT) != StatMode.S_IFDIR)
            return null;
        foreach (string place in DefaultPlaces)
        {
            if (path.IsAbove(place) && IsSocket(place))
                return place;
        }
        foreach (string name in Names)
        {
            string file = path.Real + "/" + name;
            if (IsSocket(file))
                return file;
        }
        return null;
    }

    private static bool IsName(string path)
    {
        string file = path[(path.LastIndexOf('/') + 1)..];
        foreach (string name in Names)
        {
            if (file == name)
                return true;
        }
        return false;
    }

    private static bool IsSocket(string path)
    {
        Result<stat> type = Sys.StatAt(Fd.Cwd, path);
        return type.Ok && (type.Value.st_mode & StatMode.S_IFMT) == StatMode.S_IFSOCK;
    }
}
