import { NextResponse, type NextRequest } from 'next/server';

import { isApiPath, isCredentialsPath } from './api-path';
import { BackendTimeout, BackendUnreachable, callBackend } from './backend';
import { mayBeForged } from './forgery';
import { problem } from './problem';
import { requestIdOf } from './request-id';
import { endSession, isGrant, sessionToken, startSession } from './session';
import { backendTimeoutMs, backendUrl, SettingError } from './settings';

/**
 * What crosses, by name. All else stays: hop-by-hop headers, Host, lengths and encodings (they belong to one
 * connection), cookies (the backend wants the token), Location (it names the cluster).
 */
const REQUEST_HEADERS = ['accept', 'accept-language', 'content-type', 'if-none-match', 'user-agent', 'x-forwarded-for'];
const RESPONSE_HEADERS = [
    'cache-control',
    'content-disposition',
    'content-language',
    'content-type',
    'etag',
    'last-modified',
    'retry-after',
];

/** Passes an API request of the page on to the backend, and the answer back, without the token. */
export async function proxy(request: NextRequest): Promise<Response> {
    const requestId = requestIdOf(request.headers);
    const { pathname, search } = new URL(request.url);
    const token = sessionToken(request);

    if (!isApiPath(pathname)) {
        return problem({
            status: 404,
            title: 'Not Found',
            detail: 'There is no such address here. The API is under /api/v1/.',
            requestId,
        });
    }
    if (mayBeForged({ method: request.method, headers: request.headers, hasSession: token !== undefined })) {
        return forgeryProblem(requestId);
    }

    try {
        const answer = await callBackend({
            url: backendAddress(pathname, search),
            method: request.method,
            headers: headersForBackend(request.headers, requestId, isCredentialsPath(pathname) ? undefined : token),
            body: hasBody(request.headers) ? request.body : null,
            signal: request.signal,
            timeoutMs: backendTimeoutMs(),
        });
        if (answer.status >= 300 && answer.status < 400 && answer.status !== 304) {
            return unexpectedAnswer(requestId, `a redirect (${answer.status})`);
        }
        if (isCredentialsPath(pathname))
            return answer.ok ? await grantResponse(answer, requestId) : relay(answer, requestId);

        const response = relay(answer, requestId);
        // The token has expired or its key has changed: the page is to ask for a new login.
        if (answer.status === 401 && token) endSession(response);
        return response;
    } catch (error) {
        return failureProblem(error, request.method, pathname, requestId);
    }
}

export function forgeryProblem(requestId: string): NextResponse {
    return problem({
        status: 403,
        title: 'Forbidden',
        detail: 'This request did not come from the habit tracker’s own page. Open the page and try there; a script must send an Origin header that matches Host.',
        requestId,
    });
}

function backendAddress(pathname: string, search: string): URL {
    const url = backendUrl();
    url.pathname = url.pathname.replace(/\/$/, '') + pathname;
    url.search = search;
    return url;
}

function headersForBackend(from: Headers, requestId: string, token: string | undefined): Headers {
    const headers = pick(from, REQUEST_HEADERS);
    headers.set('x-request-id', requestId);
    if (token) headers.set('authorization', `Bearer ${token}`);
    return headers;
}

/** HTTP's own rule: without either header there is no body. Next offers an empty stream even then. */
function hasBody(headers: Headers): boolean {
    return headers.has('transfer-encoding') || Number(headers.get('content-length') ?? 0) > 0;
}

function relay(answer: Response, requestId: string): NextResponse {
    return new NextResponse(answer.body, { status: answer.status, headers: headersForBrowser(answer, requestId) });
}

/** A login or registration that succeeded: the token goes into the cookie, the rest to the page. */
async function grantResponse(answer: Response, requestId: string): Promise<NextResponse> {
    const body: unknown = await answer.json().catch(() => null);
    if (!isGrant(body)) return unexpectedAnswer(requestId, 'no usable token');

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

function headersForBrowser(answer: Response, requestId: string): Headers {
    const headers = pick(answer.headers, RESPONSE_HEADERS);
    headers.set('x-request-id', requestId);
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
    return headers;
}

function pick(from: Headers, names: readonly string[]): Headers {
    const picked = new Headers();
    for (const name of names) {
        const value = from.get(name);
        if (value !== null) picked.set(name, value);
    }
    return picked;
}

function unexpectedAnswer(requestId: string, what: string): NextResponse {
    log(requestId, `the backend answered with ${what}`);
    return problem({
        status: 502,
        title: 'Bad Gateway',
        detail: 'The habit tracker’s backend gave an answer that makes no sense here. Check that NEXT_PUBLIC_API_URL names the habit tracker’s backend.',
        requestId,
    });
}

function failureProblem(error: unknown, method: string, pathname: string, requestId: string): NextResponse {
    log(requestId, `${method} ${pathname}: ${error instanceof Error ? `${error.name}: ${error.message}` : error}`);
    if (error instanceof SettingError) {
        return problem({ status: 500, title: 'Frontend Not Configured', detail: error.message, requestId });
    }
    if (error instanceof BackendTimeout) {
        return problem({
            status: 504,
            title: 'Gateway Timeout',
            detail: 'The habit tracker’s backend took too long to answer. Try again in a moment.',
            requestId,
        });
    }
    if (error instanceof BackendUnreachable) {
        return problem({
            status: 502,
            title: 'Bad Gateway',
            detail: 'The habit tracker’s backend cannot be reached right now. Try again in a moment.',
            requestId,
        });
    }
    throw error;
}

/** One line of JSON, to be found by the request id that the page shows. Never a query, a header or a body. */
function log(requestId: string, message: string): void {
    console.error(JSON.stringify({ level: 'error', request_id: requestId, message }));
}
