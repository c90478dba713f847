using System;
using System.Text;
using Bulkhead.Linux.Terminals;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Compose.Seccomp;
using Bulkhead.Workloads.Volumes;

namespace Bulkhead.Fuzz;

/// <summary>Values of the flags of `bulkhead run`; the first byte chooses the parser.</summary>
internal sealed class FlagsTarget : Target
{
    public override byte[][] Seeds { get; } =
    [
        Text("0/srv:/data:ro,rslave"), Text("1type=bind,src=/srv,dst=/data,readonly=1,bind-propagation=slave,bind-recursive=disabled"), Text("1type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1777"),
        Text("0data:/data:ro"), Text("0/data"), Text("1type=volume,src=data,dst=/data,volume-nocopy=true"), Text("2/t:size=64m,mode=0700,exec"), Text("3ctrl-p,ctrl-q"), Text("4seccomp-allow=unshare,@debug"), Text("4seccomp=unconfined"), Text("5name"),
    ];

    public override string[] Words => ["type=", "bind", "tmpfs", "volume", "source=", "target=", "readonly=false", "..", "//", "/./", ":", ",", "ctrl-", "landlock=off", "shared"];

    protected override void Parse(byte[] input)
    {
        if (input.Length == 0)
            return;
        string text = Encoding.UTF8.GetString(input.AsSpan(1));
        switch (input[0] % 6)
        {
            case 0:
                Sound(MountArgument.Volume(text));
                break;
            case 1:
                Sound(MountArgument.Mount(text));
                break;
            case 2:
                Sound(MountArgument.Tmpfs(text));
                break;
            case 3:
                _ = DetachKeys.Parse(text);
                break;
            case 4:
                string option = SeccompChoice.Normalize(text);
                Must(SeccompChoice.Normalize(option) == option, "an option that is kept is read as another one");
                break;
            default:
                WorkloadStore.CheckName(text);
                Must(text.Length <= 128 && !text.Contains('/') && text is not ("." or ".."), "a name that is a path");
                break;
        }
    }

    private static void Sound(VolumeOption volume)
    {
        Must(volume.Target.Length > 1 && volume.Target[0] == '/' && !volume.Target.EndsWith('/'), "a target that is no path below the root");
        foreach (string part in volume.Target[1..].Split('/'))
            Must(part is not ("" or "." or ".."), "a target with a part that means another");
        Must(volume.Kind switch
        {
            VolumeKind.Tmpfs => volume.Source.Length == 0,
            // A folder's name below volumes/.
            VolumeKind.Volume => volume.Source.Length > 1 && !volume.Source.Contains('/') && volume.Source[0] != '.',
            _ => volume.Source.StartsWith('/'),
        }, "a source that is neither absolute nor a volume's name");
        Must(volume.Mode <= 0xFFF && volume.Size >= 0, "a mode or a size out of range");
        Must(volume.Propagation is null or "private" or "rprivate" or "slave" or "rslave" or "shared" or "rshared", "an unknown propagation");
    }
}
