import { NextResponse, type NextRequest } from "next/server";

import { pagePolicy } from "@/server/content-security-policy";

/** Gives every page a Content-Security-Policy with a nonce of its own. Decides nothing about who may see what. */
export function middleware(request: NextRequest): NextResponse {
    const policy = pagePolicy({
        nonce: btoa(crypto.randomUUID()),
        development: process.env.NODE_ENV === "development",
    });
    const headers = new Headers(request.headers);
    headers.set("content-security-policy", policy);
    const response = NextResponse.next({ request: { headers } });
    response.headers.set("content-security-policy", policy);
    return response;
}

export const config = { matcher: "/((?!api/|_next/static/).*)" };
