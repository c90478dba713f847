using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Bulkhead.Linux;

namespace Bulkhead.Abi.Tests;

/// <summary>Every constant, size and offset of the ABI types against the C headers, by one C program that is compiled here.</summary>
public sealed class AbiTests
{
    private const BindingFlags Members = BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly string s_root = FindRoot();

    /// <summary>One number that C must agree with. A head may be shorter than its C type.</summary>
    private sealed record Fact(string Key, string Expression, ulong Value, int Size, bool AtMost = false);

    [Fact]
    public void Every_constant_size_and_offset_is_what_C_says()
    {
        List<string> wrong = [];
        List<(Source Source, List<Fact> Facts)> groups = [];
        foreach (Type type in Types())
        {
            if (HeaderMap.Types.TryGetValue(type.Name, out Source? source))
                groups.Add((source, [.. Facts(type, source)]));
            else
                wrong.Add($"no header mapping for {type.Name}");
        }
        wrong.AddRange(HeaderMap.Types.Keys.Except(Types().Select(t => t.Name)).Select(name => $"the mapping of {name} has no type"));
        List<Fact> all = [.. groups.SelectMany(g => g.Facts)];
        wrong.AddRange(HeaderMap.Newer.Keys.Except(all.Select(f => f.Expression)).Select(name => $"the newer constant {name} is not ours"));
        wrong.AddRange(all.Where(f => HeaderMap.Newer.TryGetValue(f.Expression, out var n) && n.Value != f.Value).Select(f => $"{f.Key} differs from the list"));

        Dictionary<string, long> said = RunC(groups, wrong);
        foreach (Fact fact in all)
        {
            if (said.TryGetValue(fact.Key, out long value) && !Agrees(fact, value))
                wrong.Add($"{fact.Key}: C says {value}, ours is {fact.Value}");
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(said.Count > 900, $"only {said.Count} facts were compared");
    }

    [Fact]
    public void Every_file_of_the_folder_is_in_the_namespace_that_is_checked()
    {
        string[] files = Directory.GetFiles(s_root + "/src/Bulkhead.Linux/Abi", "*.cs", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.Matches(@"\nnamespace Bulkhead\.Linux(\.Abi)?;", File.ReadAllText(file)));
        Assert.Equal(["Errno.cs"], files.Where(f => !File.ReadAllText(f).Contains("\nnamespace Bulkhead.Linux.Abi;", StringComparison.Ordinal)).Select(f => Path.GetFileName(f)!));
    }

    private static IEnumerable<Type> Types() => typeof(Errno).Assembly.GetTypes().Where(type =>
        type == typeof(Errno) ||
        (type.Namespace == "Bulkhead.Linux.Abi" && !type.IsNested) ||
        (type.Namespace == "Bulkhead.Linux.Spawn" && (type.Name == "ProgramLayout" || HeaderMap.Types.ContainsKey(type.Name))));

    private static IEnumerable<Fact> Facts(Type type, Source source)
    {
        bool isSpawn = type.Namespace == "Bulkhead.Linux.Spawn";
        foreach (FieldInfo field in type.GetFields(Members).Where(f => f.IsLiteral && !(type.IsEnum && f.Name == "None")))
        {
            string name = isSpawn ? Snake(field.Name).ToUpperInvariant() : field.Name;
            string expression = source.Members?.GetValueOrDefault(field.Name) ?? source.Prefix + name;
            object value = field.GetRawConstantValue()!;
            ulong bits = value is ulong u ? u : unchecked((ulong)Convert.ToInt64(value, CultureInfo.InvariantCulture));
            yield return new Fact($"{type.Name}.{field.Name}", expression, bits, Marshal.SizeOf(value));
        }
        if (!type.IsValueType || type.IsEnum)
            yield break;
        string c = source.CName ?? "struct " + type.Name;
        if (!source.Grew)
            yield return new Fact($"sizeof({type.Name})", $"sizeof({c})", (ulong)SizeOf(type), 8, source.IsHead);
        foreach (FieldInfo field in type.GetFields(Members).Where(f => !f.IsStatic))
        {
            string member = source.Members?.GetValueOrDefault(field.Name) ?? (isSpawn ? Snake(field.Name) : field.Name);
            if (member.Length == 0)
                continue;
            yield return new Fact($"offsetof({type.Name}.{field.Name})", $"__builtin_offsetof({c}, {member})", (ulong)Marshal.OffsetOf(type, field.Name), 8);
            yield return new Fact($"sizeof({type.Name}.{field.Name})", $"sizeof((({c} *)0)->{member})", (ulong)SizeOf(field.FieldType), 8);
        }
    }

    private static Dictionary<string, long> RunC(List<(Source Source, List<Fact> Facts)> groups, List<string> wrong)
    {
        string folder = Directory.CreateTempSubdirectory("bulkhead-abi").FullName;
        try
        {
            List<string> arguments = ["-std=gnu17", "-w", "-O0", "-I" + s_root + "/eng/native", "-o", folder + "/facts", folder + "/main.c"];
            for (int i = 0; i < groups.Count; i++)
            {
                File.WriteAllText($"{folder}/part{i}.c", Part(i, groups[i].Source, groups[i].Facts));
                arguments.Add($"{folder}/part{i}.c");
            }
            string calls = string.Concat(Enumerable.Range(0, groups.Count).Select(i => $"    part{i}();\n"));
            File.WriteAllText(folder + "/main.c", $"int main(void)\n{{\n{calls}    return 0;\n}}\n");
            (int status, _, string errors) = Execute("gcc", arguments);
            if (status != 0)
            {
                wrong.AddRange(Regex.Matches(errors, "error: (.*)").Select(m => "no header knows it: " + m.Groups[1].Value).Distinct());
                wrong.Add(errors.Length > 2000 ? errors[..2000] : errors);
                return [];
            }
            return Execute(folder + "/facts", []).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split('=')).ToDictionary(p => p[0], p => long.Parse(p[1], CultureInfo.InvariantCulture));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Part(int number, Source source, List<Fact> facts)
    {
        var text = new StringBuilder("#define _GNU_SOURCE\n");
        foreach (string header in source.Headers)
            text.Append(CultureInfo.InvariantCulture, $"#include <{header}>\n");
        text.Append(CultureInfo.InvariantCulture, $"int printf(const char *, ...);\nvoid part{number}(void)\n{{\n");
        foreach (Fact fact in facts.Where(f => !HeaderMap.Newer.ContainsKey(f.Expression)))
            text.Append(CultureInfo.InvariantCulture, $"    printf(\"{fact.Key}=%lld\\n\", (long long)({fact.Expression}));\n");
        return text.Append("}\n").ToString();
    }

    private static bool Agrees(Fact fact, long value)
    {
        if (fact.AtMost)
            return fact.Value <= (ulong)value;
        ulong mask = fact.Size >= 8 ? ulong.MaxValue : (1ul << (fact.Size * 8)) - 1;
        // What C has above the width of ours may only be its sign.
        return (((ulong)value ^ fact.Value) & mask) == 0 && (((ulong)value & ~mask) == 0 || ((ulong)value | mask) == ulong.MaxValue);
    }

    private static int SizeOf(Type type) => type.IsPointer ? IntPtr.Size :
        (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;

    private static string Snake(string name) => Regex.Replace(name, "(?<=.)([A-Z])", "_$1").ToLowerInvariant();

    private static (int Status, string Output, string Errors) Execute(string program, IEnumerable<string> arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        System.Threading.Tasks.Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }

    private static string FindRoot()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(folder + "/Directory.Packages.props"))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
