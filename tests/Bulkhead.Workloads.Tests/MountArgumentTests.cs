using Bulkhead.Linux;
using Bulkhead.Workloads.Volumes;

namespace Bulkhead.Workloads.Tests;

public sealed class MountArgumentTests
{
    [Theory]
    [InlineData("/a:/b", "/a", "/b", false, null)]
    [InlineData("/a:/b:ro", "/a", "/b", true, null)]
    [InlineData("/a:/b/:rw,rslave", "/a", "/b", false, "rslave")]
    public void Volume(string text, string source, string target, bool readOnly, string? propagation)
    {
        VolumeOption volume = MountArgument.Volume(text);
        Assert.Equal((VolumeKind.Bind, source, target, readOnly, propagation), (volume.Kind, volume.Source, volume.Target, volume.ReadOnly, volume.Propagation));
    }

    [Theory]
    [InlineData("name:/b", "name", false)]
    [InlineData("/b", "", true)]
    public void A_word_is_a_name_and_a_target_alone_gets_one(string text, string name, bool anonymous)
    {
        VolumeOption volume = MountArgument.Volume(text);
        Assert.Equal((VolumeKind.Volume, "/b", anonymous), (volume.Kind, volume.Target, volume.Anonymous));
        Assert.Equal(anonymous ? 64 : name.Length, volume.Source.Length);
    }

    [Fact]
    public void A_relative_source_is_the_callers() => Assert.Equal(System.IO.Directory.GetCurrentDirectory() + "/./x", MountArgument.Volume("./x:/b").Source);

    [Theory]
    [InlineData("type=bind,source=/a,target=/b", "Bind /a /b False True 0")]
    [InlineData("type=bind,src=/a,dst=/b,readonly,bind-recursive=disabled", "Bind /a /b True False 0")]
    [InlineData("type=bind,src=/a,destination=/b,ro=true", "Bind /a /b True True 0")]
    [InlineData("source=v1,target=/b,ro", "Volume v1 /b True True 0")]
    [InlineData("type=tmpfs,target=/b,tmpfs-size=1m", "Tmpfs  /b False True 1048576")]
    public void Mount(string text, string wanted)
    {
        VolumeOption volume = MountArgument.Mount(text);
        Assert.Equal(wanted, $"{volume.Kind} {volume.Source} {volume.Target} {volume.ReadOnly} {volume.Recursive} {volume.Size}");
    }

    [Theory]
    [InlineData("/b", 0, 0x3FF, false)]
    [InlineData("/b:size=64m,mode=700,exec", 64 << 20, 0x1C0, true)]
    public void Tmpfs(string text, long size, uint mode, bool exec)
    {
        VolumeOption volume = MountArgument.Tmpfs(text);
        Assert.Equal((size, mode, exec), (volume.Size, volume.Mode, volume.Exec));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("/")]
    [InlineData(":/b")]
    [InlineData("/a:b")]
    [InlineData("/a:/")]
    [InlineData("/a:/b/../c")]
    [InlineData("/a:/b:ro:x")]
    [InlineData("/a:/b:exec")]
    [InlineData("/a:/b:z")]
    [InlineData("name:/b:rslave")]
    public void Volumes_that_are_none_are_refused_by_name(string text) => Refused("--volume", text, () => MountArgument.Volume(text));

    [Theory]
    [InlineData("")]
    [InlineData("type=bind")]
    [InlineData("type=bind,target=/b")]
    [InlineData("type=bind,source=/a,source=/a,target=/b")]
    [InlineData("type=bind,source=/a,target=/b,colour=red")]
    [InlineData("type=bind,source=/a,target=/b,tmpfs-size=1")]
    [InlineData("type=bind,source=/a,target=/b,bind-propagation=public")]
    [InlineData("type=tmpfs,source=/a,target=/b")]
    [InlineData("type=tmpfs,target=/b,tmpfs-size=-1")]
    [InlineData("type=tmpfs,target=/b,tmpfs-mode=9")]
    [InlineData("type=volume,source=v1,target=/b,tmpfs-size=1m")]
    [InlineData("type=volume,source=v1,target=/b,volume-driver=nfs")]
    [InlineData("type=disk,target=/b")]
    public void Mounts_that_are_none_are_refused_by_name(string text) => Refused("--mount", text, () => MountArgument.Mount(text));

    [Theory]
    [InlineData("b")]
    [InlineData("/b:size=")]
    [InlineData("/b:mode=77777")]
    [InlineData("/b:dev")]
    public void Tmpfs_that_are_none_are_refused_by_name(string text) => Refused("--tmpfs", text, () => MountArgument.Tmpfs(text));

    private static void Refused(string flag, string text, System.Func<object> parse)
    {
        StepException error = Assert.Throws<StepException>(parse);
        Assert.StartsWith($"{flag} {text}: ", error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }
}
