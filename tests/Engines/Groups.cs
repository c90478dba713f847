using System;
using Bulkhead.TestSupport;

[assembly: AssemblyFixture(typeof(BusyboxImage))]

namespace Bulkhead.Engines;

// One engine a group: its classes run one after another, the groups beside each other.
[CollectionDefinition(nameof(PodmanGroup))]
public sealed class PodmanGroup : ICollectionFixture<PodmanEngine>;

[CollectionDefinition(nameof(DockerGroup))]
public sealed class DockerGroup : ICollectionFixture<DockerEngine>;

[CollectionDefinition(nameof(ContainerdGroup))]
public sealed class ContainerdGroup : ICollectionFixture<ContainerdEngine>;

[CollectionDefinition(nameof(CriGroup))]
public sealed class CriGroup : ICollectionFixture<CriEngine>;

/// <summary>After a class's last test nothing of its containers may be left.</summary>
public sealed class CleanAfter<TEngine>(TEngine engine) : IDisposable
    where TEngine : Engine
{
    public void Dispose() => engine.AssertNothingLeft();
}
