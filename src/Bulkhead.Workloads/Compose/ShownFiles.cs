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
        folder.SaveShown("resolv.conf", Resolver(record.Options));
    }

    /// <summary>Without a network there is nobody to ask; the host's own only with the host's network.</summary>
    private static string Resolver(WorkloadOptions options)
    {
        var text = new StringBuilder();
        if (options.DnsSearch.Length > 0)
            text.Append("search ").AppendJoin(' ', options.DnsSearch).Append('\n');
        foreach (string server in options.Dns)
            text.Append("nameserver ").Append(server).Append('\n');
        if (options.DnsOptions.Length > 0)
            text.Append("options ").AppendJoin(' ', options.DnsOptions).Append('\n');
        if (options.Network == "none" || (options.Dns.Length > 0 && options.DnsSearch.Length > 0 && options.DnsOptions.Length > 0))
            return text.ToString();
        foreach (string line in TextFile.Lines("/etc/resolv.conf"))
        {
            bool replaced = (options.Dns.Length > 0 && line.StartsWith("nameserver", System.StringComparison.Ordinal))
                || (options.DnsSearch.Length > 0 && (line.StartsWith("search", System.StringComparison.Ordinal) || line.StartsWith("domain", System.StringComparison.Ordinal)))
                || (options.DnsOptions.Length > 0 && line.StartsWith("options", System.StringComparison.Ordinal));
            if (!replaced && line.Length > 0)
                text.Append(line).Append('\n');
        }
        return text.ToString();
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
