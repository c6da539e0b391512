/** Just enough of a Kubernetes API server to answer in ways that a real one cannot be asked for on demand. */
import { createServer, type Server } from "node:http";
import { propertiesAt, type Properties, stringAt } from "../providers/values.ts";

/** A request as it came in. */
export interface Received {
    method: string;
    path: string;
    query: URLSearchParams;
    contentType: string | undefined;
    body: unknown;
}

/** An answer instead of the usual one. */
export interface Answer {
    status: number;
    body: Properties;
}

/** Keeps objects by path; `answer` may take over, and `revise` changes an object whenever it is asked for. */
export class ApiServer {
    readonly requests: Received[] = [];
    /** How many connections were made to it. */
    connections = 0;
    readonly objects = new Map<string, Properties>();
    answer: (request: Received) => Answer | undefined = () => undefined;
    revise: (object: Properties) => Properties = (object) => object;
    #version = 0;
    readonly #server: Server;

    private constructor() {
        this.#server = createServer((request, response) => {
            const chunks: Buffer[] = [];
            request.on("data", (chunk: Buffer) => chunks.push(chunk));
            request.on("end", () => {
                const url = new URL(request.url ?? "", "http://127.0.0.1");
                const text = Buffer.concat(chunks).toString();
                const received: Received = {
                    method: request.method ?? "",
                    path: url.pathname,
                    query: url.searchParams,
                    contentType: request.headers["content-type"],
                    body: text === "" ? undefined : (JSON.parse(text) as unknown),
                };
                this.requests.push(received);
                const { status, body } = this.answer(received) ?? this.#usually(received);
                response.writeHead(status, { "content-type": "application/json" });
                response.end(JSON.stringify(body));
            });
        }).on("connection", () => {
            this.connections += 1;
        });
    }

    static async start(): Promise<ApiServer> {
        const server = new ApiServer();
        await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
        return server;
    }

    stop(): void {
        this.#server.closeAllConnections();
        this.#server.close();
    }

    /** A kubeconfig for it. */
    get kubeconfig(): string {
        const address = this.#server.address();
        const port = typeof address === "object" ? address?.port : undefined;
        const cluster = { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true };
        return JSON.stringify({
            clusters: [{ name: "test", cluster }],
            users: [{ name: "test", user: {} }],
            contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
            "current-context": "test",
        });
    }

    /** The requests of a method. */
    of(method: string): Received[] {
        return this.requests.filter((request) => request.method === method);
    }

    #usually({ method, path, query, body }: Received): Answer {
        if (path === "/version") {
            return { status: 200, body: { major: "1", minor: "30" } };
        }
        const dryRun = query.has("dryRun");
        const object = this.objects.get(path);
        switch (method) {
            case "POST": {
                const place = `${path}/${stringAt(body as Properties, "metadata", "name")}`;
                return this.objects.has(place)
                    ? error(409, "AlreadyExists", "already exists")
                    : { status: 201, body: this.#keep(place, body as Properties, dryRun) };
            }
            case "GET":
                if (object) {
                    return { status: 200, body: this.revise(object) };
                }
                return this.#list(path, query.get("labelSelector") ?? "");
            case "PUT":
                return object
                    ? { status: 200, body: this.#keep(path, body as Properties, dryRun) }
                    : error(404, "NotFound", `${path} not found`);
            case "PATCH":
                if (!object) {
                    return error(404, "NotFound", `${path} not found`);
                }
                return Array.isArray(body)
                    ? { status: 200, body: object }
                    : {
                          status: 200,
                          body: this.#keep(path, { ...object, ...(body as Properties) }, dryRun),
                      };
            case "DELETE":
                this.objects.delete(path);
                return { status: 200, body: {} };
            default:
                return error(405, "MethodNotAllowed", method);
        }
    }

    /** The objects of a kind, in one namespace or in all; with a selector `LABEL=VALUE` those alone. */
    #list(path: string, selector: string): Answer {
        const kind = /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(\/namespaces\/[^/]+)?\/([a-z]+)$/.exec(
            path,
        );
        if (kind === null) {
            return error(404, "NotFound", `${path} not found`);
        }
        const [, group = "", namespace = "(/namespaces/[^/]+)?", plural = ""] = kind;
        const place = new RegExp(`^${group}${namespace}/${plural}/[^/]+$`);
        const [label = "", value] = selector.split("=");
        const items = [...this.objects]
            .filter(([at]) => place.test(at))
            .map(([, object]) => object)
            .filter(
                (object) =>
                    selector === "" || propertiesAt(object, "metadata", "labels")[label] === value,
            );
        return { status: 200, body: { kind: "List", apiVersion: "v1", items } };
    }

    #keep(path: string, object: Properties, dryRun: boolean): Properties {
        const kept = {
            ...object,
            metadata: {
                ...propertiesAt(object, "metadata"),
                uid: `uid-of-${path}`,
                resourceVersion: String(++this.#version),
                managedFields: [
                    { manager: "pulumi-kubernetes", operation: "Update", fieldsV1: {} },
                ],
            },
        };
        if (!dryRun) {
            this.objects.set(path, kept);
        }
        return kept;
    }
}

/** An error in the words of Kubernetes. */
export function error(code: number, reason: string, message: string, kind?: string): Answer {
    return {
        status: code,
        body: { kind: "Status", code, reason, message, details: { kind: kind ?? "" } },
    };
}
