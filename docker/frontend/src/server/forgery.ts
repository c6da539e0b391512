const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

export interface IncomingRequest {
    method: string;
    headers: Headers;
    hasSession: boolean;
}

/**
 * Whether another site may be behind this request.
 *
 * Browsers send Origin with every unsafe request that crosses sites, so a matching Origin is proof, and another
 * one is refused. Without Origin, Sec-Fetch-Site decides. A client that sends neither is no browser; it has no
 * cookie jar that another site could borrow, so it passes, unless it brings a session cookie all the same.
 */
export function mayBeForged({ method, headers, hasSession }: IncomingRequest): boolean {
    if (SAFE_METHODS.has(method)) return false;

    const origin = headers.get("origin");
    if (origin !== null)
        return !URL.canParse(origin) || new URL(origin).host !== headers.get("host");

    const site = headers.get("sec-fetch-site");
    if (site !== null) return site !== "same-origin";

    return hasSession;
}
