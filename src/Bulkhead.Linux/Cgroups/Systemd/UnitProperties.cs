using System;
using System.Collections.Generic;

namespace Bulkhead.Linux.Cgroups.Systemd;

/// <summary>An a(sv) of unit properties, marshalled as it grows.</summary>
internal sealed class UnitProperties
{
    private readonly DBusWriter _writer;
    private readonly (int, int) _array;

    public UnitProperties(DBusWriter writer)
    {
        _writer = writer;
        _array = writer.BeginArray(8);
    }

    public void End() => _writer.EndArray(_array);

    public void Add(string name, bool value)
    {
        Head(name, "b");
        _writer.WriteBoolean(value);
    }

    public void Add(string name, ulong value)
    {
        Head(name, "t");
        _writer.WriteUInt64(value);
    }

    public void Add(string name, string value)
    {
        Head(name, "s");
        _writer.WriteString(value);
    }

    public void AddStrings(string name, string value)
    {
        Head(name, "as");
        (int, int) array = _writer.BeginArray(4);
        _writer.WriteString(value);
        _writer.EndArray(array);
    }

    public void AddPid(string name, int pid)
    {
        Head(name, "au");
        (int, int) array = _writer.BeginArray(4);
        _writer.WriteUInt32((uint)pid);
        _writer.EndArray(array);
    }

    public void AddBytes(string name, ReadOnlySpan<byte> value)
    {
        Head(name, "ay");
        (int, int) array = _writer.BeginArray(1);
        _writer.WriteBytes(value);
        _writer.EndArray(array);
    }

    /// <summary>a(ss) of path and access.</summary>
    public void AddPairs(string name, List<(string, string)> pairs)
    {
        Head(name, "a(ss)");
        (int, int) array = _writer.BeginArray(8);
        foreach ((string first, string second) in pairs)
        {
            _writer.BeginStruct();
            _writer.WriteString(first);
            _writer.WriteString(second);
        }
        _writer.EndArray(array);
    }

    private void Head(string name, string signature)
    {
        _writer.BeginStruct();
        _writer.WriteString(name);
        _writer.WriteSignature(signature);
    }
}
