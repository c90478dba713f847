using System;
using System.Text;
using Bulkhead.Linux;

namespace Bulkhead.Workloads.Compose;

/// <summary>/etc/hosts, /etc/hostname and /etc/resolv.conf of a container.</summary>
public static class ShownFiles
{
    public static void Write(WorkloadRecord record, WorkloadFolder folder)
    {
        string hostname = record.Options.Hostname ?? record.ShortId;
        folder.SaveShown("hostname", hostname + "\n");
        folder.SaveShown("hosts", Hosts(record.Options, hostname));
        // Without a network there is nobody to ask; the host's own only with the host's network.
        folder.SaveShown("resolv.conf", record.Options.Network == "none" ? "" : string.Join('\n', TextFile.Lines("/etc/resolv.conf")));
    }

    private static string Hosts(WorkloadOptions options, string hostname)
    {
        var text = new StringBuilder("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
        text.Append("127.0.0.1\t").Append(hostname).Append('\n');
        foreach (string entry in options.AddHosts)
        {
            int colon = entry.IndexOfAny([':', '=']);
            if (colon <= 0 || !System.Net.IPAddress.TryParse(entry.AsSpan(colon + 1), out System.Net.IPAddress? address))
                throw new StepException($"--add-host: '{entry}' is not NAME:ADDRESS");
            text.Append(address).Append('\t').Append(entry, 0, colon).Append('\n');
        }
        return text.ToString();
    }
}
