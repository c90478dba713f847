using System;
using System.Collections.Generic;
using System.Text.Json;
using Bulkhead.Linux;

namespace Bulkhead.Cli.Format;

/// <summary>--format of a command that lists: table (the default), json (an object a line), "table TEMPLATE" or TEMPLATE.</summary>
internal sealed class RowFormat
{
    private const string Table = "table";

    private readonly Template? _template;
    private readonly bool _heading;

    private RowFormat(Template? template, bool heading, bool json) => (_template, _heading, IsJson) = (template, heading, json);

    /// <summary>The command's own table.</summary>
    public bool IsTable => _template is null && !IsJson;

    private bool IsJson { get; }

    public static RowFormat Parse(string? text) => text switch
    {
        null or Table => new RowFormat(null, false, false),
        "json" or "{{json .}}" => new RowFormat(null, false, true),
        _ when text.StartsWith(Table + " ", StringComparison.Ordinal) || text.StartsWith(Table + "\\t", StringComparison.Ordinal) =>
            new RowFormat(Template.Parse(text[Table.Length..].TrimStart()), true, false),
        _ => new RowFormat(Template.Parse(text), false, false),
    };

    /// <summary>All rows, in the notation that is not the command's own table.</summary>
    public void Write(string[] keys, IEnumerable<string[]> rows)
    {
        var table = new List<string[]>();
        if (_heading)
            table.Add(_template!.Heading().Split('\t'));
        foreach (string[] row in rows)
        {
            if (_template is null)
                JsonOutput.Row(keys, row);
            else if (_heading)
                table.Add(_template.Apply(Element(keys, row)).Split('\t'));
            else
                Output.Line(_template.Apply(Element(keys, row)));
        }
        if (_heading)
            TextTable.Write(table);
    }

    /// <summary>For a template: a row is a line also where a label has newlines.</summary>
    private static JsonElement Element(string[] keys, string[] row) => JsonOutput.Element(json =>
    {
        json.WriteStartObject();
        for (int i = 0; i < keys.Length; i++)
            json.WriteString(keys[i], Printable.Of(row[i]));
        json.WriteEndObject();
    });
}
