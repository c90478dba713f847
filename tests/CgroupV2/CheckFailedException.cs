using System;

namespace Bulkhead.CgroupV2;

/// <summary>A check did not hold.</summary>
internal sealed class CheckFailedException(string message) : Exception(message);
