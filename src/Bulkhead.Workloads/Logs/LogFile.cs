using System;
using System.Buffers;
using System.Globalization;
using System.Text;
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

    /// <summary>Entries that wait for one write(2): those of one read of the monitor's, as far as they fit.</summary>
    private const int BatchSize = 8 << 10;

    /// <summary>RFC 3339 as <see cref="Isolation.Lifecycle.Clock"/> has it, but nothing is allocated: garbage would stay in an idle monitor.</summary>
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'";

    private const uint Mode = 0x180; // 0600

    private readonly string _path;
    private readonly long _maxSize;
    private readonly int _maxFiles;
    private readonly ArrayBufferWriter<byte> _entry = new(512);
    private readonly byte[] _batch = new byte[BatchSize];
    private readonly LineBuffer _output = new("stdout"u8.ToArray()), _error = new("stderr"u8.ToArray());
    private readonly byte[] _time = new byte[TimeFormat.Length];
    private int _waiting, _timeLength;
    private Fd? _file;
    private long _size;
    private long _lost;

    public LogFile(string path, long maxSize, int maxFiles)
    {
        (_path, _maxSize, _maxFiles) = (path, maxSize, maxFiles);
        Open();
    }

    /// <summary>Bytes of one stream, as one read got them: whole lines are in the file when it returns, the rest waits for its end.</summary>
    public void Write(bool error, ReadOnlySpan<byte> bytes)
    {
        LineBuffer buffer = error ? _error : _output;
        TakeTime();
        while (bytes.Length > 0)
        {
            int end = bytes.IndexOf((byte)'\n') + 1;
            int take = Math.Min(end > 0 ? end : bytes.Length, MaxLine - buffer.Length);
            buffer.Append(bytes[..take]);
            bytes = bytes[take..];
            if (buffer.Ends || buffer.Length == MaxLine)
                AddEntry(buffer);
        }
        Flush();
    }

    /// <summary>The last lines, which had no end.</summary>
    public void Dispose()
    {
        TakeTime();
        if (_output.Length > 0)
            AddEntry(_output);
        if (_error.Length > 0)
            AddEntry(_error);
        Flush();
        _file?.Dispose();
    }

    /// <summary>Files end between entries: the batch goes into the old one when the entry belongs into the next.</summary>
    private void AddEntry(LineBuffer buffer)
    {
        _entry.ResetWrittenCount();
        Format(_entry, buffer.Line, buffer.Stream);
        buffer.Clear();
        int length = _entry.WrittenCount;
        bool full = _size + _waiting > 0 && _size + _waiting + length > _maxSize;
        if (full || _waiting + length > BatchSize)
            Flush();
        if (length > BatchSize)
        {
            WriteOrCount(_entry.WrittenSpan);
            return;
        }
        _entry.WrittenSpan.CopyTo(_batch.AsSpan(_waiting));
        _waiting += length;
    }

    /// <summary>In one write(2). Where that fails each entry is tried alone: on a full disk some still fit.</summary>
    private void Flush()
    {
        ReadOnlySpan<byte> batch = _batch.AsSpan(0, _waiting);
        _waiting = 0;
        if (batch.Length == 0 || (_lost == 0 && Append(batch)))
            return;
        while (batch.Length > 0)
        {
            // An entry has no newline but the one at its end.
            int length = batch.IndexOf((byte)'\n') + 1;
            WriteOrCount(batch[..length]);
            batch = batch[length..];
        }
    }

    private void WriteOrCount(ReadOnlySpan<byte> entry)
    {
        if (_lost > 0)
            TellLoss();
        if (!Append(entry))
            _lost++;
    }

    private void TellLoss()
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"[bulkhead: {_lost} lines were lost: the log could not be written]\n"));
        var entry = new ArrayBufferWriter<byte>(256);
        Format(entry, text, "stderr"u8);
        if (Append(entry.WrittenSpan))
            _lost = 0;
    }

    private void TakeTime() => DateTime.UtcNow.TryFormat(_time, out _timeLength, TimeFormat, CultureInfo.InvariantCulture);

    private void Format(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> line, ReadOnlySpan<byte> stream)
    {
        output.Write("{\"log\":\""u8);
        JsonText.Escape(output, line);
        output.Write("\",\"stream\":\""u8);
        output.Write(stream);
        output.Write("\",\"time\":\""u8);
        output.Write(_time.AsSpan(0, _timeLength));
        output.Write("\"}\n"u8);
    }

    /// <summary>Whole entries. Half of one would spoil the file: on a short write all are taken back.</summary>
    private bool Append(ReadOnlySpan<byte> bytes)
    {
        if (_size > 0 && _size + bytes.Length > _maxSize)
            Rotate();
        if (_file is null && !Open())
            return false;
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
        if (_size > 0)
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
