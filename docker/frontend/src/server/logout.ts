import type { ApiCall } from "./api-call";
import { LOGOUT_PATH } from "./api-path";
import { callBackend } from "./backend";
import { logFailure } from "./failure";
import { headersForBackend } from "./headers";
import { endSession } from "./session";
import { backendAddress } from "./settings";

/** Whoever wants to leave waits no longer than this for a backend that is down. */
const BACKEND_WITHIN_MS = 3_000;

/** Ends the session at the backend, and in the browser even when the backend is down. */
export async function logOut(call: ApiCall): Promise<void> {
    if (call.token) await endAtBackend(call);
    endSession(call.response);
    call.response.writeHead(204, { "cache-control": "no-store" }).end();
}

async function endAtBackend({ token, requestId, signal }: ApiCall): Promise<void> {
    try {
        const answer = await callBackend({
            url: backendAddress(LOGOUT_PATH),
            method: "POST",
            headers: headersForBackend({}, requestId, token),
            body: null,
            repeatable: false,
            signal,
            timeoutMs: BACKEND_WITHIN_MS,
        });
        answer.resume();
        // 401: the token was worth nothing already.
        if (answer.statusCode >= 300 && answer.statusCode !== 401) {
            logFailure(requestId, `logging out: the backend answered ${answer.statusCode}`);
        }
    } catch (error) {
        logFailure(requestId, `logging out: ${error}`);
    }
}
