using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Bulkhead.Images.Registry.Configuration;

namespace Bulkhead.Images.Registry.Http;

/// <summary>Verifies one host: by the system's CAs, then by those for this host. Nothing is fetched on the word of a certificate.</summary>
internal sealed class TlsCheck(TlsMode mode, X509Certificate2Collection authorities)
{
    /// <summary>TLS server authentication, RFC 5280 4.2.1.12.</summary>
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private static readonly (X509ChainStatusFlags Flag, string Words)[] Reasons =
    [
        (X509ChainStatusFlags.NotTimeValid, "is out of date, or not valid yet"),
        (X509ChainStatusFlags.UntrustedRoot, "is signed by an authority that nobody here trusts"),
        (X509ChainStatusFlags.PartialChain, "is signed by an authority that nobody here trusts"),
        (X509ChainStatusFlags.NotValidForUsage, "is not one for servers"),
        (X509ChainStatusFlags.NotSignatureValid, "has a wrong signature"),
    ];

    /// <summary>Why it refused last; null: it did not.</summary>
    public string? Refusal { get; private set; }

    public SslClientAuthenticationOptions Options(X509Certificate2Collection client)
    {
        var options = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = Policy(),
            RemoteCertificateValidationCallback = Accept,
        };
        if (client.Count > 0)
        {
            options.ClientCertificates = client;
            // By hand: the server's list of authorities is often empty or wrong.
            options.LocalCertificateSelectionCallback = (_, _, local, _, _) => local[0];
        }
        return options;
    }

    private bool Accept(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None || mode == TlsMode.Unverified)
            return true;
        Refusal = Judge(certificate as X509Certificate2, chain, errors);
        return Refusal is null;
    }

    private string? Judge(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
            return "it shows no certificate";
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return "its certificate is another host's";
        if (authorities.Count == 0)
            return "its certificate " + Reason(chain);
        using var own = new X509Chain { ChainPolicy = Policy() };
        own.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(authorities);
        if (chain is not null)
            own.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        return own.Build(certificate) ? null : "its certificate " + Reason(own);
    }

    private static X509ChainPolicy Policy() => new() { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };

    private static string Reason(X509Chain? chain)
    {
        foreach (X509ChainStatus status in chain?.ChainStatus ?? [])
        {
            foreach ((X509ChainStatusFlags flag, string words) in Reasons)
            {
                if (status.Status.HasFlag(flag))
                    return words;
            }
        }
        return "is not to be trusted";
    }
}
