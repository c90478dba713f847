using System;
using System.Text;

namespace Bulkhead.GuestV2;

public sealed class FramesTests
{
    [Fact]
    public void Output_that_looks_like_a_frame_stays_output()
    {
        var (results, ended) = Read("case a 3 20 15\ncase b 0 1 0\nx\ncase c 0 5 0\nend\n");
        Assert.True(ended);
        Assert.Equal(2, results.Count);
        Assert.Equal(new CaseResult(3, 20, "case b 0 1 0\nx\n"), results["a"]);
        Assert.Equal(new CaseResult(0, 5, ""), results["c"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("case a 0")]
    [InlineData("case a 0 20 10\nhalf")]
    public void A_torn_end_is_no_result(string text)
    {
        var (results, ended) = Read(text);
        Assert.Empty(results);
        Assert.False(ended);
    }

    [Theory]
    [InlineData("case a 0 20\n")]
    [InlineData("case a zero 20 0\n")]
    [InlineData("hello\n")]
    public void Anything_else_is_refused(string text) => Assert.Throws<FormatException>(() => Read(text));

    private static (System.Collections.Generic.Dictionary<string, CaseResult> Results, bool Ended) Read(string text) =>
        Frames.Read(Encoding.UTF8.GetBytes(text));
}
