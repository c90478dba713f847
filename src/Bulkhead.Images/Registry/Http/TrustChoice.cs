using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Bulkhead.Images.Registry.Configuration;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Images.Registry.Http;

/// <summary>How a host is spoken to: by registries.toml and by certificate folders (dockerd(8), containers-certs.d(5)).</summary>
internal sealed class TrustChoice(RegistryOptions options)
{
    private const int MaxFile = 1 << 20;

    /// <summary>For a host as a reference names it. Plain HTTP without being told: loopback alone, unless there are certificates for it.</summary>
    public TlsMode Mode(string host)
    {
        TlsMode told = options.Settings.For(host).Tls;
        if (told != TlsMode.Default)
            return told;
        return Endpoint.IsLoopback(host) && Folders(host).Count == 0 ? TlsMode.Off : TlsMode.Verify;
    }

    /// <summary>For a host as a URL names it: one that is not in settings is verified.</summary>
    public TlsMode Mode(Uri url)
    {
        foreach (string name in Names(url))
        {
            TlsMode told = options.Settings.For(name).Tls;
            if (told != TlsMode.Default)
                return told;
        }
        return TlsMode.Verify;
    }

    /// <summary>CAs and the client's own certificates, from every folder of this host.</summary>
    /// <exception cref="StepException">A file that is no certificate, or a key without one.</exception>
    public (X509Certificate2Collection Authorities, X509Certificate2Collection Client) Certificates(Uri url)
    {
        (X509Certificate2Collection Authorities, X509Certificate2Collection Client) all = ([], []);
        foreach (string name in Names(url))
        {
            foreach (string folder in Folders(name))
                Load(folder, all.Authorities, all.Client);
        }
        return all;
    }

    private static List<string> Names(Uri url)
    {
        string port = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{url.Host}:{url.Port}");
        return url.Authority == port ? [port] : [url.Authority, port];
    }

    private List<string> Folders(string host)
    {
        var found = new List<string>();
        foreach (string root in options.CertificateFolders)
        {
            Result<stat> folder = Sys.StatAt(Fd.Cwd, root + "/" + host);
            if (folder.Ok && (folder.Value.st_mode & StatMode.S_IFMT) == StatMode.S_IFDIR)
                found.Add(root + "/" + host);
        }
        return found;
    }

    private static void Load(string folder, X509Certificate2Collection authorities, X509Certificate2Collection client)
    {
        using Fd directory = Sys.OpenAt(Fd.Cwd, folder, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY).OrThrow("open", folder);
        foreach (string name in Sys.ReadDirectory(directory).OrThrow("list", folder))
        {
            string path = folder + "/" + name;
            try
            {
                if (name.EndsWith(".crt", StringComparison.Ordinal))
                    authorities.ImportFromPem(Read(path));
                else if (name.EndsWith(".cert", StringComparison.Ordinal))
                    client.Add(X509Certificate2.CreateFromPem(Read(path), Read(path[..^".cert".Length] + ".key")));
            }
            catch (CryptographicException)
            {
                throw new StepException($"{path} holds no certificate in PEM" + (name.EndsWith(".cert", StringComparison.Ordinal) ? ", or its .key is not its key" : ""));
            }
        }
    }

    private static string Read(string path)
    {
        using Fd file = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY | Fcntl.O_NONBLOCK).OrThrow("open", path);
        return Encoding.UTF8.GetString(Sys.ReadFile(file, MaxFile).OrThrow("read", path));
    }
}
