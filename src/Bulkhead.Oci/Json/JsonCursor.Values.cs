using System;
using System.Collections.Generic;
using System.Text.Json;

namespace Bulkhead.Oci;

/// <summary>Scalars, arrays and maps.</summary>
internal ref partial struct JsonCursor
{
    public bool Bool(bool current) => BoolOrNull() ?? current;

    public readonly bool? BoolOrNull() => _reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        JsonTokenType.Null => null,
        _ => throw Expected("true or false"),
    };

    public int Int32(int current) => Int32OrNull() ?? current;

    public int? Int32OrNull()
    {
        if (IsNull())
            return null;
        return IsNumber() && _reader.TryGetInt32(out int value) ? value : throw Expected("a 32-bit number");
    }

    public long Int64(long current) => Int64OrNull() ?? current;

    public long? Int64OrNull()
    {
        if (IsNull())
            return null;
        return IsNumber() && _reader.TryGetInt64(out long value) ? value : throw Expected("a 64-bit number");
    }

    public uint UInt32(uint current) => UInt32OrNull() ?? current;

    public uint? UInt32OrNull()
    {
        if (IsNull())
            return null;
        return IsNumber() && _reader.TryGetUInt32(out uint value) ? value : throw Expected("an unsigned 32-bit number");
    }

    public ulong UInt64(ulong current) => UInt64OrNull() ?? current;

    public ulong? UInt64OrNull()
    {
        if (IsNull())
            return null;
        return IsNumber() && _reader.TryGetUInt64(out ulong value) ? value : throw Expected("an unsigned 64-bit number");
    }

    public ushort? UInt16OrNull()
    {
        if (IsNull())
            return null;
        return IsNumber() && _reader.TryGetUInt16(out ushort value) ? value : throw Expected("an unsigned 16-bit number");
    }

    /// <summary>Text; null leaves <paramref name="current"/>.</summary>
    public string Text(string current)
    {
        if (IsNull())
            return current;
        if (_reader.TokenType != JsonTokenType.String)
            throw Expected("a string");
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Expected("text in UTF-8");
        }
    }

    /// <summary>Text where "" means the same as its absence.</summary>
    public string? TextOrNull(string? current)
    {
        string text = Text(current ?? "");
        return text.Length == 0 ? null : text;
    }

    public string[] Texts()
    {
        int mark = BeginArray();
        while (NextItem(mark))
            Push(Text(""));
        return EndArray<string>(mark);
    }

    public uint[] UInt32s()
    {
        int mark = BeginArray();
        if (mark < 0)
            return [];
        uint[] items = [];
        int count = 0;
        while (NextItem(mark))
        {
            if (count == items.Length)
                Array.Resize(ref items, Math.Max(8, count * 2));
            items[count++] = UInt32(0);
        }
        Array.Resize(ref items, count);
        return items;
    }

    /// <summary>A map of texts, merged into what an earlier field of the same name gave.</summary>
    public KeyValuePair<string, string>[] TextMap(KeyValuePair<string, string>[] current)
    {
        if (!BeginObject())
            return [];
        var map = new MapBuilder<string>(current);
        while (NextField())
            map.Set(Key(), Text(""));
        return map.ToArray();
    }

    /// <summary>Enters an array of references: -1 for null, else a mark for the other calls.</summary>
    public readonly int BeginArray()
    {
        if (_reader.TokenType == JsonTokenType.Null)
            return -1;
        return _reader.TokenType == JsonTokenType.StartArray ? _top : throw Expected("an array");
    }

    public bool NextItem(int mark)
    {
        if (mark < 0)
            return false;
        Advance();
        return _reader.TokenType != JsonTokenType.EndArray;
    }

    public void Push(object item)
    {
        if (_top == _stack.Length)
            Array.Resize(ref _stack, _top * 2);
        _stack[_top++] = item;
    }

    /// <summary>What was pushed since the mark.</summary>
    public T[] EndArray<T>(int mark) where T : class
    {
        if (mark < 0 || _top == mark)
            return [];
        var items = new T[_top - mark];
        for (int i = 0; i < items.Length; i++)
            items[i] = (T)_stack[mark + i];
        _top = mark;
        return items;
    }

    private readonly bool IsNull() => _reader.TokenType == JsonTokenType.Null;

    private readonly bool IsNumber() => _reader.TokenType == JsonTokenType.Number;
}
