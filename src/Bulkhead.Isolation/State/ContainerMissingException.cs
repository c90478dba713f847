using System;

namespace Bulkhead.Isolation.State;

/// <summary>No container of that id: delete --force succeeds on it, everything else fails with words that engines know.</summary>
public sealed class ContainerMissingException(string id) : Exception($"container \"{id}\" does not exist");
