import { request, type Agent, type IncomingHttpHeaders } from "node:http";
import { text } from "node:stream/consumers";

export interface Sent {
    method?: string;
    headers?: Record<string, string>;
    body?: string;
    agent?: Agent;
}

export interface Answer {
    status: number;
    headers: IncomingHttpHeaders;
    body: string;
}

/** Sends exactly this: unlike `fetch`, it neither tidies the path nor adds or refuses headers. */
export function send(
    origin: string,
    path: string,
    { method = "GET", headers = {}, body, agent }: Sent = {},
): Promise<Answer> {
    const { hostname, port } = new URL(origin);
    return new Promise((resolve, reject) => {
        request({ hostname, port, path, method, headers, agent }, (response) => {
            text(response).then(
                (content) =>
                    resolve({
                        status: response.statusCode ?? 0,
                        headers: response.headers,
                        body: content,
                    }),
                reject,
            );
        })
            .on("error", reject)
            .end(body);
    });
}

/** What a browser adds when the app's own page sends JSON. */
export function fromPage(origin: string, body?: unknown): Sent {
    if (body === undefined) return { headers: { origin } };
    const content = JSON.stringify(body);
    return {
        headers: {
            origin,
            "content-type": "application/json",
            "content-length": String(Buffer.byteLength(content)),
        },
        body: content,
    };
}
