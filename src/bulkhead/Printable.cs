namespace Bulkhead.Cli;

/// <summary>Words that somebody else chose: none of them reaches the terminal as a command for it.</summary>
internal static class Printable
{
    /// <summary>Control characters, ends of lines, and marks that turn the direction of what follows, become question marks.</summary>
    public static string Of(string text) => string.Create(text.Length, text, (span, words) =>
    {
        for (int i = 0; i < span.Length; i++)
            span[i] = char.IsControl(words[i]) || words[i] is (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069') or '\u2028' or '\u2029' ? '?' : words[i];
    });

    /// <summary>The same, cut where it is longer than any message is.</summary>
    public static string Line(string text) => Of(text.Length <= MaxLine ? text : text[..MaxLine] + "...");

    private const int MaxLine = 2000;
}
