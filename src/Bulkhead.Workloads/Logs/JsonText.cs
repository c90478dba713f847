using System;
using System.Buffers;
using System.Text;

namespace Bulkhead.Workloads.Logs;

/// <summary>Bytes of a program as the inside of a JSON string: whatever they are, the result is valid; what is no UTF-8 becomes U+FFFD.</summary>
internal static class JsonText
{
    public static void Escape(IBufferWriter<byte> output, ReadOnlySpan<byte> text)
    {
        while (text.Length > 0)
        {
            int plain = PlainPrefix(text);
            output.Write(text[..plain]);
            text = text[plain..];
            if (text.Length == 0)
                return;
            OperationStatus status = Rune.DecodeFromUtf8(text, out Rune rune, out int length);
            if (status != OperationStatus.Done)
                output.Write("\\ufffd"u8);
            else if (rune.Value >= 0x80)
                output.Write(text[..length]);
            else
                EscapeOne(output, text[0]);
            text = text[Math.Max(length, 1)..];
        }
    }

    private static int PlainPrefix(ReadOnlySpan<byte> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is < 0x20 or >= 0x7f or (byte)'"' or (byte)'\\')
                return i;
        }
        return text.Length;
    }

    private static void EscapeOne(IBufferWriter<byte> output, byte value)
    {
        ReadOnlySpan<byte> digits = "0123456789abcdef"u8;
        Span<byte> escape = output.GetSpan(6);
        int length = 2;
        escape[0] = (byte)'\\';
        switch (value)
        {
            case (byte)'"' or (byte)'\\': escape[1] = value; break;
            case (byte)'\n': escape[1] = (byte)'n'; break;
            case (byte)'\r': escape[1] = (byte)'r'; break;
            case (byte)'\t': escape[1] = (byte)'t'; break;
            default:
                "\\u00"u8.CopyTo(escape);
                escape[4] = digits[value >> 4];
                escape[5] = digits[value & 15];
                length = 6;
                break;
        }
        output.Advance(length);
    }
}
