/**
 * Only plain characters: an API path needs no others, and what cannot be encoded cannot be decoded into another
 * path behind us. Dot segments, encoded ones too, are already resolved by the URL parser and then miss the prefix.
 */
const API_PATH = /^\/api\/v1(?:\/[\w.~:@-]+)+$/;

export function isApiPath(pathname: string): boolean {
    return API_PATH.test(pathname);
}

/** The calls whose answer carries a token: the first two with nobody logged in, the others for a new one. */
export function grantsSession(method: string, pathname: string): boolean {
    return (
        isCredentialsPath(pathname) ||
        (method === "POST" && pathname === REFRESH_PATH) ||
        (method === "PUT" && pathname === "/api/v1/me/password")
    );
}

/** The two calls that start a session, whoever was logged in before. */
export function isCredentialsPath(pathname: string): boolean {
    return pathname === "/api/v1/auth/login" || pathname === "/api/v1/auth/register";
}

export const REFRESH_PATH = "/api/v1/auth/refresh";
export const LOGOUT_PATH = "/api/v1/auth/logout";
export const ME_PATH = "/api/v1/me";
