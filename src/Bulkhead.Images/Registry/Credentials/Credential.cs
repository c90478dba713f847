using System;
using System.Text;

namespace Bulkhead.Images.Registry.Credentials;

/// <summary>Who we are to one registry.</summary>
/// <param name="User">Empty or "&lt;token&gt;" with an identity token.</param>
/// <param name="Secret">A password or an identity token. Never printed.</param>
/// <param name="Origin">Where it was found, for messages.</param>
public sealed record Credential(string User, string Secret, string Origin)
{
    /// <summary>How credential helpers mark an identity token.</summary>
    internal const string TokenUser = "<token>";

    /// <summary>The secret is an OAuth2 refresh token ("identitytoken"), not a password.</summary>
    public bool IsToken { get; init; }

    /// <summary>Authorization's value. Printable ASCII whatever the words are.</summary>
    internal string ToBasic() => "Basic " + ToBase64();

    internal string ToBase64() => Convert.ToBase64String(Encoding.UTF8.GetBytes(User + ":" + Secret));

    public override string ToString() => User + " of " + Origin;
}
