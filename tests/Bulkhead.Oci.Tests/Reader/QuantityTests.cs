namespace Bulkhead.Oci.Tests.Reader;

/// <summary>Sizes and durations of command lines, as Go's and docker's parsers read them.</summary>
public sealed class QuantityTests
{
    [Theory]
    [InlineData("-1", -1)]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("4096b", 4096)]
    [InlineData("512m", 512L << 20)]
    [InlineData("1.5G", 3L << 29)]
    [InlineData("64KiB", 64L << 10)]
    [InlineData("64 kb", 64L << 10)]
    [InlineData("2T", 2L << 40)]
    [InlineData("7p", 7L << 50)]
    public void SizesAreRead(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out long parsed));
        Assert.Equal(bytes, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("-2")]
    [InlineData("+1")]
    [InlineData("1,5g")]
    [InlineData("12q")]
    [InlineData("12  m")]
    [InlineData("12mm")]
    [InlineData("12iib")]
    [InlineData("1e3")]
    [InlineData("8192p")]
    [InlineData("9223372036854775808")]
    public void OtherTextIsNoSize(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Theory]
    [InlineData("5s", 5000)]
    [InlineData("1m30s", 90_000)]
    [InlineData("500ms", 500)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("1000us", 1)]
    [InlineData("1s1ns", 1000)]
    [InlineData("596h", 2_145_600_000)]
    public void DurationsAreRead(string text, int milliseconds)
    {
        Assert.True(GoDuration.TryParse(text, out int parsed));
        Assert.Equal(milliseconds, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("soon")]
    [InlineData("-1s")]
    [InlineData("1s-1ms")]
    [InlineData("1..5s")]
    [InlineData("1d")]
    [InlineData("0s")]
    [InlineData("1us")]
    [InlineData("597h")]
    public void OtherTextIsNoDuration(string text) => Assert.False(GoDuration.TryParse(text, out _));
}
