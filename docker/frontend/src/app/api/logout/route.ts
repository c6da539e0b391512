import { NextResponse, type NextRequest } from "next/server";

import { LOGOUT_PATH } from "@/server/api-path";
import { callBackend } from "@/server/backend";
import { forgeryProblem, logFailure } from "@/server/failure";
import { mayBeForged } from "@/server/forgery";
import { headersForBackend } from "@/server/headers";
import { requestIdOf } from "@/server/request-id";
import { endSession, sessionToken } from "@/server/session";
import { backendAddress } from "@/server/settings";

export const runtime = "nodejs";
export const dynamic = "force-dynamic";

/** Whoever wants to leave waits no longer than this for a backend that is down. */
const BACKEND_WITHIN_MS = 3_000;

/** Ends the session at the backend, and in the browser even when the backend is down. */
export async function POST(request: NextRequest): Promise<NextResponse> {
    const requestId = requestIdOf(request.headers);
    const token = sessionToken(request);
    if (
        mayBeForged({
            method: request.method,
            headers: request.headers,
            hasSession: token !== undefined,
        })
    ) {
        return forgeryProblem(requestId);
    }
    if (token) await endAtBackend(token, requestId, request.signal);
    const response = new NextResponse(null, { status: 204 });
    endSession(response);
    return response;
}

async function endAtBackend(token: string, requestId: string, signal: AbortSignal): Promise<void> {
    try {
        const answer = await callBackend({
            url: backendAddress(LOGOUT_PATH),
            method: "POST",
            headers: headersForBackend(new Headers(), requestId, token),
            body: null,
            repeatable: false,
            signal,
            timeoutMs: BACKEND_WITHIN_MS,
        });
        await answer.body?.cancel();
        // 401: the token was worth nothing already.
        if (!answer.ok && answer.status !== 401) {
            logFailure(requestId, `logging out: the backend answered ${answer.status}`);
        }
    } catch (error) {
        logFailure(requestId, `logging out: ${error}`);
    }
}
