import type { NextRequest, NextResponse } from "next/server";

import { cookieSecure } from "./settings";

const COOKIE = "session";

/** Lives half as long as the session: once it is gone and the session is not, it is time for a new token. */
const FRESH_COOKIE = "session_fresh";

/** What the backend answers to a login or a registration, a refresh or a new password. */
export interface Grant {
    access_token: string;
    expires_in: number;
}

export function sessionToken(request: NextRequest): string | undefined {
    return request.cookies.get(COOKIE)?.value || undefined;
}

/** Whether the session is past half of its life. */
export function isDueForRenewal(request: NextRequest): boolean {
    return sessionToken(request) !== undefined && !request.cookies.has(FRESH_COOKIE);
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

/** Puts the token where the browser sends it back but no script can read it. */
export function startSession(response: NextResponse, grant: Grant): void {
    const { access_token: token, expires_in: seconds } = grant;
    response.cookies.set(COOKIE, token, { ...attributes(), maxAge: seconds });
    response.cookies.set(FRESH_COOKIE, "1", { ...attributes(), maxAge: Math.ceil(seconds / 2) });
}

export function endSession(response: NextResponse): void {
    for (const name of [COOKIE, FRESH_COOKIE]) {
        response.cookies.set(name, "", { ...attributes(), maxAge: 0 });
    }
}

function attributes() {
    return { httpOnly: true, sameSite: "lax", path: "/", secure: cookieSecure() } as const;
}
