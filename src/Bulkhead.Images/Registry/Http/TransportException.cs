using System;

namespace Bulkhead.Images.Registry.Http;

/// <summary>What an attempt ended with, for whether another makes sense.</summary>
internal enum TransportFault
{
    /// <summary>It will be the same again.</summary>
    Final,

    /// <summary>The connection broke.</summary>
    Broken,

    /// <summary>Nothing came for too long.</summary>
    Stalled,
}

/// <summary>An attempt that brought no answer. Becomes a <see cref="Linux.StepException"/> when no further one is made.</summary>
internal sealed class TransportException(TransportFault fault, string why) : Exception(why)
{
    public TransportFault Fault { get; } = fault;
}
