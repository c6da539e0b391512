/** The API server, as far as the stand-in needs it: objects of known kinds, by path, with dry runs. */
import http from "node:http";
import https from "node:https";
import type { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { arrayAt, type Properties, stringAt } from "../values.ts";
import type { Kubeconfig } from "./kubeconfig.ts";
import type { Kind } from "./kinds.ts";

/** Where an object is. */
export interface Place {
    /** Of the kind: `apps/v1`, and the plural, `deployments`. */
    apiVersion: string;
    plural: string;
    namespace?: string | undefined;
    name?: string | undefined;
}

/** An answer of the API server that is an error. */
export class ApiError extends Error {
    /** The HTTP status. */
    readonly code: number;
    /** Kubernetes' own word for it: NotFound, AlreadyExists, Conflict, Invalid, Forbidden. */
    readonly reason: string;
    /** The kind of object that the error is about, in the plural. */
    readonly subject: string | undefined;

    constructor(code: number, body: Properties | undefined, fallback: string) {
        super(stringAt(body, "message") || fallback);
        this.code = code;
        this.reason = stringAt(body, "reason") ?? "";
        this.subject = stringAt(body, "details", "kind");
    }
}

/** There is no API server to be reached under the provider's configuration. */
export class UnreachableError extends Error {
    constructor(reason: string) {
        super(`configured Kubernetes cluster is unreachable: ${reason}`);
    }
}

interface Request {
    query?: { [name: string]: string | undefined };
    body?: Properties | unknown[];
    contentType?: string;
    signal?: AbortSignal | undefined;
}

const REQUEST_TIMEOUT = 60_000;

/** A client for the cluster of one kubeconfig and context. It reads neither before the first request. */
export class Client {
    readonly #kubeconfig: Kubeconfig;
    readonly #context: string | undefined;
    #connection: Promise<{ server: string; options: https.RequestOptions }> | undefined;
    #version: Promise<{ major: number; minor: number }> | undefined;

    constructor(kubeconfig: Kubeconfig, context: string | undefined) {
        this.#kubeconfig = kubeconfig;
        this.#context = context;
    }

    /** The object at a place, undefined where there is none. */
    async find(place: Place, signal?: AbortSignal): Promise<Properties | undefined> {
        try {
            return await this.get(place, signal);
        } catch (error) {
            if (isNotFound(error)) {
                return undefined;
            }
            throw error;
        }
    }

    get(place: Place, signal?: AbortSignal): Promise<Properties> {
        return this.#send("GET", pathOf(place), { signal });
    }

    /** All objects of a kind in a namespace that carry the labels. */
    async list(
        place: Place,
        labelSelector: string | undefined,
        signal?: AbortSignal,
    ): Promise<Properties[]> {
        const list = await this.#send("GET", pathOf(place), { query: { labelSelector }, signal });
        return arrayAt(list, "items") as Properties[];
    }

    create(
        place: Place,
        body: Properties,
        { fieldManager, dryRun }: { fieldManager: string; dryRun: boolean },
    ): Promise<Properties> {
        return this.#send("POST", pathOf({ ...place, name: undefined }), {
            body,
            query: { fieldManager, dryRun: dryRun ? "All" : undefined },
        });
    }

    /** Server-side apply. */
    apply(
        place: Place,
        body: Properties,
        { fieldManager, force, dryRun }: { fieldManager: string; force: boolean; dryRun: boolean },
    ): Promise<Properties> {
        return this.#send("PATCH", pathOf(place), {
            body,
            contentType: "application/apply-patch+yaml",
            query: { fieldManager, force: String(force), dryRun: dryRun ? "All" : undefined },
        });
    }

    /** A JSON patch, RFC 6902. */
    patch(place: Place, operations: unknown[]): Promise<Properties> {
        return this.#send("PATCH", pathOf(place), {
            body: operations,
            contentType: "application/json-patch+json",
        });
    }

    async delete(place: Place, propagationPolicy: string): Promise<void> {
        await this.#send("DELETE", pathOf(place), {
            body: { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy },
        });
    }

    /** The server's version, asked for once. */
    version(): Promise<{ major: number; minor: number }> {
        this.#version ??= this.#send("GET", "/version", {}).then((version) => ({
            major: Number.parseInt(stringAt(version, "major") ?? "0", 10),
            minor: Number.parseInt(stringAt(version, "minor") ?? "0", 10),
        }));
        return this.#version;
    }

    async #send(
        method: string,
        path: string,
        { query = {}, body, contentType = "application/json", signal }: Request,
    ): Promise<Properties> {
        this.#connection ??= this.#connect();
        const { server, options } = await this.#connection;
        const url = new URL(server.replace(/\/$/, "") + path);
        for (const [name, value] of Object.entries(query)) {
            if (value !== undefined) {
                url.searchParams.set(name, value);
            }
        }
        // JSON is YAML, too, and leaves no doubt about what is a string.
        const payload = body === undefined ? undefined : JSON.stringify(body);
        const headers: http.OutgoingHttpHeaders = {};
        Object.assign(headers, options.headers, { accept: "application/json" });
        if (payload !== undefined) {
            headers["content-type"] = contentType;
            headers["content-length"] = Buffer.byteLength(payload);
        }
        const request = { ...options, method, headers, ...(signal ? { signal } : {}) };
        const { status, text } = await exchange(url, payload, request);
        const answer = parseJson(text);
        if (status >= 400 || answer === undefined) {
            throw new ApiError(
                status,
                answer,
                `${method} ${path} was answered with ${status}: ${text}`,
            );
        }
        return answer;
    }

    /** Reads the kubeconfig with the official client, which knows all the ways to authenticate; it is loaded when needed. */
    async #connect(): Promise<{ server: string; options: https.RequestOptions }> {
        const { KubeConfig } = await import("@kubernetes/client-node/dist/config.js");
        const config = new KubeConfig();
        try {
            load(config, this.#kubeconfig);
            if (this.#context) {
                config.setCurrentContext(this.#context);
            }
        } catch (error) {
            throw new UnreachableError(
                `the kubeconfig cannot be read: ${(error as Error).message}`,
            );
        }
        const cluster = config.getCurrentCluster();
        if (!cluster) {
            throw new UnreachableError(
                `the kubeconfig has no context ${JSON.stringify(config.getCurrentContext() || this.#context || "")}`,
            );
        }
        const options: https.RequestOptions = { timeout: REQUEST_TIMEOUT };
        try {
            await config.applyToHTTPSOptions(options);
        } catch (error) {
            throw new UnreachableError((error as Error).message);
        }
        if (!cluster.proxyUrl) {
            // The official client's agent makes a connection, with a TLS handshake, for each request.
            const { ca, cert, key, rejectUnauthorized, servername } = options;
            const secure = { ca, cert, key, rejectUnauthorized, servername, keepAlive: true };
            options.agent = cluster.server.startsWith("https:")
                ? new https.Agent(secure)
                : new http.Agent({ keepAlive: true });
        }
        return { server: cluster.server, options };
    }
}

/** The place of an object of one of the known kinds. */
export function placeOf(kind: Kind, object: Properties): Place {
    return {
        apiVersion: kind.apiVersion,
        plural: kind.plural,
        namespace: kind.namespaced
            ? (stringAt(object, "metadata", "namespace") ?? "default")
            : undefined,
        name: stringAt(object, "metadata", "name"),
    };
}

/** Whether an error says that an object is not there. */
export function isNotFound(error: unknown): boolean {
    return error instanceof ApiError && error.code === 404;
}

/** Whether an error says that the namespace of an object is not there. */
export function isNamespaceMissing(error: unknown): boolean {
    return error instanceof ApiError && error.code === 404 && error.subject === "namespaces";
}

function pathOf({ apiVersion, plural, namespace, name }: Place): string {
    const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const parts = [
        ...(namespace === undefined ? [] : ["namespaces", namespace]),
        plural,
        ...(name === undefined ? [] : [name]),
    ];
    return [group, ...parts.map(encodeURIComponent)].join("/");
}

function load(config: KubeConfig, { text, file }: Kubeconfig): void {
    if (file !== undefined) {
        config.loadFromFile(file);
    } else if (text.includes("\n") || text.startsWith("{")) {
        config.loadFromString(text);
    } else {
        throw new Error(text ? `there is no file ${text}` : "there is none");
    }
}

function parseJson(text: string): Properties | undefined {
    try {
        return JSON.parse(text) as Properties;
    } catch {
        return undefined;
    }
}

function exchange(
    url: URL,
    payload: string | undefined,
    options: https.RequestOptions,
): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
        const { request } = url.protocol === "https:" ? https : http;
        const sent = request(url, options, (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.on("error", reject);
            response.on("end", () =>
                resolve({
                    status: response.statusCode ?? 0,
                    text: Buffer.concat(chunks).toString("utf8"),
                }),
            );
        });
        sent.on("timeout", () =>
            sent.destroy(new Error(`no answer within ${REQUEST_TIMEOUT / 1000} s`)),
        );
        sent.on("error", (error: NodeJS.ErrnoException) => {
            if (sent.reusedSocket && error.code === "ECONNRESET") {
                // The server closed an idle connection just when we took it up again.
                exchange(url, payload, options).then(resolve, reject);
            } else if (error.name === "AbortError") {
                reject(error);
            } else {
                reject(new UnreachableError(`${url.origin}: ${error.message || error.code}`));
            }
        });
        sent.end(payload);
    });
}
