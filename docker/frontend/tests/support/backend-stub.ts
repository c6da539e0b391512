import { once } from "node:events";
import {
    createServer,
    type IncomingHttpHeaders,
    type IncomingMessage,
    type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface ReceivedRequest {
    method: string;
    url: string;
    headers: IncomingHttpHeaders;
    body: string;
}

/** Answers a request whose body has arrived whole; `count` is the number of the request, from 1. */
type Answer = (response: ServerResponse, count: number) => void;

/** Handles a request's streams itself. */
type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A real HTTP server in the backend's place, on loopback. */
export class BackendStub {
    /** Every request that was answered by an `Answer`, in order. */
    readonly received: ReceivedRequest[] = [];
    private handler: Handler = () => {};
    private port = 0;
    private readonly server = createServer((request, response) => this.handler(request, response));

    static async start(): Promise<BackendStub> {
        const stub = new BackendStub();
        await stub.listen();
        stub.reset();
        return stub;
    }

    get url(): string {
        return `http://127.0.0.1:${this.port}`;
    }

    /** On a free port the first time, on the same one after `stop`. */
    async listen(): Promise<void> {
        this.server.listen(this.port, "127.0.0.1");
        await once(this.server, "listening");
        this.port = (this.server.address() as AddressInfo).port;
    }

    /** Forgets what came before; until told otherwise it answers 200 and `{}`. */
    reset(): void {
        this.received.length = 0;
        this.answer((response) => json(response, 200, {}));
    }

    answer(answer: Answer): void {
        this.handle(async (request, response) => {
            const body = await text(request);
            this.received.push({
                method: request.method ?? "",
                url: request.url ?? "",
                headers: request.headers,
                body,
            });
            answer(response, this.received.length);
        });
    }

    handle(handler: Handler): void {
        this.handler = handler;
    }

    async stop(): Promise<void> {
        if (!this.server.listening) return;
        const closed = once(this.server, "close");
        this.server.close();
        this.server.closeAllConnections();
        await closed;
    }
}

export function json(response: ServerResponse, status: number, body: unknown): void {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
