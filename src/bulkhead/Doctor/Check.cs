using System;

namespace Bulkhead.Cli.Doctor;

/// <summary>Of what was looked at.</summary>
internal enum Grade
{
    Good,

    /// <summary>Something optional is not there.</summary>
    Limited,

    /// <summary>The default tier cannot work without it.</summary>
    Missing,
}

/// <summary>What a look found.</summary>
internal readonly record struct Finding(Check Check, Grade Grade, string Detail);

/// <summary>One thing to look at.</summary>
/// <param name="Tier">Who needs it.</param>
/// <param name="Name">What it is.</param>
/// <param name="Needed">Missing, it keeps the default tier from working.</param>
/// <param name="Probe">Whether it is there, and what was seen.</param>
/// <param name="Mend">What to do when it is not.</param>
internal sealed record Check(string Tier, string Name, bool Needed, Func<(bool Good, string Detail)> Probe, string Mend)
{
    public Finding Look()
    {
        (bool good, string detail) = Probe();
        return new Finding(this, good ? Grade.Good : Needed ? Grade.Missing : Grade.Limited, detail);
    }
}
