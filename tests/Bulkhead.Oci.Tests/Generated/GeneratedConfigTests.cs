using System;
using System.Text;
using Bulkhead.Oci.Tests.Oracle;

namespace Bulkhead.Oci.Tests.Generated;

/// <summary>Ten thousand generated configs, and as many damaged texts: a verdict for each, and nothing but a verdict.</summary>
public sealed class GeneratedConfigTests
{
    private const int Count = 10_000;

    [Fact]
    public void Every_generated_config_gets_a_verdict_of_one_line()
    {
        int accepted = 0;
        for (int i = 0; i < Count; i++)
        {
            string? error = Verdict.Of(Encoding.UTF8.GetBytes(ConfigGenerator.Create(i)), ValidateOptions.None);
            if (error is null)
                accepted++;
            else
                Assert.Matches(@"^config\.json: \$[^\n]*: [^\n]+$", error);
        }

        // Both verdicts must be common, else the generator tests nothing.
        Assert.InRange(accepted, Count / 20, Count * 19 / 20);
    }

    [Fact]
    public void Every_damaged_text_gets_a_verdict()
    {
        byte[] good = Encoding.UTF8.GetBytes(OracleCase.BaseJson());
        var random = new Random(1);
        int refused = 0;
        for (int i = 0; i < Count; i++)
        {
            byte[] text = (byte[])good.Clone();
            for (int changes = 1 + random.Next(4); changes > 0; changes--)
                text[random.Next(text.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0)
                Array.Resize(ref text, random.Next(text.Length));
            if (Verdict.Of(text, ValidateOptions.None) is not null)
                refused++;
        }
        Assert.InRange(refused, Count / 2, Count);
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{\"a\":", "}")]
    public void A_deep_unknown_field_is_refused_and_does_not_overflow(string open, string close)
    {
        const int Depth = 100_000;
        var text = new StringBuilder("{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"x\":");
        text.Insert(text.Length, open, Depth).Append('1').Insert(text.Length, close, Depth).Append('}');
        Assert.Contains("not valid JSON", Verdict.Of(Encoding.UTF8.GetBytes(text.ToString()), ValidateOptions.None), StringComparison.Ordinal);
    }

    [Fact]
    public void A_document_beyond_the_limit_is_refused_unread() =>
        Assert.Equal("config.json: larger than 16 MiB", Verdict.Of(new byte[(16 << 20) + 1], ValidateOptions.None));

    [Fact]
    public void A_map_with_many_keys_stays_linear_and_the_last_of_equal_keys_wins()
    {
        var text = new StringBuilder("{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"annotations\":{");
        const int Keys = 200_000;
        for (int i = 0; i < Keys; i++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\"k{i}\":\"v\",");
        text.Append("\"k7\":\"last\"}}");
        RuntimeConfig config = RuntimeConfigReader.Parse(Encoding.UTF8.GetBytes(text.ToString()), "config.json");
        Assert.Equal(Keys, config.Annotations.Length);
        Assert.Equal("last", config.Annotations[7].Value);
    }
}
