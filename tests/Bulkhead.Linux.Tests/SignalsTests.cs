namespace Bulkhead.Linux.Tests;

public sealed class SignalsTests
{
    [Theory]
    [InlineData("KILL", 9)]
    [InlineData("SIGKILL", 9)]
    [InlineData("sigterm", 15)]
    [InlineData("Hup", 1)]
    [InlineData("SYS", 31)]
    [InlineData("IOT", 6)]
    [InlineData("SIGCLD", 17)]
    [InlineData("POLL", 29)]
    [InlineData("9", 9)]
    [InlineData("0", 0)]
    [InlineData("64", 64)]
    [InlineData("RTMIN", 34)]
    [InlineData("SIGRTMIN+3", 37)]
    [InlineData("RTMAX-1", 63)]
    [InlineData("rtmax", 64)]
    public void Spellings_that_kill_accepts(string text, int number)
    {
        Assert.True(Signals.TryParse(text, out int parsed));
        Assert.Equal(number, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("SIG")]
    [InlineData("SIGSIGKILL")]
    [InlineData("65")]
    [InlineData("-9")]
    [InlineData("+9")]
    [InlineData(" 9")]
    [InlineData("RTMIN-1")]
    [InlineData("RTMIN+31")]
    [InlineData("RTMIN+")]
    [InlineData("RTMAX+1")]
    [InlineData("RTM")]
    [InlineData("KILLKILLKILLKILLKILL")]
    public void Others_are_refused(string text) => Assert.False(Signals.TryParse(text, out _));

    [Fact]
    public void Every_name_parses_back()
    {
        for (int number = 1; number <= Signals.RealTimeMax; number++)
        {
            Assert.True(Signals.TryParse(Signals.Name(number), out int parsed), Signals.Name(number));
            Assert.Equal(number, parsed);
        }
    }
}
