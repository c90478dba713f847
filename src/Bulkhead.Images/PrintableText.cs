namespace Bulkhead.Images;

/// <summary>A stranger's words in a message of ours: short, and none of them a command for a terminal.</summary>
public static class PrintableText
{
    public const int MaxLength = 200;

    /// <summary>Control characters, and marks that turn the direction of what follows, become question marks; what is longer is cut.</summary>
    public static string Of(string text)
    {
        string shown = text.Length <= MaxLength ? text : text[..MaxLength] + "...";
        return string.Create(shown.Length, shown, static (span, words) =>
        {
            for (int i = 0; i < span.Length; i++)
                span[i] = IsPlain(words[i]) ? words[i] : '?';
        });
    }

    private static bool IsPlain(char one) =>
        !char.IsControl(one) && !char.IsSurrogate(one) && one is not ('\u2028' or '\u2029' or (>= '\u200b' and <= '\u200f') or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069') or '\ufeff');
}
