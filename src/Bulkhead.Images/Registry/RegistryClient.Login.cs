using System;
using System.Net.Http;
using Bulkhead.Images.Registry.Credentials;
using Bulkhead.Images.Registry.Http;
using Bulkhead.Linux;

namespace Bulkhead.Images.Registry;

public sealed partial class RegistryClient
{
    /// <summary>Tries a user's password with a registry, then keeps it.</summary>
    /// <param name="registry">host[:port], or docker.io.</param>
    /// <param name="user">Without ':'.</param>
    /// <param name="password">Kept in the file in base64, as Docker does, unless the file names a helper.</param>
    /// <param name="options">Its credentials' first file is written.</param>
    /// <returns>Where it is kept.</returns>
    /// <exception cref="StepException">The registry refuses it, wants none, or it cannot be kept.</exception>
    public static string Login(string registry, string user, string password, RegistryOptions options)
    {
        if (user.Length == 0 || user.Contains(':', StringComparison.Ordinal) || password.Length == 0)
            throw new StepException("login: a user's name, without ':', and a password are expected");
        var credential = new Credential(user, password, "this login");
        using (var client = new RegistryClient(options with { Given = credential }))
            client.Ping(registry);
        return options.Credentials.Login(registry, credential);
    }

    /// <summary>Forgets who we are to a registry.</summary>
    /// <returns>False: nobody was logged in.</returns>
    public static bool Logout(string registry, RegistryOptions options) => options.Credentials.Logout(registry);

    /// <summary>Whether it is a registry and takes our credentials (distribution-spec, "Determining Support").</summary>
    /// <exception cref="StepException">It is none, or does not take them.</exception>
    public void Ping(string registry)
    {
        if (!References.ReferenceGrammar.IsHost(registry))
            throw new StepException($"'{Printable.Name(registry)}' is no registry: HOST[:PORT] is expected");
        Endpoint endpoint = Itself(registry);
        var call = new Call(endpoint, HttpMethod.Get, new Uri(endpoint.Base, "/v2/"), "", "speak to the registry");
        Answer answer = exchange.Fetch(call, MaxReply);
        if (answer.Status != 200)
            throw exchange.Refusal(call, answer.Message, answer.Body);
    }
}
