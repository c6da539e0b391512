"use strict";
/**
 * Preloaded before Next's server (`node -r ./drain.cjs server.js`): stops it without failing a request.
 *
 * When Kubernetes ends a pod it sends SIGTERM at once, yet for some seconds new connections still arrive, and
 * keep-alive connections stay pinned to this pod for as long as they live. So, on SIGTERM:
 *
 *   1. Go on listening for DRAIN_SECONDS. Every answer says `Connection: close`, so each client's next request
 *      opens a new connection, which goes to another pod. `/?ready=1` answers 503.
 *   2. Stop listening, close idle connections, wait for the requests in flight, exit 0.
 *
 * A CommonJS preload because it must wrap the server that Next creates; needs NEXT_MANUAL_SIG_HANDLE=true, which
 * tells Next to leave the signals alone.
 */
const http = require("node:http");

const READINESS = "/?ready=1";
const SWEEP_MS = 100;

const drainSeconds = readDrainSeconds(process.env.DRAIN_SECONDS);
const servers = new Set();
const sockets = new Set();
const unanswered = new Set();
let draining = false;

function readDrainSeconds(value = "8") {
    const seconds = Number(value);
    if (value.trim() !== "" && seconds >= 0 && seconds <= 600) return seconds;
    console.error(
        `drain: DRAIN_SECONDS is "${value}", which is not a number of seconds from 0 to 600. Set one, or unset it for 8.`,
    );
    process.exit(1);
}

const { emit } = http.Server.prototype;

http.Server.prototype.emit = function emitWithDrain(event, ...args) {
    if (event === "listening") servers.add(this);
    if (event === "connection") remember(...args);
    if (event === "request" && !admit(...args)) return true;
    return emit.call(this, event, ...args);
};

function remember(socket) {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
}

/** Notes a request; false when it is answered here and the app must not see it. */
function admit(request, response) {
    unanswered.add(response);
    response.once("close", () => unanswered.delete(response));
    if (!draining) return true;

    endConnectionAfter(response);
    if (request.url !== READINESS) return true;

    response.writeHead(503, { "Content-Type": "text/plain", "Cache-Control": "no-store" });
    response.end("draining\n");
    return false;
}

/** Makes Node send `Connection: close` and hang up after this response; too late once its headers are out. */
function endConnectionAfter(response) {
    response.shouldKeepAlive = false;
}

async function drain() {
    draining = true;
    unanswered.forEach(endConnectionAfter);
    console.log(`drain: SIGTERM; answering for ${drainSeconds} s more, then closing`);
    await new Promise((resolve) => setTimeout(resolve, drainSeconds * 1000));
    await Promise.all([...servers].map(close));
    console.log("drain: every request is answered; exiting");
    process.exit(0);
}

/** Resolves when the last request is answered. */
function close(server) {
    return new Promise((resolve) => {
        const sweep = setInterval(() => closeUnusedConnections(server), SWEEP_MS);
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
function closeUnusedConnections(server) {
    server.closeIdleConnections();
    for (const socket of sockets) {
        if (socket.bytesRead === 0) socket.destroy();
    }
}

process.once("SIGTERM", drain);
// As a container's first process, Node would otherwise ignore Ctrl-C.
process.once("SIGINT", () => process.exit(130));
