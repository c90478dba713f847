using System;
using System.Text.Json;
using Bulkhead.Linux;

namespace Bulkhead.Oci;

/// <summary>
/// A forward reader over one document, with the leniency of Go's encoding/json, which wrote and reads all documents of this kind:
/// names match without regard to ASCII case (else "MaskedPaths" would be dropped in silence, where runc applies it), a repeated
/// scalar or array replaces the earlier one, a repeated object or map is merged into it, null leaves a scalar alone and empties the rest,
/// unknown fields are skipped. Stricter than Go: nothing may follow the document, and text must be valid UTF-8.
/// </summary>
internal ref partial struct JsonCursor
{
    /// <summary>No engine writes more than some hundred KiB; beyond this a document is an attack or a mistake.</summary>
    public const int MaxBytes = 16 << 20;

    // Nothing recurses over depth (the reader keeps a bit stack), so this only bounds unknown fields.
    private const int MaxDepth = 256;

    private readonly ReadOnlySpan<byte> _json;
    private readonly string _file;
    private Utf8JsonReader _reader;
    private ReadOnlySpan<byte> _name;
    private object[] _stack;
    private int _top;

    public JsonCursor(ReadOnlySpan<byte> json, string file)
    {
        if (json.Length > MaxBytes)
            throw new StepException($"{file}: larger than {MaxBytes >> 20} MiB");
        _json = json;
        _file = file;
        _reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        _stack = new object[64];
    }

    /// <summary>Moves to the document's first token.</summary>
    public void Start()
    {
        if (!Advance())
            throw new StepException($"{_file}: the file is empty");
        if (_reader.TokenType != JsonTokenType.StartObject)
            throw Expected("an object");
    }

    /// <summary>Refuses what follows the document.</summary>
    public void End() => Advance();

    /// <summary>Whether the value is an object that can be read field by field; false for null.</summary>
    public bool BeginObject()
    {
        if (_reader.TokenType == JsonTokenType.Null)
            return false;
        return _reader.TokenType == JsonTokenType.StartObject ? true : throw Expected("an object");
    }

    /// <summary>Moves to the next field of the object and to its value. False at the end.</summary>
    public bool NextField()
    {
        Advance();
        if (_reader.TokenType == JsonTokenType.EndObject)
            return false;
        _name = _reader.ValueIsEscaped ? Unescape() : _reader.ValueSpan;
        Advance();
        return true;
    }

    /// <summary>Whether the current field is called so.</summary>
    public readonly bool Is(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> own = _name;
        if (own.Length != name.Length)
            return false;
        for (int i = 0; i < own.Length; i++)
        {
            int difference = own[i] ^ name[i];
            if (difference != 0 && (difference != 0x20 || (uint)((name[i] | 0x20) - 'a') > 'z' - 'a'))
                return false;
        }
        return true;
    }

    /// <summary>Leaves the value of an unknown field behind.</summary>
    public void Skip()
    {
        try
        {
            _reader.Skip();
        }
        catch (JsonException e)
        {
            throw Broken(e);
        }
    }

    /// <summary>The key of the current field of a map.</summary>
    public string Key()
    {
        string key = System.Text.Encoding.UTF8.GetString(_name);
        return key;
    }

    private ReadOnlySpan<byte> Unescape()
    {
        try
        {
            return System.Text.Encoding.UTF8.GetBytes(_reader.GetString()!);
        }
        catch (InvalidOperationException)
        {
            throw Expected("text in UTF-8");
        }
    }

    private bool Advance()
    {
        try
        {
            return _reader.Read();
        }
        catch (JsonException e)
        {
            throw Broken(e);
        }
    }

    private readonly StepException Broken(JsonException e) =>
        new($"{_file}: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}: not valid JSON");

    /// <summary>The error for a value of the wrong kind; names its path in the document.</summary>
    private readonly StepException Expected(string what) =>
        new($"{_file}: {JsonPath.At(_json, _reader.TokenStartIndex)}: expected {what}, found {Describe()}");

    private readonly string Describe() => _reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => System.Text.Encoding.UTF8.GetString(_reader.ValueSpan.Length <= 40 ? _reader.ValueSpan : _reader.ValueSpan[..40]),
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        _ => "null",
    };
}
