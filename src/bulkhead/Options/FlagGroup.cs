using System.Collections.Generic;
using System.CommandLine;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Options;

/// <summary>Flags that belong together: they are added to a command, and read into a part of the options.</summary>
internal abstract class FlagGroup
{
    private readonly List<Option> _all = [];

    public void AddTo(Command verb)
    {
        foreach (Option option in _all)
            verb.Options.Add(option);
    }

    /// <summary>The options with what these flags say.</summary>
    public abstract WorkloadOptions Read(ParseResult parsed, WorkloadOptions options);

    protected Option<T> Add<T>(string name, string description, string? value = null, params string[] aliases)
    {
        var option = new Option<T>(name, aliases) { Description = description, HelpName = value };
        _all.Add(option);
        return option;
    }
}
