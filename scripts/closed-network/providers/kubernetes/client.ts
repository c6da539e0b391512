/** The API server, as far as the stand-in needs it. */
import http from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import { type Properties, stringAt } from "../values.ts";
import type { Kind } from "./objects.ts";

/** An answer of the API server that is an error. */
export class ApiError extends Error {
    /** The HTTP status. */
    readonly code: number;
    /** What the server says of it. */
    readonly body: Properties;

    constructor(code: number, body: Properties, fallback: string) {
        super(stringAt(body, "message") || fallback);
        this.code = code;
        this.body = body;
    }
}

/** There is no API server to be reached under the provider's configuration. */
export class UnreachableError extends Error {
    constructor(reason: string) {
        super(`configured Kubernetes cluster is unreachable: ${reason}`);
    }
}

/** What a request has beside method and path. */
export interface Request {
    query?: { [name: string]: string };
    body?: unknown;
    contentType?: string;
    signal?: AbortSignal;
}

/** How the content of a PATCH is meant: server-side apply (JSON is YAML, too), and RFC 6902. */
export const APPLY = "application/apply-patch+yaml";
export const JSON_PATCH = "application/json-patch+json";

const REQUEST_TIMEOUT = 60_000;

/** A client for the cluster of a context in a kubeconfig file, by default the user's. It reads neither before the first request. */
export class Client {
    readonly #connect: () => Promise<{ server: string; options: https.RequestOptions }>;
    #connection: ReturnType<typeof connect> | undefined;

    constructor(file: string | undefined, context: string) {
        this.#connect = () => (this.#connection ??= connect(file, context));
    }

    /** @throws ApiError, UnreachableError, or an AbortError where the signal says so */
    async send(method: string, path: string, request: Request = {}): Promise<Properties> {
        const { query = {}, body, contentType = "application/json", signal } = request;
        const { server, options } = await this.#connect();
        const url = new URL(server.replace(/\/$/, "") + path);
        url.search = new URLSearchParams(query).toString();
        const headers = {
            ...(options.headers as http.OutgoingHttpHeaders | undefined),
            accept: "application/json",
            ...(body === undefined ? {} : { "content-type": contentType }),
        };
        const payload = body === undefined ? "" : JSON.stringify(body);
        const sending = { ...options, method, headers, ...(signal && { signal }) };
        const { status, content } = await exchange(url, payload, sending);
        let answer: Properties | undefined;
        try {
            answer = JSON.parse(content) as Properties;
        } catch {
            // what is none of the API server's answers is shown as it is
        }
        if (status >= 400 || answer === undefined) {
            const fallback = `${method} ${path} was answered with ${status}: ${content}`;
            throw new ApiError(status, answer ?? {}, fallback);
        }
        return answer;
    }

    /** The object at a path, undefined where there is none. */
    async find(path: string, signal: AbortSignal): Promise<Properties | undefined> {
        try {
            return await this.send("GET", path, { signal });
        } catch (error) {
            if (isNotFound(error)) {
                return undefined;
            }
            throw error;
        }
    }
}

/** The path in URLs of an object, or without a name of all of its kind in its namespace. */
export function placeOf(kind: Pick<Kind, "apiVersion" | "plural">, object: Properties): string {
    const { apiVersion, plural } = kind;
    const namespace = stringAt(object, "metadata", "namespace");
    const name = stringAt(object, "metadata", "name");
    return [
        apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`,
        ...(namespace === undefined ? [] : ["namespaces", namespace]),
        plural,
        ...(name === undefined ? [] : [name]),
    ].join("/");
}

/** Whether an error says that an object is not there. */
export function isNotFound(error: unknown): boolean {
    return error instanceof ApiError && error.code === 404;
}

/** Reads the kubeconfig with the official client, which knows all the ways to authenticate; it is loaded when needed. */
async function connect(file: string | undefined, context: string) {
    const { KubeConfig } = await import("@kubernetes/client-node/dist/config.js");
    const config = new KubeConfig();
    const options: https.RequestOptions = { timeout: REQUEST_TIMEOUT };
    try {
        if (file === undefined) {
            config.loadFromDefault();
        } else {
            config.loadFromFile(file);
        }
        config.setCurrentContext(context);
        await config.applyToHTTPSOptions(options);
    } catch (error) {
        throw new UnreachableError(`the kubeconfig cannot be used: ${(error as Error).message}`);
    }
    const cluster = config.getCurrentCluster();
    if (!cluster) {
        throw new UnreachableError(`the kubeconfig has no context ${JSON.stringify(context)}`);
    }
    if (!cluster.proxyUrl) {
        // the official client's agent makes a connection, with a TLS handshake, for each request
        const { ca, cert, key, rejectUnauthorized, servername } = options;
        const secure = { ca, cert, key, rejectUnauthorized, servername, keepAlive: true };
        options.agent = cluster.server.startsWith("https:")
            ? new https.Agent(secure)
            : new http.Agent({ keepAlive: true });
    }
    return { server: cluster.server, options };
}

async function exchange(
    url: URL,
    payload: string,
    options: https.RequestOptions,
): Promise<{ status: number; content: string }> {
    const sent = (url.protocol === "https:" ? https : http).request(url, options);
    const late = new Error(`no answer within ${REQUEST_TIMEOUT / 1000} s`);
    try {
        const response = await new Promise<http.IncomingMessage>((resolve, reject) =>
            sent
                .on("response", resolve)
                .on("error", reject)
                .on("timeout", () => sent.destroy(late))
                .end(payload),
        );
        return { status: response.statusCode ?? 0, content: await text(response) };
    } catch (error) {
        const { name, code, message } = error as NodeJS.ErrnoException;
        if (sent.reusedSocket && code === "ECONNRESET") {
            // the server closed an idle connection just when we took it up again
            return exchange(url, payload, options);
        }
        throw name === "AbortError"
            ? error
            : new UnreachableError(`${url.origin}: ${message || code}`);
    }
}
