using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Tests;

public sealed class CapabilitiesTests
{
    [Fact]
    public void Every_number_has_a_name_that_parses_back()
    {
        for (int number = 0; number < Capabilities.Count; number++)
        {
            Assert.True(Capabilities.TryParse(Capabilities.Name(number), out int parsed));
            Assert.Equal(number, parsed);
        }
    }

    /// <summary>Name by name against the constants, whose values tests/Abi checks.</summary>
    [Theory]
    [InlineData("CAP_CHOWN", Capability.CAP_CHOWN)]
    [InlineData("CAP_NET_RAW", Capability.CAP_NET_RAW)]
    [InlineData("CAP_SYS_ADMIN", Capability.CAP_SYS_ADMIN)]
    [InlineData("CAP_MKNOD", Capability.CAP_MKNOD)]
    [InlineData("CAP_SETFCAP", Capability.CAP_SETFCAP)]
    [InlineData("CAP_CHECKPOINT_RESTORE", Capability.CAP_CHECKPOINT_RESTORE)]
    public void Names_have_the_kernels_numbers(string name, int number)
    {
        Assert.True(Capabilities.TryParse(name, out int parsed));
        Assert.Equal(number, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("CAP_")]
    [InlineData("CHOWN")]
    [InlineData("cap_chown")]
    [InlineData("CAP_CHOWN ")]
    [InlineData("CAP_CHOW")]
    public void Other_spellings_are_unknown(string name) => Assert.False(Capabilities.TryParse(name, out _));

    [Fact]
    public void Unknown_names_are_listed_and_the_others_count()
    {
        List<string>? unknown = null;
        ulong mask = Capabilities.Parse(["CAP_KILL", "CAP_NONE", "CAP_CHOWN"], ref unknown);
        Assert.Equal((1ul << Capability.CAP_KILL) | (1ul << Capability.CAP_CHOWN), mask);
        Assert.Equal(["CAP_NONE"], unknown!);
        Assert.Equal(["CAP_CHOWN", "CAP_KILL"], Capabilities.Names(mask));
    }

    [Fact]
    public void Last_is_what_proc_says()
    {
        int expected = int.Parse(File.ReadAllText("/proc/sys/kernel/cap_last_cap"), CultureInfo.InvariantCulture);
        Assert.Equal(expected, Capabilities.Last());
        Assert.Equal((1ul << (expected + 1)) - 1, Capabilities.UpTo(expected));
    }

    [Fact]
    public void High_capabilities_go_to_the_second_word()
    {
        cap_user_data[] data = new cap_user_data[2];
        Capabilities.Fill(data, 1ul << Capability.CAP_BPF, 1ul << Capability.CAP_CHOWN, ulong.MaxValue);
        Assert.Equal((0u, 1u << (Capability.CAP_BPF - 32)), (data[0].effective, data[1].effective));
        Assert.Equal((1u, 0u), (data[0].permitted, data[1].permitted));
        Assert.Equal((uint.MaxValue, uint.MaxValue), (data[0].inheritable, data[1].inheritable));
    }
}
