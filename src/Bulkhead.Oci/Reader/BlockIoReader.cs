namespace Bulkhead.Oci;

/// <summary>The section `linux.resources.blockIO`.</summary>
internal static class BlockIoReader
{
    internal static LinuxBlockIo? ReadBlockIo(ref JsonCursor json, LinuxBlockIo? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxBlockIo();
        while (json.NextField())
        {
            if (json.Is("weight"u8))
                into.Weight = json.UInt16OrNull();
            else if (json.Is("leafWeight"u8))
                into.LeafWeight = json.UInt16OrNull();
            else if (json.Is("weightDevice"u8))
                into.WeightDevice = ReadWeightDeviceList(ref json);
            else if (json.Is("throttleReadBpsDevice"u8))
                into.ThrottleReadBpsDevice = ReadThrottleDeviceList(ref json);
            else if (json.Is("throttleWriteBpsDevice"u8))
                into.ThrottleWriteBpsDevice = ReadThrottleDeviceList(ref json);
            else if (json.Is("throttleReadIOPSDevice"u8))
                into.ThrottleReadIopsDevice = ReadThrottleDeviceList(ref json);
            else if (json.Is("throttleWriteIOPSDevice"u8))
                into.ThrottleWriteIopsDevice = ReadThrottleDeviceList(ref json);
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxWeightDevice? ReadWeightDevice(ref JsonCursor json, LinuxWeightDevice? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxWeightDevice();
        while (json.NextField())
        {
            if (json.Is("major"u8))
                into.Major = json.Int64(into.Major);
            else if (json.Is("minor"u8))
                into.Minor = json.Int64(into.Minor);
            else if (json.Is("weight"u8))
                into.Weight = json.UInt16OrNull();
            else if (json.Is("leafWeight"u8))
                into.LeafWeight = json.UInt16OrNull();
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxWeightDevice[] ReadWeightDeviceList(ref JsonCursor json)
    {
        int mark = json.BeginArray();
        while (json.NextItem(mark))
            json.Push(ReadWeightDevice(ref json, null) ?? new LinuxWeightDevice());
        return json.EndArray<LinuxWeightDevice>(mark);
    }

    internal static LinuxThrottleDevice? ReadThrottleDevice(ref JsonCursor json, LinuxThrottleDevice? into)
    {
        if (!json.BeginObject())
            return null;
        into ??= new LinuxThrottleDevice();
        while (json.NextField())
        {
            if (json.Is("major"u8))
                into.Major = json.Int64(into.Major);
            else if (json.Is("minor"u8))
                into.Minor = json.Int64(into.Minor);
            else if (json.Is("rate"u8))
                into.Rate = json.UInt64(into.Rate);
            else
                json.Skip();
        }
        return into;
    }

    internal static LinuxThrottleDevice[] ReadThrottleDeviceList(ref JsonCursor json)
    {
        int mark = json.BeginArray();
        while (json.NextItem(mark))
            json.Push(ReadThrottleDevice(ref json, null) ?? new LinuxThrottleDevice());
        return json.EndArray<LinuxThrottleDevice>(mark);
    }
}
