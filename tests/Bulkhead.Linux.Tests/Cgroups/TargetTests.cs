using Bulkhead.Linux.Cgroups;

namespace Bulkhead.Linux.Tests.Cgroups;

public sealed class TargetTests
{
    [Theory]
    [InlineData(null, "c1", false)]
    [InlineData("/docker/c1", "docker/c1", false)]
    [InlineData("//a/./b/", "a/b", false)]
    [InlineData("pod/c1", "pod/c1", true)]
    public void A_path_is_cleaned(string? path, string expected, bool relative)
    {
        var target = CgroupTarget.Parse(path, "c1");
        Assert.Equal((expected, relative), (target.Path, target.Relative));
    }

    [Theory]
    [InlineData("/../etc")]
    [InlineData("a/../../b")]
    [InlineData("/")]
    [InlineData("/a\nb")]
    [InlineData("/a\0b")]
    [InlineData("..")]
    public void A_hostile_path_is_refused(string path) => Assert.Throws<StepException>(() => CgroupTarget.Parse(path, "c1"));

    [Theory]
    [InlineData("a.slice", "a.slice")]
    [InlineData("a-b-c.slice", "a.slice/a-b.slice/a-b-c.slice")]
    [InlineData("-.slice", "")]
    public void A_slice_name_is_a_path(string slice, string path) => Assert.Equal(path, CgroupTarget.ExpandSlice(slice));

    [Theory]
    [InlineData("a--b.slice")]
    [InlineData("-a.slice")]
    [InlineData("a/b.slice")]
    [InlineData(".slice")]
    [InlineData("a.scope")]
    public void A_bad_slice_name_is_refused(string slice) => Assert.Throws<StepException>(() => CgroupTarget.ExpandSlice(slice));

    [Theory]
    [InlineData("machine.slice:libpod:abc", "machine.slice", "libpod-abc.scope", "machine.slice/libpod-abc.scope")]
    [InlineData("", "system.slice", "bulkhead-c1.scope", "system.slice/bulkhead-c1.scope")]
    [InlineData("a-b.slice::x.slice", "a-b.slice", "x.slice", "a.slice/a-b.slice/x.slice")]
    public void A_systemd_triple_names_slice_and_unit(string path, string slice, string unit, string expected)
    {
        var target = CgroupTarget.Parse(path, "c1", systemd: true);
        Assert.Equal((slice, unit, expected), (target.Slice, target.Unit, target.Path));
    }

    [Theory]
    [InlineData("/docker/abc")]
    [InlineData("a:b")]
    [InlineData("a.slice:p:../x")]
    [InlineData("a.slice:p:")]
    public void A_bad_systemd_triple_is_refused(string path) => Assert.Throws<StepException>(() => CgroupTarget.Parse(path, "c1", systemd: true));
}
