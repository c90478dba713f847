namespace Bulkhead.UserKernel.Files.Terminals;

/// <summary>Letters as Linux's terminals know them, in ISO 8859-1 (lib/ctype.c).</summary>
internal static class Letters
{
    /// <summary>From an upper to its lower letter.</summary>
    public const byte Case = 0x20;
    private const byte Times = 0xD7, Divided = 0xF7;

    public static bool IsUpper(byte value) => value is (>= (byte)'A' and <= (byte)'Z') or (>= 0xC0 and <= 0xDE and not Times);

    public static bool IsLower(byte value) => value is (>= (byte)'a' and <= (byte)'z') or (>= 0xDF and not Divided);

    /// <summary>What VWERASE takes for a word's part.</summary>
    public static bool IsWord(byte value) => IsUpper(value) || IsLower(value) || value is (>= (byte)'0' and <= (byte)'9') or (byte)'_';
}
