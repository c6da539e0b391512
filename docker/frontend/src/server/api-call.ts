import type { IncomingMessage, ServerResponse } from "node:http";

import { requestIdOf } from "./request-id";
import { sessionToken } from "./session";

/** A request of the page to the API, and where its answer goes. */
export interface ApiCall {
    request: IncomingMessage;
    response: ServerResponse;
    method: string;
    /** Without dot segments, encoded or not: the URL parser has resolved them. */
    pathname: string;
    /** The query with its `?`, or nothing. */
    search: string;
    requestId: string;
    /** The session's token; undefined with nobody logged in. */
    token: string | undefined;
    /** Aborts when the client hangs up before it has its answer. */
    signal: AbortSignal;
}

export function apiCall(request: IncomingMessage, response: ServerResponse): ApiCall {
    // Only the path matters; the host is there because the parser wants one.
    const { pathname, search } = new URL(request.url ?? "/", "http://frontend.invalid");
    const client = new AbortController();
    response.once("close", () => {
        if (!response.writableFinished) client.abort();
    });
    return {
        request,
        response,
        method: request.method ?? "GET",
        pathname,
        search,
        requestId: requestIdOf(request.headers),
        token: sessionToken(request.headers),
        signal: client.signal,
    };
}
