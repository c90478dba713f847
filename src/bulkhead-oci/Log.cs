using System;
using System.Buffers;
using System.Globalization;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;

namespace Bulkhead.OciCli;

/// <summary>--log, --log-format, --debug: lines that shims and engines read; people read stderr.</summary>
internal sealed class Log
{
    private const uint FileMode = 0x1A4; // 0644
    private readonly string? path;
    private readonly bool json;

    public Log(CommandLine global)
    {
        path = global.Get("log");
        string format = global.Get("log-format") ?? "text";
        json = format switch
        {
            "json" => true,
            "text" => false,
            _ => throw new UsageException($"--log-format: '{format}' is neither text nor json"),
        };
    }

    public void Error(string message)
    {
        message = OneLine(message);
        Write("error", message);
        Sys.WriteAll(Fd.Borrow(2), Encoding.UTF8.GetBytes(message + "\n"));
    }

    public void Warn(string message)
    {
        message = OneLine(message);
        if (path is null)
            Sys.WriteAll(Fd.Borrow(2), Encoding.UTF8.GetBytes("warning: " + message + "\n"));
        else
            Write("warning", message);
    }

    /// <summary>Names and hooks' output come from others: a newline would forge a second line, an escape sequence would reach a terminal.</summary>
    internal static string OneLine(string message)
    {
        // The second range is DEL and C1: U+009B begins an escape sequence as ESC [ does.
        if (message.AsSpan().IndexOfAnyInRange('\0', '\u001f') < 0 && message.AsSpan().IndexOfAnyInRange('\u007f', '\u009f') < 0)
            return message;
        var text = new StringBuilder(message.Length + 16);
        foreach (char c in message)
            _ = char.IsControl(c) ? text.Append("\\x").Append(((int)c).ToString("x2", CultureInfo.InvariantCulture)) : text.Append(c);
        return text.ToString();
    }

    private void Write(string level, string message)
    {
        if (path is not { Length: > 0 })
            return;
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_APPEND, FileMode);
        if (!opened.Ok)
            return; // stderr still says it
        using Fd file = opened.Value;
        long now = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
        Sys.WriteAll(file, Line(level, message, now));
    }

    private ReadOnlySpan<byte> Line(string level, string message, long now)
    {
        if (!json)
            return Encoding.UTF8.GetBytes(LogLine.Text(level, message, now));
        var buffer = new ArrayBufferWriter<byte>(256);
        LogLine.WriteJson(buffer, level, message, now);
        return buffer.WrittenSpan;
    }
}
