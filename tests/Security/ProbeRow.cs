namespace Bulkhead.Security;

/// <summary>A line of the table in docs/threat-model.md.</summary>
/// <param name="Id">Of the probe.</param>
/// <param name="What">It tries.</param>
/// <param name="Init">What refuses it to the container's first process.</param>
/// <param name="Exec">What refuses it to a process of exec.</param>
/// <param name="Control">What the same probe does where that is missing.</param>
/// <param name="UserKernel">What it meets in the user kernel, by both ways.</param>
internal sealed record ProbeRow(string Id, string What, string Init, string Exec, string Control, string UserKernel)
{
    public override string ToString() => $"| {Id} | {What} | {Init} | {Exec} | {Control} | {UserKernel} |";
}
