using System;

namespace Bulkhead.Linux.Cgroups.Systemd;

/// <summary>An error reply: inside this room only, callers see a <see cref="StepException"/>.</summary>
public sealed class DBusException(string name, string text) : Exception($"{text} ({name})")
{
    public string Name { get; } = name;
}
