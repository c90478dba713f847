namespace Bulkhead.Linux;

/// <summary>Words that somebody else chose: none of them reaches the terminal as a command for it, or as a line of its own.</summary>
public static class Printable
{
    /// <summary>As long as a name in a message is of use.</summary>
    public const int MaxName = 200;

    private const int MaxLine = 2000;

    /// <summary>Control characters, ends of lines, marks that turn the direction of what follows and letters without width become question marks.</summary>
    public static string Of(string text) => string.Create(text.Length, text, static (span, words) =>
    {
        for (int i = 0; i < span.Length; i++)
            span[i] = IsPlain(words[i]) ? words[i] : '?';
    });

    /// <summary>The same, cut where it is longer than any message is.</summary>
    public static string Line(string text) => Of(Cut(text, MaxLine));

    /// <summary>The same for a name within a message: shorter, and what one half of may be missing is hidden too.</summary>
    public static string Name(string text)
    {
        string shown = Cut(text, MaxName);
        return string.Create(shown.Length, shown, static (span, words) =>
        {
            for (int i = 0; i < span.Length; i++)
                span[i] = IsPlain(words[i]) && !char.IsSurrogate(words[i]) ? words[i] : '?';
        });
    }

    private static string Cut(string text, int most) => text.Length <= most ? text : text[..most] + "...";

    private static bool IsPlain(char one) =>
        !char.IsControl(one) && one is not ('\u2028' or '\u2029' or (>= '\u200b' and <= '\u200f') or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069') or '\ufeff');
}
