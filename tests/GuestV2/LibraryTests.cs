using System;
using System.Text.RegularExpressions;
using Bulkhead.CgroupV2;

namespace Bulkhead.GuestV2;

/// <summary>Bulkhead.Linux' cgroups on pure cgroup v2: each case of tests/CgroupV2 ran in the guest and says itself that it passed.</summary>
public sealed class LibraryTests(LibraryGuest guest) : IClassFixture<LibraryGuest>
{
    public static TheoryData<string> Cases => [.. CaseNames.All];

    /// <summary>The status alone could be that of a shell that found no program: the last line has to name the case and its checks.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Library_on_pure_cgroup_v2(string name)
    {
        string output = guest.Check(LibraryGuest.Program, name).Output;
        Assert.Matches(new Regex($"(^|\n){CaseNames.Passed} {Regex.Escape(name)} [1-9][0-9]*\n$", RegexOptions.None, TimeSpan.FromSeconds(1)), output);
    }
}
