// The smallest backend that the program can bring up in the place of the habit tracker's: docs/own-app.md says what it has to do.
import { createServer } from "node:http";
import { connect } from "node:net";

const { DATABASE_URL = "postgresql://127.0.0.1", DRAIN_SECONDS = "8", PORT = "8000" } = process.env;

/** Whether the database takes a connection. */
function databaseAnswers() {
    const { hostname, port } = new URL(DATABASE_URL);
    return new Promise((resolve) => {
        const socket = connect({ host: hostname, port: Number(port || 5432), timeout: 2000 });
        const end = (answers) => {
            socket.destroy();
            resolve(answers);
        };
        socket.once("connect", () => end(true));
        socket.once("timeout", () => end(false));
        socket.once("error", () => end(false));
    });
}

let stopping = false;
const server = createServer(async (request, response) => {
    if (stopping) {
        // a client that keeps its connection would come back to a pod that is gone
        response.setHeader("connection", "close");
    }
    const { pathname, searchParams } = new URL(request.url, "http://backend");
    if (pathname === "/health" && searchParams.has("ready")) {
        // a pod whose database is away is taken out of the Service, and not restarted
        response.statusCode = (await databaseAnswers()) ? 200 : 503;
        response.end();
    } else if (pathname === "/health") {
        response.end();
    } else {
        response.end("Hello from the backend");
    }
});
server.listen(Number(PORT), "0.0.0.0");

// new requests come for some seconds after a pod is told to stop: it serves them, and ends then
process.once("SIGTERM", () => {
    stopping = true;
    setTimeout(() => server.close(), Number(DRAIN_SECONDS) * 1000);
});
