/**
 * Only plain characters: an API path needs no others, and what cannot be encoded cannot be decoded into another
 * path behind us. Dot segments, encoded ones too, are already resolved by the URL parser and then miss the prefix.
 */
const API_PATH = /^\/api\/v1(?:\/[\w.~:@-]+)+$/;

export function isApiPath(pathname: string): boolean {
    return API_PATH.test(pathname);
}

/** The two calls whose answer carries a token. */
export function isCredentialsPath(pathname: string): boolean {
    return pathname === "/api/v1/auth/login" || pathname === "/api/v1/auth/register";
}
