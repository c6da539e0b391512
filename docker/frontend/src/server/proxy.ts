import { pipeline } from "node:stream";
import { json } from "node:stream/consumers";

import type { ApiCall } from "./api-call";
import { grantsSession, isCredentialsPath, ME_PATH, REFRESH_PATH } from "./api-path";
import { callBackend, type BackendAnswer } from "./backend";
import { logFailure, unexpectedAnswer } from "./failure";
import { clientAddress, headersForBackend, headersForBrowser } from "./headers";
import { bodyForBackend } from "./request-body";
import { deviceToken, endSession, isDueForRenewal, isGrant, startSession } from "./session";
import { backendAddress, backendTimeoutMs, trustedProxies } from "./settings";

/** Passes an API request of the page on to the backend, and the answer back, without the token. */
export async function proxy(call: ApiCall): Promise<void> {
    const { request, response, method, pathname, search, requestId, signal } = call;
    const isCredentials = isCredentialsPath(pathname);
    const isGranting = grantsSession(method, pathname);
    const token = isCredentials ? undefined : call.token;
    const headers = headersForBackend(request.headers, requestId, token);
    headers["x-forwarded-for"] = clientAddress(request, trustedProxies());
    const device = deviceToken(request.headers);
    if (isCredentials && device) headers["x-device-token"] = device;
    const answer = await callBackend({
        url: backendAddress(pathname, search),
        method,
        headers,
        body: await bodyForBackend(request),
        // The second of two password changes would find the first one's sessions ended.
        repeatable: !isGranting,
        signal,
        timeoutMs: backendTimeoutMs(),
    });
    const { statusCode: status } = answer;
    if (status >= 300 && status < 400 && status !== 304) {
        answer.resume();
        return unexpectedAnswer(call, `a redirect (${status})`);
    }
    if (isGranting && status < 300) return answerGrant(call, answer);

    // The token has expired or its key has changed: the page is to ask for a new login.
    if (status === 401 && token) endSession(response);
    if (pathname === ME_PATH && status < 300) {
        if (method === "DELETE") endSession(response);
        if (method === "GET" && isDueForRenewal(request.headers)) await renewSession(call);
    }
    relay(call, answer);
}

/** Swaps the token for one that lives longer. A failure only means that the next visit tries again. */
async function renewSession({ response, requestId, token, signal }: ApiCall): Promise<void> {
    try {
        const answer = await callBackend({
            url: backendAddress(REFRESH_PATH),
            method: "POST",
            headers: headersForBackend({}, requestId, token),
            body: null,
            repeatable: false,
            signal,
            timeoutMs: backendTimeoutMs(),
        });
        const grant = await json(answer).catch(() => null);
        if (answer.statusCode < 300 && isGrant(grant)) startSession(response, grant);
        else logFailure(requestId, `renewing a session: the backend answered ${answer.statusCode}`);
    } catch (error) {
        logFailure(requestId, `renewing a session: ${error}`);
    }
}

/** An answer that breaks off breaks off here too, so that the page does not take it for whole. */
function relay({ response }: ApiCall, answer: BackendAnswer): void {
    response.writeHead(answer.statusCode, headersForBrowser(answer.headers));
    // It destroys both when one of them fails; nobody is left to tell.
    pipeline(answer, response, () => undefined);
}

/** A session that begins or goes on: the token goes into the cookie, the rest to the page. */
async function answerGrant(call: ApiCall, answer: BackendAnswer): Promise<void> {
    const body: unknown = await json(answer).catch(() => null);
    if (!isGrant(body)) return unexpectedAnswer(call, "no usable token");

    const {
        access_token: _token,
        token_type: _type,
        expires_in: _expiry,
        device_token: _device,
        ...visible
    } = body as typeof body & { token_type?: string };
    startSession(call.response, body);
    const { "content-length": _length, ...headers } = headersForBrowser(answer.headers);
    call.response.writeHead(answer.statusCode, headers).end(JSON.stringify(visible));
}
