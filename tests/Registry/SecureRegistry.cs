using System;
using System.IO;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry;
using Bulkhead.Images.Registry.Credentials;
using Bulkhead.TestSupport;

namespace Bulkhead.Registries;

/// <summary>docker-registry with TLS by a CA of its own and with passwords; another that wants clients' certificates.</summary>
public sealed class SecureRegistry : IDisposable
{
    public const string User = "anna", Password = "pass:word é";

    private readonly TempFolder own = new("bhsecure");
    private readonly RegistryDaemon daemon, mutual;

    public SecureRegistry()
    {
        Certificates = new Authority(own.Make("ca"));
        Certificates.Make("server", "subjectAltName=IP:127.0.0.1,DNS:localhost", "serverAuth");
        Certificates.Make("client", "subjectAltName=DNS:client", "clientAuth");
        Certificates.Make("wrong", "subjectAltName=DNS:registry.example", "serverAuth");
        string tls = $"""
              tls:
                certificate: {Certificates["server.crt"]}
                key: {Certificates["server.key"]}
            """;
        string users = own.Write("htpasswd", Command.Run("htpasswd", "-nbB", User, Password).Ok() + "\n");
        daemon = new RegistryDaemon($"""
            {tls}
            auth:
              htpasswd:
                realm: a registry of ours
                path: {users}
            """);
        mutual = new RegistryDaemon($"""
            {tls}
                clientcas:
                  - {Certificates["ca.crt"]}
            """);
    }

    internal Authority Certificates { get; }

    public string Host => daemon.Host;

    /// <summary>Wants a client's certificate, no password.</summary>
    public string MutualHost => mutual.Host;

    public ImageReference Reference(string name) => ImageReference.Parse($"{Host}/{name}");

    /// <summary>A certs.d with its CA.</summary>
    public string Trusting(TempFolder folder)
    {
        folder.Make("certs.d/" + Host);
        File.Copy(Certificates["ca.crt"], folder["certs.d/" + Host + "/ca.crt"]);
        return folder["certs.d"];
    }

    public static RegistryOptions Options(string certificates, Credential? given) => PlainRegistry.Plain() with { CertificateFolders = [certificates], Given = given };

    public void Dispose()
    {
        daemon.Dispose();
        mutual.Dispose();
        own.Dispose();
    }
}

/// <summary>A CA made by openssl.</summary>
internal sealed class Authority
{
    private readonly string folder;

    public Authority(string folder)
    {
        this.folder = folder;
        Openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=an authority of ours", "-keyout", this["ca.key"], "-out", this["ca.crt"]);
    }

    public string this[string name] => folder + "/" + name;

    public void Make(string name, string names, string usage)
    {
        File.WriteAllText(this[name + ".ext"], $"{names}\nextendedKeyUsage={usage}\n");
        Openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=" + name, "-keyout", this[name + ".key"], "-out", this[name + ".csr"]);
        Openssl("x509", "-req", "-in", this[name + ".csr"], "-CA", this["ca.crt"], "-CAkey", this["ca.key"], "-CAcreateserial", "-days", "2", "-extfile", this[name + ".ext"], "-out", this[name + ".crt"]);
    }

    private static void Openssl(params string[] arguments) => Command.Run(["openssl", .. arguments]).Ok();
}
