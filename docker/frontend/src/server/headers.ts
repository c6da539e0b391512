import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { isIP } from "node:net";

/**
 * What crosses, by name. All else stays: hop-by-hop headers, Host, cookies (the backend wants the token), Location (it
 * names the cluster). A body crosses as it is, with what says how it is encoded and where it ends.
 */
const REQUEST_HEADERS = [
    "accept",
    "accept-language",
    "content-encoding",
    "content-length",
    "content-type",
    "if-match",
    "if-none-match",
    // Node would send the body of a DELETE without it, and the backend take that for the next request.
    "transfer-encoding",
    "user-agent",
];
const RESPONSE_HEADERS = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-type",
    "etag",
    "last-modified",
    "retry-after",
];

export function headersForBackend(
    from: IncomingHttpHeaders,
    requestId: string,
    token: string | undefined,
): OutgoingHttpHeaders {
    const headers = pick(from, REQUEST_HEADERS);
    headers["x-request-id"] = requestId;
    if (token) headers.authorization = `Bearer ${token}`;
    return headers;
}

/**
 * The browser's address: who is connected, or, behind that many reverse proxies of our own, whom the outermost of them
 * saw. What is left of that in X-Forwarded-For anybody can have written.
 */
export function clientAddress({ headers, socket }: IncomingMessage, proxies: number): string {
    const peer = socket.remoteAddress ?? "";
    const seen = String(headers["x-forwarded-for"] ?? "").split(",");
    const address = [...seen, peer].at(-1 - proxies)?.trim() ?? "";
    return isIP(address) ? address : peer;
}

export function headersForBrowser(from: IncomingHttpHeaders): OutgoingHttpHeaders {
    const headers = pick(from, RESPONSE_HEADERS);
    // The page follows `rel="next"` on its own origin; the backend's address stays out of it.
    if (from.link) headers.link = String(from.link).replace(/<https?:\/\/[^/>]*/gi, "<");
    headers["cache-control"] ??= "no-store";
    return headers;
}

function pick(from: IncomingHttpHeaders, names: readonly string[]): OutgoingHttpHeaders {
    const picked: OutgoingHttpHeaders = {};
    for (const name of names) {
        if (from[name] !== undefined) picked[name] = from[name];
    }
    return picked;
}
