using System;
using System.IO;
using System.Text.Json.Nodes;
using Bulkhead.TestSupport;

namespace Bulkhead.Conformance;

/// <summary>tmpcopyup of hostile images: nothing of the host's comes in, and a copy has bounds.</summary>
public class CopyUpTests(RootFs root) : IClassFixture<RootFs>
{
    private const string Secret = "of-the-host";

    private Bundle CopyUp(string directory, string script)
    {
        var bundle = new Bundle(root, script);
        File.WriteAllText(bundle["secret"], Secret);
        Directory.CreateDirectory(root.Path + "/" + directory);
        bundle.Config["mounts"]!.AsArray().Add(new JsonObject
        {
            ["destination"] = "/" + directory,
            ["type"] = "tmpfs",
            ["source"] = "tmpfs",
            ["options"] = new JsonArray("tmpcopyup"),
        });
        bundle.Save();
        return bundle;
    }

    [Fact]
    public void LinksStayLinksAndSpecialFilesStayOut()
    {
        using Bundle bundle = CopyUp("links", "readlink /links/file; readlink /links/dir; cat /links/file /links/dir/secret 2>/dev/null; ls /links; stat -c '%a %u %g' /links/own");
        string image = root.Path + "/links";
        File.CreateSymbolicLink(image + "/file", bundle["secret"]);
        Directory.CreateSymbolicLink(image + "/dir", "../../../../../.." + bundle.Path);
        File.WriteAllText(image + "/own", "");
        Command.Run("chown", "12:34", image + "/own").Ok();
        Command.Run("chmod", "4750", image + "/own").Ok();
        Command.Run("mkfifo", image + "/fifo").Ok();
        Command.Run("mknod", image + "/mem", "c", "1", "1").Ok();
        Assert.Equal($"{bundle["secret"]}\n../../../../../..{bundle.Path}\ndir\nfile\nown\n4750 12 34", bundle.RunToEnd().Out.TrimEnd('\n'));
    }

    [Fact]
    public void ADestinationThatIsALinkLeadsNowhereOnTheHost()
    {
        using Bundle bundle = CopyUp("destination", "cat /destination/secret 2>&1");
        Directory.Delete(root.Path + "/destination");
        Directory.CreateSymbolicLink(root.Path + "/destination", bundle.Path);
        Outcome outcome = bundle.RunToEnd();
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.DoesNotContain(Secret, outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void ADeepTreeIsRefused()
    {
        using Bundle bundle = CopyUp("deep", "true");
        Directory.CreateDirectory(root.Path + "/deep" + string.Concat(System.Linq.Enumerable.Repeat("/d", 64)));
        Assert.Contains("deeper than 64", bundle.RunToEnd().Exits(1), StringComparison.Ordinal);
    }

    [Fact]
    public void ABigFileIsRefusedEvenIfItIsAHole()
    {
        using Bundle bundle = CopyUp("big", "true");
        using (FileStream file = File.Create(root.Path + "/big/hole"))
            file.SetLength((256L << 20) + 1);
        Assert.Contains("more than 256 MiB", bundle.RunToEnd().Exits(1), StringComparison.Ordinal);
    }
}
