import { NextResponse, type NextRequest } from "next/server";

import { isApiPath, isCredentialsPath } from "./api-path";
import { callBackend } from "./backend";
import { failureProblem, forgeryProblem, unexpectedAnswer } from "./failure";
import { mayBeForged } from "./forgery";
import { hasBody, headersForBackend, headersForBrowser } from "./headers";
import { problem } from "./problem";
import { requestIdOf } from "./request-id";
import { endSession, isGrant, sessionToken, startSession } from "./session";
import { backendTimeoutMs, backendUrl } from "./settings";

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
    try {
        const answer = await callBackend({
            url: backendAddress(pathname, search),
            method,
            headers: headersForBackend(headers, requestId, isCredentials ? undefined : token),
            body: hasBody(headers) ? request.body : null,
            signal: request.signal,
            timeoutMs: backendTimeoutMs(),
        });
        if (answer.status >= 300 && answer.status < 400 && answer.status !== 304) {
            return unexpectedAnswer(requestId, `a redirect (${answer.status})`);
        }
        if (isCredentials && answer.ok) return await grantResponse(answer, requestId);

        const response = relay(answer, requestId);
        // The token has expired or its key has changed: the page is to ask for a new login.
        if (answer.status === 401 && token && !isCredentials) endSession(response);
        return response;
    } catch (error) {
        return failureProblem(error, `${method} ${pathname}`, requestId);
    }
}

function backendAddress(pathname: string, search: string): URL {
    const url = backendUrl();
    url.pathname = url.pathname.replace(/\/$/, "") + pathname;
    url.search = search;
    return url;
}

function relay(answer: Response, requestId: string): NextResponse {
    return new NextResponse(answer.body, {
        status: answer.status,
        headers: headersForBrowser(answer, requestId),
    });
}

/** A login or registration that succeeded: the token goes into the cookie, the rest to the page. */
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
