using System;
using System.Globalization;
using Bulkhead.Linux;

namespace Bulkhead.Isolation.State;

/// <summary>Where states are when nobody says.</summary>
public static class StateRoots
{
    /// <summary>/run/bulkhead; for a caller without root "bulkhead" in its own directory for what lives as long as the machine runs.</summary>
    public static string Default() => Sys.GetEuid() == 0 ? "/run/bulkhead" : Runtime() + "/bulkhead";

    /// <summary>$XDG_RUNTIME_DIR, else where systemd makes it, which su(1) and cron jobs do not tell.</summary>
    public static string Runtime()
    {
        uint uid = Sys.GetEuid();
        string usual = string.Create(CultureInfo.InvariantCulture, $"/run/user/{uid}");
        string? named = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        if (named is { Length: > 0 })
            return named.StartsWith('/') ? named : throw new StepException($"XDG_RUNTIME_DIR is not an absolute path: {named}");
        if (Sys.StatAt(Fd.Cwd, usual) is { Ok: true } found && found.Value.st_uid == uid)
            return usual;
        throw new StepException($"XDG_RUNTIME_DIR is not set and {usual} is not there: log in with a session (loginctl enable-linger), or set it to a private directory of yours");
    }
}
