using System;
using System.CommandLine;
using Bulkhead.Linux;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Options;

/// <summary>Names that it has and that it knows.</summary>
internal sealed class NameFlags : FlagGroup
{
    private readonly Option<string> hostname, domainname;
    private readonly Option<string[]> addHost, dns, dnsOption, dnsSearch;
    private readonly Option<bool> noHosts;

    public NameFlags()
    {
        hostname = Add<string>("--hostname", "its host name (default: the beginning of its id)", "NAME", "-h");
        domainname = Add<string>("--domainname", "its NIS domain name", "NAME");
        addHost = Add<string[]>("--add-host", "a line for /etc/hosts", "NAME:ADDRESS");
        noHosts = Add<bool>("--no-hosts", "leave the root file system's /etc/hosts as it is");
        dns = Add<string[]>("--dns", "a name server for /etc/resolv.conf (default: the host's, with its network)", "ADDRESS");
        dnsOption = Add<string[]>("--dns-option", "an option for /etc/resolv.conf", "OPTION", "--dns-opt");
        dnsSearch = Add<string[]>("--dns-search", "a domain to search in for /etc/resolv.conf", "DOMAIN");
    }

    public override WorkloadOptions Read(ParseResult parsed, WorkloadOptions options)
    {
        string[] hosts = parsed.GetValue(addHost) ?? [];
        if (hosts.Length > 0 && parsed.GetValue(noHosts))
            throw new StepException("--no-hosts and --add-host exclude each other");
        return options with
        {
            AddHosts = Array.ConvertAll(hosts, HostNames.Line),
            NoHosts = parsed.GetValue(noHosts),
            Hostname = parsed.GetValue(hostname) is { } host ? HostNames.Check(host, "--hostname") : null,
            Domainname = parsed.GetValue(domainname) is { } domain ? HostNames.Check(domain, "--domainname") : null,
            Dns = Array.ConvertAll(parsed.GetValue(dns) ?? [], Address),
            DnsOptions = Array.ConvertAll(parsed.GetValue(dnsOption) ?? [], text => Word(text, "--dns-option")),
            DnsSearch = Array.ConvertAll(parsed.GetValue(dnsSearch) ?? [], text => Word(text, "--dns-search")),
        };
    }

    private static string Address(string text) =>
        HostNames.IsAddress(text) ? text : throw new StepException($"--dns: '{text}' is no address, as 10.0.0.1 or fd00::1");

    /// <summary>A line of a file is made of it.</summary>
    private static string Word(string text, string flag)
    {
        foreach (char c in text)
        {
            if (char.IsWhiteSpace(c) || char.IsControl(c))
                throw new StepException($"{flag}: '{text}' is not one word");
        }
        return text.Length > 0 ? text : throw new StepException($"{flag}: it is empty");
    }
}
