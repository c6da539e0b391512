import type { NextResponse } from "next/server";

import { BackendTimeout, BackendUnreachable } from "./backend";
import { problem } from "./problem";
import { SettingError } from "./settings";

export function forgeryProblem(requestId: string): NextResponse {
    return problem({
        status: 403,
        title: "Forbidden",
        detail: "This request did not come from the habit tracker’s own page. Open the page and try there; a script must send an Origin header that matches Host.",
        requestId,
    });
}

export function unexpectedAnswer(requestId: string, what: string): NextResponse {
    logFailure(requestId, `the backend answered with ${what}`);
    return problem({
        status: 502,
        title: "Bad Gateway",
        detail: "The habit tracker’s backend gave an answer that makes no sense here. Check that NEXT_PUBLIC_API_URL names the habit tracker’s backend.",
        requestId,
    });
}

export function failureProblem(error: unknown, request: string, requestId: string): NextResponse {
    logFailure(
        requestId,
        `${request}: ${error instanceof Error ? `${error.name}: ${error.message}` : error}`,
    );
    if (error instanceof SettingError) {
        return problem({
            status: 500,
            title: "Frontend Not Configured",
            detail: error.message,
            requestId,
        });
    }
    if (error instanceof BackendTimeout) {
        return problem({
            status: 504,
            title: "Gateway Timeout",
            detail: "The habit tracker’s backend took too long to answer. Try again in a moment.",
            requestId,
        });
    }
    if (error instanceof BackendUnreachable) {
        return problem({
            status: 502,
            title: "Bad Gateway",
            detail: "The habit tracker’s backend cannot be reached right now. Try again in a moment.",
            requestId,
        });
    }
    throw error;
}

/** One line of JSON, to be found by the request id that the answer carries. Never a query, a header or a body. */
export function logFailure(requestId: string, message: string): void {
    console.error(JSON.stringify({ level: "error", request_id: requestId, message }));
}
