using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using Bulkhead.TestSupport;
using Bulkhead.Workloads.Logs;

namespace Bulkhead.Workloads.Tests;

public sealed class LogFileTests
{
    [Fact]
    public void Each_line_is_an_entry_of_its_stream()
    {
        using var folder = new TempFolder("log");
        string path = folder.FullPath + "/log.json";
        using (var log = new LogFile(path, 1 << 20, 2))
        {
            log.Write(false, "one\ntw"u8);
            log.Write(true, "err\n"u8);
            log.Write(false, "o\nthree"u8);
        }
        Assert.Equal([("one\n", "stdout"), ("err\n", "stderr"), ("two\n", "stdout"), ("three", "stdout")], Read(path));
    }

    [Fact]
    public void Whatever_the_bytes_are_the_file_is_valid()
    {
        using var folder = new TempFolder("log");
        string path = folder.FullPath + "/log.json";
        byte[] all = new byte[256];
        for (int i = 0; i < all.Length; i++)
            all[i] = (byte)i;
        using (var log = new LogFile(path, 1 << 20, 2))
        {
            log.Write(false, all);
            log.Write(false, "\né€𝄞\"\\\u007f\n"u8);
        }
        List<(string Text, string Stream)> entries = Read(path);
        Assert.Equal("é€𝄞\"\\\u007f\n", entries[^1].Text);
        Assert.Contains('\ufffd', entries[1].Text);
    }

    [Fact]
    public void A_line_without_an_end_is_cut_into_entries()
    {
        using var folder = new TempFolder("log");
        string path = folder.FullPath + "/log.json";
        using (var log = new LogFile(path, 1 << 22, 2))
            log.Write(false, Encoding.ASCII.GetBytes(new string('x', 1 << 20) + "\n"));
        List<(string Text, string Stream)> entries = Read(path);
        Assert.Equal((1 << 20) + 1, entries.Sum(e => e.Text.Length));
        Assert.All(entries, e => Assert.InRange(e.Text.Length, 1, 16 << 10));
    }

    [Fact]
    public void Files_are_limited_in_size_and_number()
    {
        using var folder = new TempFolder("log");
        string path = folder.FullPath + "/log.json";
        using (var log = new LogFile(path, 1000, 3))
        {
            for (int i = 0; i < 100; i++)
                log.Write(false, Encoding.ASCII.GetBytes($"line {i}\n"));
        }
        string[] files = [path + ".2", path + ".1", path];
        Assert.Equal(files.Order(StringComparer.Ordinal), Directory.GetFiles(folder.FullPath).Order(StringComparer.Ordinal));
        Assert.All(files, file => Assert.InRange(new FileInfo(file).Length, 1, 1000));
        List<string> lines = files.SelectMany(Read).Select(e => e.Text).ToList();
        Assert.Equal("line 99\n", lines[^1]);
        for (int i = 1; i < lines.Count; i++)
            Assert.Equal(Number(lines[i - 1]) + 1, Number(lines[i]));
    }

    /// <summary>Entries of one read go into one write, but for files' ends.</summary>
    [Fact]
    public void Files_end_between_entries_of_one_write_too()
    {
        using var folder = new TempFolder("log");
        string path = folder.FullPath + "/log.json";
        using (var log = new LogFile(path, 20_000, 3))
            log.Write(false, Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 1000).Select(i => $"line {i}\n"))));
        string[] files = [path + ".2", path + ".1", path];
        // Each is as full as it gets.
        Assert.All(files[..2], file => Assert.InRange(new FileInfo(file).Length, 20_000 - 100, 20_000));
        Assert.InRange(new FileInfo(path).Length, 1, 20_000);
        List<string> lines = files.SelectMany(Read).Select(e => e.Text).ToList();
        Assert.Equal("line 999\n", lines[^1]);
        for (int i = 1; i < lines.Count; i++)
            Assert.Equal(Number(lines[i - 1]) + 1, Number(lines[i]));
    }

    [Fact]
    public void A_full_disk_takes_what_fits_and_the_rest_is_counted()
    {
        using var folder = new TempFolder("log");
        string disk = folder.Make("disk"), path = disk + "/log.json";
        Command.Run("mount", "-t", "tmpfs", "-o", "size=20k", "tmpfs", disk).Ok();
        using (var log = new LogFile(path, 1 << 20, 2))
        {
            log.Write(false, Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 1000).Select(i => $"line {i}\n"))));
            Assert.InRange(new FileInfo(path).Length, (20 << 10) - 100, 20 << 10);
            Command.Run("mount", "-o", "remount,size=1m", disk).Ok();
            log.Write(false, Encoding.ASCII.GetBytes(new string('x', 16 << 10) + "\nlast\n"));
        }
        List<(string Text, string Stream)> entries = Read(path);
        int kept = entries.FindIndex(e => e.Stream == "stderr");
        Assert.Equal($"[bulkhead: {1000 - kept} lines were lost: the log could not be written]\n", entries[kept].Text);
        Assert.Equal([16 << 10, 1, 5], entries[(kept + 1)..].Select(e => e.Text.Length));
        Assert.Equal("last\n", entries[^1].Text);
    }

    private static int Number(string line) => int.Parse(line.AsSpan(5).Trim(), System.Globalization.CultureInfo.InvariantCulture);

    private static List<(string Text, string Stream)> Read(string path) => File.ReadAllLines(path).Select(line =>
    {
        using JsonDocument entry = JsonDocument.Parse(line);
        Assert.EndsWith("Z", entry.RootElement.GetProperty("time").GetString());
        return (entry.RootElement.GetProperty("log").GetString()!, entry.RootElement.GetProperty("stream").GetString()!);
    }).ToList();
}
