using Bulkhead.OciCli.Verbs;

namespace Bulkhead.OciCli;

/// <summary>All verbs.</summary>
internal static class VerbTable
{
    public static Verb[] All =>
    [
        CreateVerb.Create, StartVerb.Verb, CreateVerb.Run, ExecVerb.Verb, KillVerb.Verb, DeleteVerb.Verb, StateVerb.Verb, ListVerb.Verb,
        PsVerb.Verb, PauseVerb.Pause, PauseVerb.Resume, UpdateVerb.Verb, EventsVerb.Verb, SpecVerb.Verb, FeaturesVerb.Verb,
        CheckpointVerb.Checkpoint, CheckpointVerb.Restore,
    ];

    /// <summary>By a switch, so that one call touches one verb's table only.</summary>
    public static Verb? Find(string name) => name switch
    {
        "create" => CreateVerb.Create,
        "start" => StartVerb.Verb,
        "run" => CreateVerb.Run,
        "exec" => ExecVerb.Verb,
        "kill" => KillVerb.Verb,
        "delete" => DeleteVerb.Verb,
        "state" => StateVerb.Verb,
        "list" => ListVerb.Verb,
        "ps" => PsVerb.Verb,
        "pause" => PauseVerb.Pause,
        "resume" => PauseVerb.Resume,
        "update" => UpdateVerb.Verb,
        "events" => EventsVerb.Verb,
        "spec" => SpecVerb.Verb,
        "features" => FeaturesVerb.Verb,
        "checkpoint" => CheckpointVerb.Checkpoint,
        "restore" => CheckpointVerb.Restore,
        _ => null,
    };
}
