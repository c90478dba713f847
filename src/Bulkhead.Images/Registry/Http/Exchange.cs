using System;
using System.Globalization;
using System.Net.Http;
using Bulkhead.Linux;

namespace Bulkhead.Images.Registry.Http;

/// <summary>Requests until they are answered: attempts with pauses between them, and errors as one line.</summary>
internal sealed class Exchange(RegistryOptions options, Authorizer authorizer, BodyReader bodies)
{
    /// <summary>A registry that says nothing is asked once more, no oftener: each time costs the whole patience.</summary>
    private const int StallAttempts = 2;

    /// <summary>The answer with its whole body, whatever its status.</summary>
    /// <param name="call">Made again when it fails in a way that may pass.</param>
    /// <param name="limit">Bytes of a body that is no error.</param>
    /// <exception cref="StepException">No answer, after all attempts.</exception>
    public Answer Fetch(Call call, int limit) => Run(call, () => Once(call, limit), answer => answer.Message);

    /// <summary>The same with the body still to be read.</summary>
    public HttpResponseMessage Open(Call call) => Run(call, () => authorizer.Send(call), response => response);

    /// <summary>One attempt.</summary>
    /// <exception cref="TransportException">No answer.</exception>
    public Answer Once(Call call, int limit)
    {
        HttpResponseMessage response = authorizer.Send(call);
        bool good = response.IsSuccessStatusCode;
        return new Answer(response, bodies.ReadAll(response, good ? limit : ErrorText.MaxBody, cut: !good));
    }

    /// <summary>Attempts until one brings an answer that is not "later".</summary>
    public T Run<T>(Call call, Func<T> attempt, Func<T, HttpResponseMessage> answer)
    {
        for (int made = 1; ; made++)
        {
            TimeSpan pause;
            try
            {
                T result = attempt();
                HttpResponseMessage message = answer(result);
                if (made == options.Attempts || !IsBusy((int)message.StatusCode))
                    return result;
                pause = RetryAfter(message) ?? Backoff(made);
                if (pause > options.LongestPause)
                    return result;
                message.Dispose();
            }
            catch (TransportException error)
            {
                if (!MayRepeat(error.Fault, made))
                    throw Failure(call, error, made);
                pause = Backoff(made);
            }
            Wait(pause);
        }
    }

    public bool MayRepeat(TransportFault fault, int made) => fault switch
    {
        TransportFault.Final => false,
        TransportFault.Stalled => made < Math.Min(options.Attempts, StallAttempts),
        _ => made < options.Attempts,
    };

    /// <param name="made">Attempts so far, from 1.</param>
    public TimeSpan Backoff(int made) => options.FirstPause * Math.Min(1 << (made - 1), 64);

    public void Wait(TimeSpan pause)
    {
        options.Cancel.WaitHandle.WaitOne(pause);
        options.Cancel.ThrowIfCancellationRequested();
    }

    public static StepException Failure(Call call, TransportException error, int made) =>
        new($"{call.Where}: {call.What}: {error.Message}" + (made > 1 ? string.Create(CultureInfo.InvariantCulture, $" ({made} attempts)") : ""));

    /// <summary>For an answer that is none of those the caller can use.</summary>
    public StepException Refusal(Call call, HttpResponseMessage message, ReadOnlyMemory<byte> body)
    {
        int status = (int)message.StatusCode;
        string denied = status is 401 or 403 ? $" ({authorizer.Identity(call)})" : "";
        // What Go's servers say to plain HTTP on a TLS port is 400 without a document.
        string said = ErrorText.Of(status, body);
        string plain = said == "status 400" && call.Endpoint.Base.Scheme == Uri.UriSchemeHttp ? $" (asked in plain HTTP; if it speaks TLS, its CA belongs into {options.CertificateFolders[0]}/{call.Endpoint.Host}/ca.crt)" : "";
        return new StepException($"{call.Where}: {call.What}: the registry answers {said}{denied}{plain}");
    }

    /// <summary>The same before its body has been read.</summary>
    public StepException Refusal(Call call, HttpResponseMessage message)
    {
        try
        {
            return Refusal(call, message, bodies.ReadAll(message, ErrorText.MaxBody, cut: true));
        }
        catch (TransportException)
        {
            return Refusal(call, message, default);
        }
    }

    private static bool IsBusy(int status) => status is 429 or 500 or 502 or 503 or 504;

    /// <summary>Seconds or a date (RFC 9110 10.2.3); null: it says nothing that can be read.</summary>
    internal static TimeSpan? RetryAfter(HttpResponseMessage message)
    {
        string? text = Headers.First(message, "Retry-After");
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds))
            return TimeSpan.FromSeconds(seconds);
        if (!DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset date))
            return null;
        TimeSpan left = date - DateTimeOffset.UtcNow;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
