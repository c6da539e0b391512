interface PolicyOptions {
    nonce: string;
    /** `next dev` evaluates modules and writes styles into the page for hot reloading; the built app never does. */
    development: boolean;
}

/**
 * What a page may load and run: scripts with this answer's nonce, and those that they load; everything else from this
 * origin only. Next finds the nonce in this header and puts it on its own scripts.
 */
export function pagePolicy({ nonce, development }: PolicyOptions): string {
    return [
        "default-src 'self'",
        `script-src 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ""}`,
        `style-src 'self'${development ? " 'unsafe-inline'" : ""}`,
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ].join("; ");
}

/** What an answer of the API may do when somebody opens it as a page: nothing. */
export const API_POLICY = "default-src 'none'; frame-ancestors 'none'";
