namespace Bulkhead.UserKernel.Vfs.Names;

/// <summary>By what name a file was opened.</summary>
/// <param name="Entry">Its name; null: not known.</param>
/// <param name="User">Number of the user who was allowed to.</param>
/// <param name="Forgotten">How many directories had been forgotten by then.</param>
/// <param name="Modes">How often modes had been changed by then.</param>
internal readonly record struct OpenedBy(Entry? Entry, int User, long Forgotten, long Modes);
