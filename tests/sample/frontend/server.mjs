// The smallest frontend that the program can bring up in the place of the habit tracker's: docs/own-app.md says what it has to do.
import { createServer } from "node:http";

const {
    NEXT_PUBLIC_API_URL = "http://127.0.0.1:8000",
    DRAIN_SECONDS = "8",
    PORT = "3000",
} = process.env;

let stopping = false;
const server = createServer(async (request, response) => {
    if (stopping) {
        // a client that keeps its connection would come back to a pod that is gone
        response.setHeader("connection", "close");
    }
    if (request.url.startsWith("/api/")) {
        // the browser knows this server only: what is the backend's goes through it
        try {
            const answer = await fetch(new URL(request.url, NEXT_PUBLIC_API_URL));
            response.statusCode = answer.status;
            response.end(await answer.text());
        } catch {
            response.statusCode = 502;
            response.end("The backend cannot be reached");
        }
    } else {
        response.setHeader("content-type", "text/html");
        response.end("<!doctype html><title>Sample</title><p>Hello from the frontend");
    }
});
server.listen(Number(PORT), "0.0.0.0");

// new requests come for some seconds after a pod is told to stop: it serves them, and ends then
process.once("SIGTERM", () => {
    stopping = true;
    setTimeout(() => server.close(), Number(DRAIN_SECONDS) * 1000);
});
