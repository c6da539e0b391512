import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const READINESS = "/?ready=1";
const SWEEP_MS = 100;

/** Notes a request; false when it is answered here and nobody else must. */
export type Admit = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * Stops the process without failing a request.
 *
 * When Kubernetes ends a pod it sends SIGTERM at once, yet for some seconds new connections still arrive, and
 * keep-alive connections stay pinned to this pod for as long as they live. So, on SIGTERM:
 *
 *   1. Go on listening for so many seconds. Every answer says `Connection: close`, so each client's next request
 *      opens a new connection, which goes to another pod. `/?ready=1` answers 503.
 *   2. Stop listening, close idle connections, wait for the requests in flight, exit 0.
 *
 * Every request has to pass the function that this returns.
 */
export function drainOnSigterm(server: Server, seconds: number): Admit {
    const sockets = new Set<Socket>();
    const unanswered = new Set<ServerResponse>();
    let draining = false;

    server.on("connection", (socket) => {
        sockets.add(socket);
        socket.once("close", () => sockets.delete(socket));
    });
    process.once("SIGTERM", async () => {
        draining = true;
        unanswered.forEach(endConnectionAfter);
        console.log(`drain: SIGTERM; answering for ${seconds} s more, then closing`);
        await sleep(seconds * 1000);
        await close(server, sockets);
        console.log("drain: every request is answered; exiting");
        process.exit(0);
    });
    // As a container's first process, Node would otherwise ignore Ctrl-C.
    process.once("SIGINT", () => process.exit(130));

    return (request, response) => {
        unanswered.add(response);
        response.once("close", () => unanswered.delete(response));
        if (!draining) return true;

        endConnectionAfter(response);
        if (request.url !== READINESS) return true;

        response.writeHead(503, { "content-type": "text/plain", "cache-control": "no-store" });
        response.end("draining\n");
        return false;
    };
}

/** Makes Node send `Connection: close` and hang up after this response; too late once its headers are out. */
function endConnectionAfter(response: ServerResponse): void {
    response.shouldKeepAlive = false;
}

/** Resolves when the last request is answered. */
function close(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
    return new Promise((resolve) => {
        const sweep = setInterval(() => closeUnusedConnections(server, sockets), SWEEP_MS);
        server.close(() => {
            clearInterval(sweep);
            resolve();
        });
    });
}

/**
 * `server.close` alone would wait for them: on Node 18 for keep-alive connections between two requests, on every
 * version for those that a browser opened in advance and has sent nothing on.
 */
function closeUnusedConnections(server: Server, sockets: ReadonlySet<Socket>): void {
    server.closeIdleConnections();
    for (const socket of sockets) {
        if (socket.bytesRead === 0) socket.destroy();
    }
}
