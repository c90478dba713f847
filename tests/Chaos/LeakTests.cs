using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;

namespace Bulkhead.Chaos;

/// <summary>Many containers, several at a time: nothing of any is left.</summary>
public sealed class LeakTests : IDisposable
{
    private readonly Bundle bundle = new();
    private readonly Tracer tracer = new();

    [Fact]
    public void A_thousand_containers_leave_nothing() => Live(1000);

    [Fact]
    public void Of_64_creations_with_one_id_one_wins()
    {
        const int Rivals = 64;
        var results = new Ran[Rivals];

        Parallel.For(0, Rivals, new ParallelOptions { MaxDegreeOfParallelism = Rivals }, i => results[i] = bundle.Oci("create", "--bundle", bundle.Folder, "one"));

        Assert.Single(results, ran => ran.Status == 0);
        Assert.Equal(Rivals - 1, results.Count(ran => ran.Status == 1 && ran.Errors == "container with id exists: one\n"));
        Assert.Equal("one\n", bundle.Oci("list", "--quiet").Output);
        Assert.Equal(0, bundle.Oci("delete", "--force", "one").Status);
        Assert.Empty(Directory.GetFileSystemEntries(bundle.States));
    }

    public void Dispose()
    {
        bundle.Dispose();
        tracer.Dispose();
    }

    /// <summary>The parent adopts what the runtime leaves running: what is its child at the end has leaked, with its namespaces.</summary>
    private void Live(int count)
    {
        const string OneLife = """
            set -e
            rt="$0 --root $1/states" id=c$2
            mkdir $1/b$2
            sed "s|/default\"|/$id\"|; s|\"path\":\"rootfs\"|\"path\":\"$1/rootfs\"|" $1/config.json >$1/b$2/config.json
            $rt create --bundle $1/b$2 $id
            $rt start $id
            $rt delete --force $id
            rm -r $1/b$2
            """;
        List<string> mounts = HostView.Mounts("");

        Trace trace = tracer.Reap("sh", "-c", $"seq {count} | xargs -P 8 -n 1 sh -c '{OneLife.Replace("'", "'\\''", StringComparison.Ordinal)}' {Place.Runtime} {bundle.Folder}");

        Assert.True(trace.Status == 0, trace.Ran.Errors);
        Assert.Equal("", trace.Ran.Errors);
        Assert.DoesNotContain(trace.Lines, words => words[0] == "left");
        Assert.Equal(trace.Value("files-before"), trace.Value("files-after"));
        Assert.Empty(Directory.GetFileSystemEntries(bundle.States));
        Assert.DoesNotContain(HostView.Cgroups(bundle.CgroupParent), path => !path.EndsWith(bundle.CgroupParent, StringComparison.Ordinal));
        Assert.Empty(HostView.Mounts(bundle.Folder));
        Assert.Empty(HostView.Mounts("nsfs").Except(mounts));
    }
}
