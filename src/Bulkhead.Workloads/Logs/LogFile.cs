using System;
using System.Buffers;
using System.Globalization;
using System.Text;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads.Logs;

/// <summary>
/// The output of a container as lines of JSON, the format of Docker's json-file driver, in files of a limited size. It never stops the container: what
/// cannot be written (a full disk) is counted, and the count is told in the log when writing works again.
/// </summary>
public sealed class LogFile : IDisposable
{
    /// <summary>A longer line becomes several entries, as in Docker.</summary>
    private const int MaxLine = 16 << 10;

    private const uint Mode = 0x180; // 0600

    private readonly string _path;
    private readonly long _maxSize;
    private readonly int _maxFiles;
    private readonly ArrayBufferWriter<byte> _entry = new(512);
    private readonly LineBuffer _output = new("stdout"u8.ToArray()), _error = new("stderr"u8.ToArray());
    private Fd? _file;
    private long _size;
    private long _lost;

    public LogFile(string path, long maxSize, int maxFiles)
    {
        (_path, _maxSize, _maxFiles) = (path, maxSize, maxFiles);
        Open();
    }

    /// <summary>Bytes of one stream; whole lines are written at once, the rest waits for its end.</summary>
    public void Write(bool error, ReadOnlySpan<byte> bytes)
    {
        LineBuffer buffer = error ? _error : _output;
        while (bytes.Length > 0)
        {
            int end = bytes.IndexOf((byte)'\n') + 1;
            int take = Math.Min(end > 0 ? end : bytes.Length, MaxLine - buffer.Length);
            buffer.Append(bytes[..take]);
            bytes = bytes[take..];
            if (buffer.Ends || buffer.Length == MaxLine)
                WriteEntry(buffer);
        }
    }

    /// <summary>The last lines, which had no end.</summary>
    public void Dispose()
    {
        if (_output.Length > 0)
            WriteEntry(_output);
        if (_error.Length > 0)
            WriteEntry(_error);
        _file?.Dispose();
    }

    private void WriteEntry(LineBuffer buffer)
    {
        if (_lost > 0)
            TellLoss();
        if (!WriteOne(buffer.Line, buffer.Stream))
            _lost++;
        buffer.Clear();
    }

    private void TellLoss()
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"[bulkhead: {_lost} lines were lost: the log could not be written]\n"));
        if (WriteOne(text, "stderr"u8))
            _lost = 0;
    }

    private bool WriteOne(ReadOnlySpan<byte> line, ReadOnlySpan<byte> stream)
    {
        _entry.ResetWrittenCount();
        _entry.Write("{\"log\":\""u8);
        JsonText.Escape(_entry, line);
        _entry.Write("\",\"stream\":\""u8);
        _entry.Write(stream);
        _entry.Write("\",\"time\":\""u8);
        _entry.Write(Encoding.ASCII.GetBytes(Clock.Now()));
        _entry.Write("\"}\n"u8);
        if (_size > 0 && _size + _entry.WrittenCount > _maxSize)
            Rotate();
        if (_file is null && !Open())
            return false;
        return Append(_entry.WrittenSpan);
    }

    /// <summary>Half an entry would spoil the file: on a short write it is taken back.</summary>
    private bool Append(ReadOnlySpan<byte> bytes)
    {
        Errno error = Sys.WriteAll(_file!, bytes);
        if (error == Errno.None)
        {
            _size += bytes.Length;
            return true;
        }
        Sys.Truncate(_file!, _size);
        return false;
    }

    private void Rotate()
    {
        _file?.Dispose();
        _file = null;
        for (int i = _maxFiles - 1; i > 0; i--)
            Sys.RenameAt(Fd.Cwd, Name(i - 1), Fd.Cwd, Name(i));
        if (_maxFiles == 1)
            Sys.UnlinkAt(Fd.Cwd, _path);
    }

    private string Name(int age) => age == 0 ? _path : string.Create(CultureInfo.InvariantCulture, $"{_path}.{age}");

    private bool Open()
    {
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, _path, Fcntl.O_RDWR | Fcntl.O_CREAT | Fcntl.O_APPEND | Fcntl.O_NOFOLLOW, Mode);
        if (!opened.Ok)
            return false;
        _file = opened.Value;
        _size = Sys.Fstat(_file) is { Ok: true } status ? status.Value.st_size : 0;
        CutTail(_file);
        return true;
    }

    /// <summary>A monitor that was killed may have left half an entry at the end.</summary>
    private void CutTail(Fd file)
    {
        byte[] buffer = new byte[4096];
        for (long end = _size; end > 0;)
        {
            int want = (int)Math.Min(end, buffer.Length);
            Result<int> length = Sys.ReadAt(file, buffer.AsSpan(0, want), end - want);
            if (!length.Ok || length.Value != want)
                return;
            int last = buffer.AsSpan(0, want).LastIndexOf((byte)'\n');
            end = end - want + last + 1;
            if (last < 0 && end > 0)
                continue;
            if (end < _size && Sys.Truncate(file, end) == Errno.None)
                _size = end;
            return;
        }
    }

    /// <summary>A line being collected.</summary>
    private sealed class LineBuffer(byte[] stream)
    {
        private byte[] _bytes = new byte[256];

        public int Length { get; private set; }

        public ReadOnlySpan<byte> Stream => stream;

        public ReadOnlySpan<byte> Line => _bytes.AsSpan(0, Length);

        public bool Ends => Length > 0 && _bytes[Length - 1] == '\n';

        public void Append(ReadOnlySpan<byte> bytes)
        {
            if (Length + bytes.Length > _bytes.Length)
                Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + bytes.Length));
            bytes.CopyTo(_bytes.AsSpan(Length));
            Length += bytes.Length;
        }

        public void Clear() => Length = 0;
    }
}
