using System;
using Bulkhead.Isolation.Plan;
using Bulkhead.Oci;

namespace Bulkhead.Isolation;

/// <summary>Rules about what a container sees of the host's files.</summary>
public sealed partial class Policy
{
    private void Mounts(RuntimeConfig config, string bundle, JudgedSources judged)
    {
        bool sockets = EngineSockets is not null && EngineSockets.Action == RuleAction.Refuse;
        if (!sockets && MountsAllowed is null && MountsRefused is null)
            return;
        if (config.Root is not null)
        {
            Root(HostPath.Resolve(config.Root.Path, bundle), "$.root.path", sockets);
            foreach (string layer in Extensions.LayersOf(config))
                Root(HostPath.Resolve(layer, bundle), $"$.annotations[\"{Extensions.RootLayers}\"]", sockets);
        }
        for (int i = 0; i < config.Mounts.Length; i++)
        {
            Mount mount = config.Mounts[i];
            if (IsBind(mount) || (mount.Source is { Length: > 0 } source && source[0] == '/'))
            {
                HostPath path = HostPath.Resolve(mount.Source ?? "", bundle);
                Source(path, i, sockets);
                judged.Add(i, path);
            }
            else if (mount.Type == "overlay")
                Layers(mount, i, bundle);
        }
    }

    // The root file system itself is the engine's to place, so only what must not be seen counts, not the list of allowed places.
    private void Root(HostPath root, string path, bool sockets)
    {
        Refused(root, path);
        if (sockets && EngineSocket.Find(root) is string socket)
            throw Denied(EngineSockets!, $"{path} would show the engine's socket {socket}");
    }

    private void Source(HostPath source, int i, bool sockets)
    {
        if (sockets && EngineSocket.Find(source) is string socket)
            throw Denied(EngineSockets!, $"$.mounts[{i}].source would show the engine's socket {socket}; whoever reaches it owns the host");
        Refused(source, $"$.mounts[{i}].source");
        if (MountsAllowed is not null && !source.IsBelowOneOf(MountsAllowed.Values))
            throw Denied(MountsAllowed, $"$.mounts[{i}].source {source.Real} is outside the allowed places");
    }

    private void Refused(HostPath source, string path)
    {
        foreach (string refused in MountsRefused?.Values ?? [])
        {
            // A folder above a refused one shows it as well.
            if (source.IsBelow(refused) || source.IsAbove(refused))
                throw Denied(MountsRefused!, $"{path} {source.Real} shows {refused}");
        }
    }

    /// <summary>An overlay shows its layers, which stand in the options.</summary>
    private void Layers(Mount mount, int i, string bundle)
    {
        foreach (string option in mount.Options)
        {
            int equals = option.IndexOf('=');
            if (equals < 0 || option.AsSpan(0, equals) is not ("lowerdir" or "upperdir" or "lowerdir+" or "datadir+"))
                continue;
            foreach (string layer in option[(equals + 1)..].Split(':', StringSplitOptions.RemoveEmptyEntries))
                Source(HostPath.Resolve(layer, bundle), i, sockets: false);
        }
    }

    private static bool IsBind(Mount mount)
    {
        if (mount.Type == "bind")
            return true;
        foreach (string option in mount.Options)
        {
            if (option is "bind" or "rbind")
                return true;
        }
        return false;
    }
}
