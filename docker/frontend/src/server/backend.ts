import * as http from "node:http";
import * as https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";

import { IDEMPOTENT_METHODS } from "./request-body";

/** The connection broke or was refused: in a rolling update, the next one reaches another pod. */
const BROKEN_CONNECTION = new Set(["ECONNRESET", "ECONNREFUSED", "EPIPE"]);

const RETRY_AFTER_MS = 200;

/** Shorter than servers keep an idle connection, Node's own 5 s among them: whoever closes first loses no request. */
const keepAlive = { keepAlive: true, timeout: 4_000 };
const CLIENTS = {
    "http:": { request: http.request, agent: new http.Agent(keepAlive) },
    "https:": { request: https.request, agent: new https.Agent(keepAlive) },
};

export class BackendTimeout extends Error {
    override name = "BackendTimeout";
}

export class BackendUnreachable extends Error {
    override name = "BackendUnreachable";
}

export interface BackendRequest {
    url: URL;
    method: string;
    headers: http.OutgoingHttpHeaders;
    body: http.IncomingMessage | Buffer | null;
    /** False when sending it twice would not be the same as sending it once, whatever its method says. */
    repeatable: boolean;
    /** Aborts when the client hangs up. */
    signal: AbortSignal;
    /** How long the answer may take to begin; its body may then stream for longer. */
    timeoutMs: number;
}

/** What a client always gets; the type is for a server's requests too, which have no status. */
export type BackendAnswer = http.IncomingMessage & { statusCode: number };

/** Sends a request to the backend, once more if that is safe. Throws BackendTimeout or BackendUnreachable. */
export async function callBackend(request: BackendRequest): Promise<BackendAnswer> {
    const deadline = Date.now() + request.timeoutMs;
    try {
        return await send(request, deadline);
    } catch (error) {
        if (!mayBeRepeated(request, error)) throw error;
        await sleep(RETRY_AFTER_MS, undefined, { signal: request.signal });
        return await send(request, deadline);
    }
}

function mayBeRepeated({ method, body, repeatable }: BackendRequest, error: unknown): boolean {
    return (
        repeatable &&
        IDEMPOTENT_METHODS.has(method) &&
        // A body that was streamed once is gone.
        !(body instanceof http.IncomingMessage) &&
        error instanceof BackendUnreachable &&
        BROKEN_CONNECTION.has(error.message)
    );
}

/** Resolves when the answer begins. */
function send(
    { url, method, headers, body, signal, timeoutMs }: BackendRequest,
    deadline: number,
): Promise<BackendAnswer> {
    return new Promise((resolve, reject) => {
        const { request, agent } = CLIENTS[url.protocol as keyof typeof CLIENTS];
        const outgoing = request(url, { method, headers, agent, signal });
        const timer = setTimeout(
            () => outgoing.destroy(new BackendTimeout(`no answer within ${timeoutMs} ms`)),
            deadline - Date.now(),
        );
        outgoing.once("response", (answer) => {
            clearTimeout(timer);
            resolve(answer as BackendAnswer);
        });
        // Stays after the answer has begun: by then it is the answer's stream that says what became of it.
        outgoing.on("error", (error: NodeJS.ErrnoException) => {
            clearTimeout(timer);
            const isOurs = error instanceof BackendTimeout;
            reject(isOurs ? error : new BackendUnreachable(error.code ?? error.message));
        });
        // Not `pipeline`: when the backend breaks, it would take the client's connection along, answer and all.
        if (body instanceof http.IncomingMessage) body.pipe(outgoing);
        else outgoing.end(body);
    });
}
