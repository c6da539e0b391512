import { setTimeout as sleep } from "node:timers/promises";

import { IDEMPOTENT_METHODS } from "./request-body";

/** The connection broke or was refused: in a rolling update, the next one reaches another pod. */
const BROKEN_CONNECTION = new Set(["ECONNRESET", "ECONNREFUSED", "EPIPE", "UND_ERR_SOCKET"]);

const RETRY_AFTER_MS = 200;

export class BackendTimeout extends Error {
    override name = "BackendTimeout";
}

export class BackendUnreachable extends Error {
    override name = "BackendUnreachable";
}

export interface BackendRequest {
    url: URL;
    method: string;
    headers: Headers;
    body: ReadableStream | Uint8Array | null;
    /** False when sending it twice would not be the same as sending it once, whatever its method says. */
    repeatable: boolean;
    /** Aborts when the client hangs up. */
    signal: AbortSignal;
    /** How long the answer may take to begin; its body may then stream for longer. */
    timeoutMs: number;
}

/** Sends a request to the backend, once more if that is safe. Throws BackendTimeout or BackendUnreachable. */
export async function callBackend(request: BackendRequest): Promise<Response> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), request.timeoutMs);
    const signal = AbortSignal.any([request.signal, timeout.signal]);
    try {
        return await withOneRetry(request, signal);
    } catch (error) {
        if (timeout.signal.aborted)
            throw new BackendTimeout(`no answer within ${request.timeoutMs} ms`);
        throw new BackendUnreachable(reason(error));
    } finally {
        clearTimeout(timer);
    }
}

async function withOneRetry(request: BackendRequest, signal: AbortSignal): Promise<Response> {
    try {
        return await send(request, signal);
    } catch (error) {
        // A body that was streamed once is gone.
        const repeatable =
            request.repeatable &&
            IDEMPOTENT_METHODS.has(request.method) &&
            !(request.body instanceof ReadableStream);
        if (!repeatable || !BROKEN_CONNECTION.has(reason(error))) throw error;
        await sleep(RETRY_AFTER_MS, undefined, { signal });
        return await send(request, signal);
    }
}

function send(
    { url, method, headers, body }: BackendRequest,
    signal: AbortSignal,
): Promise<Response> {
    const init: RequestInit & { duplex: "half" } = {
        method,
        headers,
        body: body as BodyInit | null,
        signal,
        // Lets the request's body go out as it comes in.
        duplex: "half",
        // A redirect would lead the browser, or this server, to an address of the cluster.
        redirect: "manual",
        cache: "no-store",
    };
    return fetch(url, init);
}

/** `fetch` fails with a TypeError that says nothing; what happened is in its cause, as a code if it was the network. */
function reason(error: unknown): string {
    const cause = (error instanceof Error ? error.cause : undefined) as
        { code?: string; message?: string } | undefined;
    return cause?.code ?? cause?.message ?? String(error);
}
