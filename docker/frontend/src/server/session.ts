import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { parseCookie, stringifySetCookie } from "cookie";

import { cookieSecure } from "./settings";

const COOKIE = "habit_tracker_session";

/** Lives half as long as the session: once it is gone and the session is not, it is time for a new token. */
const FRESH_COOKIE = "habit_tracker_session_fresh";

/** The names up to version 1.0, which any other app on the host may use too. */
const OLD_COOKIE = "session";
const OLD_FRESH_COOKIE = "session_fresh";

/** What the backend's tokens look like. Another app's `session` is not sent to it. */
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** What may stand in a header, by RFC 6750. What does not was not set here, and is as good as no cookie. */
const BEARER = /^[\w.~+/-]+=*$/;

/** Outlives the session: with it, a login from this browser is not held up by the wrong passwords of strangers. */
const DEVICE_COOKIE = "habit_tracker_device";
const DEVICE_SECONDS = 365 * 24 * 3600;

/** What the backend answers to a login or a registration, a refresh or a new password. */
export interface Grant {
    access_token: string;
    expires_in: number;
    device_token?: string | null;
}

export function sessionToken(headers: IncomingHttpHeaders): string | undefined {
    const cookies = parseCookie(headers.cookie ?? "");
    return plain(cookies[nameOf(COOKIE)]) ?? movableToken(cookies);
}

export function deviceToken(headers: IncomingHttpHeaders): string | undefined {
    return plain(parseCookie(headers.cookie ?? "")[nameOf(DEVICE_COOKIE)]);
}

/** Whether a session is past half of its life, or kept under its old name. */
export function isDueForRenewal(headers: IncomingHttpHeaders): boolean {
    const cookies = parseCookie(headers.cookie ?? "");
    if (!plain(cookies[nameOf(COOKIE)])) return movableToken(cookies) !== undefined;
    return cookies[nameOf(FRESH_COOKIE)] === undefined;
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
    setCookie(response, nameOf(COOKIE), token, seconds);
    setCookie(response, nameOf(FRESH_COOKIE), "1", Math.ceil(seconds / 2));
    if (device) setCookie(response, nameOf(DEVICE_COOKIE), device, DEVICE_SECONDS);
    endOldSession(response);
}

export function endSession(response: ServerResponse): void {
    for (const name of [COOKIE, FRESH_COOKIE]) setCookie(response, nameOf(name), "", 0);
    endOldSession(response);
}

/** Only what this request brought, and only if it can be ours. */
function endOldSession(response: ServerResponse): void {
    if (oldToken(parseCookie(response.req.headers.cookie ?? "")) === undefined) return;
    for (const name of [OLD_COOKIE, OLD_FRESH_COOKIE]) setCookie(response, name, "", 0);
}

/** Not with https: any host of the domain may have set that name, and `__Host-` would then vouch for a stranger's session. */
function movableToken(cookies: Record<string, string | undefined>): string | undefined {
    return cookieSecure() ? undefined : oldToken(cookies);
}

function plain(token = ""): string | undefined {
    return BEARER.test(token) ? token : undefined;
}

function oldToken(cookies: Record<string, string | undefined>): string | undefined {
    const token = cookies[OLD_COOKIE] ?? "";
    return TOKEN.test(token) ? token : undefined;
}

/** With https the browser itself sees to it that no other host and no plain http has set the cookie. */
function nameOf(cookie: string): string {
    return cookieSecure() ? `__Host-${cookie}` : cookie;
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
