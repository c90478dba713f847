using System;

namespace Bulkhead.OciCli;

internal static class Program
{
    private static int Main(string[] args)
    {
        Console.Error.WriteLine("bulkhead-oci: no verb");
        return 1;
    }
}
