import type { ApiCall } from "./api-call";
import { BackendTimeout, BackendUnreachable } from "./backend";
import { problem } from "./problem";
import { SettingError } from "./settings";

/** What a person can do about it; what the operator can is in the log. */
const SET_UP_WRONGLY =
    "The habit tracker is not set up rightly here. Whoever runs it finds what is missing in the frontend’s log.";

export function forgeryProblem(call: ApiCall): void {
    problem(call, {
        status: 403,
        title: "Forbidden",
        detail: "This request did not come from the habit tracker’s own page. Open the page and try there; a script must send an Origin header that matches Host.",
    });
}

export function unexpectedAnswer(call: ApiCall, what: string): void {
    logFailure(
        call.requestId,
        `the backend answered with ${what}. Check that NEXT_PUBLIC_API_URL names the habit tracker’s backend.`,
    );
    problem(call, {
        status: 502,
        title: "Bad Gateway",
        detail: SET_UP_WRONGLY,
    });
}

/** Logs why there is no answer, and says so. Throws what it does not know. */
export function failureProblem(call: ApiCall, error: unknown): void {
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    logFailure(call.requestId, `${call.method} ${call.pathname}: ${what}`);
    if (error instanceof SettingError) {
        return problem(call, {
            status: 500,
            title: "Frontend Not Configured",
            detail: SET_UP_WRONGLY,
        });
    }
    if (error instanceof BackendTimeout) {
        return problem(call, {
            status: 504,
            title: "Gateway Timeout",
            detail: "The habit tracker’s backend took too long to answer. Try again in a moment.",
        });
    }
    if (error instanceof BackendUnreachable) {
        return problem(call, {
            status: 502,
            title: "Bad Gateway",
            detail: "The habit tracker’s backend cannot be reached right now. Try again in a moment.",
        });
    }
    throw error;
}

/** One line of JSON, to be found by the request id that the answer carries. Never a query, a header or a body. */
export function logFailure(requestId: string, message: string): void {
    console.error(JSON.stringify({ level: "error", request_id: requestId, message }));
}
