import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { parseCookie, stringifySetCookie } from "cookie";

import { cookieSecure } from "./settings";

const COOKIE = "session";

/** Lives half as long as the session: once it is gone and the session is not, it is time for a new token. */
const FRESH_COOKIE = "session_fresh";

/** Outlives the session: with it, a login from this browser is not held up by the wrong passwords of strangers. */
const DEVICE_COOKIE = "device";
const DEVICE_SECONDS = 365 * 24 * 3600;

/** What the backend answers to a login or a registration, a refresh or a new password. */
export interface Grant {
    access_token: string;
    expires_in: number;
    device_token?: string | null;
}

export function sessionToken(headers: IncomingHttpHeaders): string | undefined {
    return parseCookie(headers.cookie ?? "")[COOKIE] || undefined;
}

export function deviceToken(headers: IncomingHttpHeaders): string | undefined {
    return parseCookie(headers.cookie ?? "")[DEVICE_COOKIE] || undefined;
}

/** Whether a session is past half of its life. */
export function isDueForRenewal(headers: IncomingHttpHeaders): boolean {
    const cookies = parseCookie(headers.cookie ?? "");
    return Boolean(cookies[COOKIE]) && cookies[FRESH_COOKIE] === undefined;
}

export function isGrant(body: unknown): body is Grant {
    const { access_token: token, expires_in: seconds } = (body ?? {}) as Partial<Grant>;
    return (
        typeof token === "string" &&
        token !== "" &&
        Number.isInteger(seconds) &&
        Number(seconds) > 0
    );
}

/** Puts the tokens where the browser sends it back but no script can read it. */
export function startSession(response: ServerResponse, grant: Grant): void {
    const { access_token: token, expires_in: seconds, device_token: device } = grant;
    setCookie(response, COOKIE, token, seconds);
    setCookie(response, FRESH_COOKIE, "1", Math.ceil(seconds / 2));
    if (device) setCookie(response, DEVICE_COOKIE, device, DEVICE_SECONDS);
}

export function endSession(response: ServerResponse): void {
    for (const name of [COOKIE, FRESH_COOKIE]) setCookie(response, name, "", 0);
}

function setCookie(response: ServerResponse, name: string, value: string, maxAge: number): void {
    const attributes = {
        httpOnly: true,
        sameSite: "lax",
        path: "/",
        secure: cookieSecure(),
    } as const;
    response.appendHeader("Set-Cookie", stringifySetCookie({ name, value, maxAge, ...attributes }));
}
