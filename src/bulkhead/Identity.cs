using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Compose;
using Bulkhead.Workloads.Ids;

namespace Bulkhead.Cli;

/// <summary>Whom a container's program runs as, on both sides of its user namespace.</summary>
/// <param name="Inside">As it sees itself.</param>
/// <param name="OutsideUid">The host's id; null: it has no range of ids at the moment.</param>
/// <param name="OutsideGid">The same.</param>
/// <param name="Range">Null: none at the moment, or it shares the host's ids, or its user is a caller without root.</param>
internal sealed record Identity(ProcessUser Inside, uint? OutsideUid, uint? OutsideGid, IdRange? Range)
{
    public static Identity Of(WorkloadOptions options, WorkloadFolder folder)
    {
        ProcessUser user = ProcessUser.Resolve(options);
        if (options.Privileged)
            return new Identity(user, user.Uid, user.Gid, null);
        if (!Machine.IsRoot)
            return new Identity(user, Sys.GetEuid(), Sys.GetEgid(), null);
        IdRange? range = Machine.Ranges.Find(folder.Path);
        return new Identity(user, range?.First + user.Uid, range?.First + user.Gid, range);
    }

    public string InsideText => string.Create(CultureInfo.InvariantCulture, $"{Inside.Uid}:{Inside.Gid}");

    /// <summary>"-": it has none at the moment.</summary>
    public string OutsideText => OutsideUid is null ? "-" : string.Create(CultureInfo.InvariantCulture, $"{OutsideUid}:{OutsideGid}");
}
