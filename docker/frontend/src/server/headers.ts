/**
 * What crosses, by name. All else stays: hop-by-hop headers, Host, lengths and encodings (they belong to one
 * connection), cookies (the backend wants the token), Location (it names the cluster).
 */
const REQUEST_HEADERS = [
    "accept",
    "accept-language",
    "content-type",
    "if-match",
    "if-none-match",
    "user-agent",
    "x-forwarded-for",
];
const RESPONSE_HEADERS = [
    "cache-control",
    "content-disposition",
    "content-language",
    "content-type",
    "etag",
    "last-modified",
    "retry-after",
];

export function headersForBackend(
    from: Headers,
    requestId: string,
    token: string | undefined,
): Headers {
    const headers = pick(from, REQUEST_HEADERS);
    headers.set("x-request-id", requestId);
    if (token) headers.set("authorization", `Bearer ${token}`);
    return headers;
}

export function headersForBrowser(answer: Response, requestId: string): Headers {
    const headers = pick(answer.headers, RESPONSE_HEADERS);
    const links = answer.headers.get("link");
    // The page follows `rel="next"` on its own origin; the backend's address stays out of it.
    if (links) headers.set("link", links.replace(/<https?:\/\/[^/>]*/gi, "<"));
    headers.set("x-request-id", requestId);
    if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
    return headers;
}

/** HTTP's own rule: without either header there is no body. Next offers an empty stream even then. */
export function hasBody(headers: Headers): boolean {
    return headers.has("transfer-encoding") || Number(headers.get("content-length") ?? 0) > 0;
}

function pick(from: Headers, names: readonly string[]): Headers {
    const picked = new Headers();
    for (const name of names) {
        const value = from.get(name);
        if (value !== null) picked.set(name, value);
    }
    return picked;
}
