using System.Collections.Generic;
using System.CommandLine;
using System.Text.Json;
using Bulkhead.Cli.Doctor;

namespace Bulkhead.Cli.Commands;

/// <summary>doctor: what this machine can and cannot do for each tier; 1 when the hardened tier, the default, lacks something.</summary>
internal static class DoctorCommand
{
    public static Command Make()
    {
        var format = new Option<string>("--format") { Description = "table, or json", HelpName = "FORMAT" };
        var command = new Command("doctor", "Tell what this machine can and cannot do for each tier, and what mends it") { format };
        command.SetAction(parsed =>
        {
            bool json = JsonOutput.IsAsked(parsed.GetValue(format));
            var findings = new List<Finding>();
            foreach (Check check in Checks.All)
                findings.Add(check.Look());
            bool good = !findings.Exists(finding => finding.Grade == Grade.Missing);
            if (json)
                JsonOutput.Write(indented: true, writer => Write(writer, findings, good));
            else
                Print(findings);
            return good ? 0 : 1;
        });
        return command;
    }

    private static void Print(List<Finding> findings)
    {
        var rows = new List<string[]> { (string[])["TIER", "CHECK", "RESULT", "FOUND"] };
        foreach (Finding finding in findings)
        {
            rows.Add([finding.Check.Tier, finding.Check.Name, Word(finding.Grade), finding.Detail]);
            if (finding.Grade != Grade.Good)
                rows.Add(["", "", "  mend:", finding.Check.Mend]);
        }
        TextTable.Write(rows);
    }

    private static void Write(Utf8JsonWriter json, List<Finding> findings, bool good)
    {
        json.WriteStartObject();
        json.WriteBoolean("ok", good);
        json.WriteStartArray("checks");
        foreach (Finding finding in findings)
        {
            json.WriteStartObject();
            json.WriteString("tier", finding.Check.Tier);
            json.WriteString("name", finding.Check.Name);
            json.WriteString("result", Word(finding.Grade));
            json.WriteString("found", finding.Detail);
            json.WriteString("mend", finding.Grade == Grade.Good ? "" : finding.Check.Mend);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Word(Grade grade) => grade switch { Grade.Good => "ok", Grade.Limited => "limited", _ => "missing" };
}
