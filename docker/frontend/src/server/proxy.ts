import { NextResponse, type NextRequest } from "next/server";

import { grantsSession, isApiPath, isCredentialsPath, ME_PATH, REFRESH_PATH } from "./api-path";
import { callBackend } from "./backend";
import { failureProblem, forgeryProblem, logFailure, unexpectedAnswer } from "./failure";
import { mayBeForged } from "./forgery";
import { headersForBackend, headersForBrowser } from "./headers";
import { problem } from "./problem";
import { bodyForBackend } from "./request-body";
import { requestIdOf } from "./request-id";
import { endSession, isDueForRenewal, isGrant, sessionToken, startSession } from "./session";
import { backendAddress, backendTimeoutMs } from "./settings";

/** Passes an API request of the page on to the backend, and the answer back, without the token. */
export async function proxy(request: NextRequest): Promise<Response> {
    const requestId = requestIdOf(request.headers);
    const { pathname, search } = new URL(request.url);
    const { method, headers } = request;
    const token = sessionToken(request);

    if (!isApiPath(pathname)) {
        return problem({
            status: 404,
            title: "Not Found",
            detail: "There is no such address here. The API is under /api/v1/.",
            requestId,
        });
    }
    if (mayBeForged({ method, headers, hasSession: token !== undefined })) {
        return forgeryProblem(requestId);
    }

    const isCredentials = isCredentialsPath(pathname);
    const isGranting = grantsSession(method, pathname);
    try {
        const answer = await callBackend({
            url: backendAddress(pathname, search),
            method,
            headers: headersForBackend(headers, requestId, isCredentials ? undefined : token),
            body: await bodyForBackend(request),
            // The second of two password changes would find the first one's sessions ended.
            repeatable: !isGranting,
            signal: request.signal,
            timeoutMs: backendTimeoutMs(),
        });
        if (answer.status >= 300 && answer.status < 400 && answer.status !== 304) {
            return unexpectedAnswer(requestId, `a redirect (${answer.status})`);
        }
        if (isGranting && answer.ok) return await grantResponse(answer, requestId);

        const response = relay(answer, requestId);
        // The token has expired or its key has changed: the page is to ask for a new login.
        if (answer.status === 401 && token && !isCredentials) endSession(response);
        if (pathname === ME_PATH && answer.ok) {
            if (method === "DELETE") endSession(response);
            if (method === "GET" && isDueForRenewal(request)) {
                await renewSession(request, requestId, response);
            }
        }
        return response;
    } catch (error) {
        return failureProblem(error, `${method} ${pathname}`, requestId);
    }
}

/** Swaps the token for one that lives longer. A failure only means that the next visit tries again. */
async function renewSession(
    request: NextRequest,
    requestId: string,
    response: NextResponse,
): Promise<void> {
    try {
        const answer = await callBackend({
            url: backendAddress(REFRESH_PATH),
            method: "POST",
            headers: headersForBackend(new Headers(), requestId, sessionToken(request)),
            body: null,
            repeatable: false,
            signal: request.signal,
            timeoutMs: backendTimeoutMs(),
        });
        const grant: unknown = await answer.json().catch(() => null);
        if (answer.ok && isGrant(grant)) startSession(response, grant);
        else logFailure(requestId, `renewing a session: the backend answered ${answer.status}`);
    } catch (error) {
        logFailure(requestId, `renewing a session: ${error}`);
    }
}

function relay(answer: Response, requestId: string): NextResponse {
    return new NextResponse(answer.body, {
        status: answer.status,
        headers: headersForBrowser(answer, requestId),
    });
}

/** A session that begins or goes on: the token goes into the cookie, the rest to the page. */
async function grantResponse(answer: Response, requestId: string): Promise<NextResponse> {
    const body: unknown = await answer.json().catch(() => null);
    if (!isGrant(body)) return unexpectedAnswer(requestId, "no usable token");

    const {
        access_token: _token,
        token_type: _type,
        expires_in: _expiry,
        ...visible
    } = body as typeof body & { token_type?: string };
    const response = NextResponse.json(visible, {
        status: answer.status,
        headers: headersForBrowser(answer, requestId),
    });
    startSession(response, body);
    return response;
}
