import type { NextRequest, NextResponse } from "next/server";

import { cookieSecure } from "./settings";

const COOKIE = "session";

/** What the backend answers to a login or a registration. */
interface Grant {
    access_token: string;
    expires_in: number;
}

export function sessionToken(request: NextRequest): string | undefined {
    return request.cookies.get(COOKIE)?.value || undefined;
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
    response.cookies.set(COOKIE, grant.access_token, { ...attributes(), maxAge: grant.expires_in });
}

export function endSession(response: NextResponse): void {
    response.cookies.set(COOKIE, "", { ...attributes(), maxAge: 0 });
}

function attributes() {
    return { httpOnly: true, sameSite: "lax", path: "/", secure: cookieSecure() } as const;
}
