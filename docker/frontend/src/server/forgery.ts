import type { IncomingHttpHeaders } from "node:http";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

export interface MaybeForged {
    method: string;
    request: { headers: IncomingHttpHeaders };
    /** The session's token; undefined with nobody logged in. */
    token: string | undefined;
}

/**
 * Whether another site may be behind this request.
 *
 * Browsers send Origin with every unsafe request that crosses sites, so a matching Origin is proof, and another
 * one is refused. Without Origin, Sec-Fetch-Site decides. A client that sends neither is no browser; it has no
 * cookie jar that another site could borrow, so it passes, unless it brings a session cookie all the same.
 */
export function mayBeForged({ method, request: { headers }, token }: MaybeForged): boolean {
    if (SAFE_METHODS.has(method)) return false;

    const { origin } = headers;
    if (origin !== undefined) return !URL.canParse(origin) || new URL(origin).host !== headers.host;

    const site = headers["sec-fetch-site"];
    if (site !== undefined) return site !== "same-origin";

    return token !== undefined;
}
