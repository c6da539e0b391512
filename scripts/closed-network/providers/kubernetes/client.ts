/** The API server, as far as the stand-in needs it. */
import type { Agent } from "node:https";
import fetch, { Headers, type RequestInit, type Response } from "node-fetch";
import { type Properties, stringAt } from "../values.ts";
import type { Kind } from "./objects.ts";

/** An answer of the API server that is an error. */
export class ApiError extends Error {
    /** The HTTP status. */
    readonly code: number;

    constructor(code: number, message: string) {
        super(message);
        this.code = code;
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
    /** Of a PATCH: a list is an RFC 6902 patch, an object a server-side apply. */
    body?: unknown;
    signal?: AbortSignal;
}

/** In milliseconds. */
const REQUEST_TIMEOUT = 60_000;

/** A client for the cluster of a context in a kubeconfig file, by default the user's. It reads neither before the first request. */
export class Client {
    readonly #load: () => ReturnType<typeof load>;
    #loaded: ReturnType<typeof load> | undefined;

    constructor(file: string | undefined, context: string) {
        this.#load = () => (this.#loaded ??= load(file, context));
    }

    /** @throws ApiError, UnreachableError, or an AbortError where the signal says so */
    async send(method: string, path: string, request: Request = {}): Promise<Properties> {
        const { query = {}, body, signal } = request;
        const { server, options } = await this.#load();
        const url = new URL(server.replace(/\/$/, "") + path);
        url.search = new URLSearchParams(query).toString();
        let response: Response;
        try {
            const headers = new Headers(options.headers);
            // an apply is in YAML, as which JSON passes
            const patch = Array.isArray(body) ? "json-patch+json" : "apply-patch+yaml";
            headers.set("content-type", `application/${method === "PATCH" ? patch : "json"}`);
            response = await fetch(url, {
                ...{ ...options, headers, method, timeout: REQUEST_TIMEOUT },
                body: JSON.stringify(body),
                signal: signal as RequestInit["signal"],
            });
        } catch (error) {
            const { name, message } = error as Error;
            throw name === "AbortError" ? error : new UnreachableError(`${url.origin}: ${message}`);
        }
        // whatever is no JSON is none of the API server's answers
        const answer = (await response.json().catch(() => undefined)) as Properties | undefined;
        if (!response.ok || answer === undefined) {
            const fallback = `${method} ${path} was answered with ${response.status}`;
            throw new ApiError(response.status, stringAt(answer, "message") || fallback);
        }
        return answer;
    }

    /** What the API server answers about an object, undefined where there is none. */
    find(path: string, signal: AbortSignal, method = "GET"): Promise<Properties | undefined> {
        const query = method === "DELETE" ? { propagationPolicy: "Foreground" } : {};
        return this.send(method, path, { signal, query }).catch((error: unknown) => {
            if (error instanceof ApiError && error.code === 404) {
                return undefined;
            }
            throw error;
        });
    }
}

/** The path in URLs of an object, or without a name of all of its kind in its namespace. */
export function placeOf(kind: Pick<Kind, "apiVersion" | "plural">, object: Properties): string {
    const { apiVersion, plural } = kind;
    const namespace = stringAt(object, "metadata", "namespace");
    const name = stringAt(object, "metadata", "name");
    const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const within = namespace && `namespaces/${namespace}`;
    return [group, within, plural, name].filter(Boolean).join("/");
}

/** Reads the kubeconfig with the official client, which knows all the ways to authenticate; it is loaded when needed. */
async function load(file: string | undefined, context: string) {
    const { KubeConfig } = await import("@kubernetes/client-node/dist/config.js");
    const config = new KubeConfig();
    let options: RequestInit;
    try {
        if (file === undefined) {
            config.loadFromDefault();
        } else {
            config.loadFromFile(file);
        }
        config.setCurrentContext(context);
        options = await config.applyToFetchOptions({});
    } catch (error) {
        throw new UnreachableError(`the kubeconfig cannot be used: ${(error as Error).message}`);
    }
    const cluster = config.getCurrentCluster();
    if (!cluster) {
        throw new UnreachableError(`the kubeconfig has no context ${JSON.stringify(context)}`);
    }
    // else each request has a TLS handshake of its own; idle connections end before the API server ends them, after 90 s
    const agent = options.agent as Agent;
    agent.options.timeout = 30_000;
    Object.assign(agent, { keepAlive: true });
    return { server: cluster.server, options };
}
