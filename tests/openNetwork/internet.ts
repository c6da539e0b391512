import { readFile, rm } from "node:fs/promises";
import {
    type IncomingMessage,
    type RequestListener,
    type Server,
    type ServerResponse,
    createServer,
} from "node:http";
import { type Server as TlsServer, createServer as createTlsServer } from "node:https";
import { type Socket, connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";

/** The hosts that a newcomer's programs ask. */
export const NAMES = [
    "github.com",
    "api.github.com",
    "objects.githubusercontent.com",
    "release-assets.githubusercontent.com",
    "get.pulumi.com",
    "api.pulumi.com",
    "dl.k8s.io",
    "storage.googleapis.com",
    "registry-1.docker.io",
    "registry.k8s.io",
    "portal.example",
];

/** Answers one request. */
export type Page = (request: IncomingMessage, response: ServerResponse) => void;

/** A page that is there. */
export const content =
    (body: Buffer | string): Page =>
    (_, response) =>
        response.writeHead(200, { "Content-Length": Buffer.byteLength(body) }).end(body);

/** A page that is elsewhere. */
export const redirect =
    (location: string): Page =>
    (_, response) =>
        response.writeHead(302, { Location: location }).end();

/** A page with this status, in HTML. */
export const page =
    (status: number, text: string): Page =>
    (_, response) =>
        response
            .writeHead(status, { "Content-Type": "text/html" })
            .end(`<!doctype html><title>${text}</title><p>${text}</p>`);

/** A connection that ends after this share of the content. */
export const brokenOff =
    (body: Buffer, share = 0.5): Page =>
    (request, response) => {
        response.writeHead(200, { "Content-Length": body.length });
        const part = body.subarray(0, Math.floor(body.length * share));
        response.write(part, () => request.socket.destroy());
    };

/** A page that waits, and then comes in ten pieces. */
export const slow =
    (body: Buffer, firstSeconds: number, seconds: number): Page =>
    (_, response) => {
        const drip = async () => {
            response.writeHead(200, { "Content-Length": body.length });
            await sleep(firstSeconds * 1000);
            const size = Math.ceil(body.length / 10);
            for (let start = 0; start < body.length && !response.destroyed; start += size) {
                response.write(body.subarray(start, start + size));
                await sleep(seconds * 100);
            }
            response.end();
        };
        void drip();
    };

/** How a proxy answers instead of opening a way out. */
export interface Refusal {
    status: number;
    reason: string;
}

/** A key and a certificate, as PEM. */
interface Identity {
    key: Buffer;
    cert: Buffer;
}

/** Makes a certificate for all of the names, signed by an authority of the test's own or by itself. */
async function certify(folder: string, name: string, authority?: string): Promise<Identity> {
    const file = (ending: string) => join(folder, `${name}.${ending}`);
    const names = NAMES.map((host) => `DNS:${host}`).join(",");
    const signer =
        authority === undefined
            ? []
            : [
                  ...["-CA", join(folder, `${authority}.pem`)],
                  ...["-CAkey", join(folder, `${authority}.key`)],
                  ...["-addext", "basicConstraints=critical,CA:FALSE"],
              ];
    await execa("openssl", [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
        ...["-days", "2", "-subj", `/CN=habit tracker rehearsal ${name}`],
        ...["-keyout", file("key"), "-out", file("pem"), "-addext", `subjectAltName=${names}`],
        ...signer,
    ]);
    return { key: await readFile(file("key")), cert: await readFile(file("pem")) };
}

/**
 * What stands for the Internet: TLS and plain servers on an address of the loopback interface, under the names of the real
 * hosts. Who asks is led there by the hosts file of a {@link Newcomer}, or by a {@link Proxy}.
 */
export class Internet {
    static readonly ADDRESS = "127.81.0.1";
    /** Where nothing answers. */
    static readonly NOWHERE = "127.81.0.2";

    /** The certificate of the authority that signs for it, to trust. */
    readonly authority: string;
    /** What is there, by URL. */
    readonly pages = new Map<string, Page>();
    /** What is there instead, for a while: the page for a URL, or undefined where nothing is wrong with it. */
    fault: (url: string) => Page | undefined = () => undefined;
    /** The URLs that were asked for. */
    asked: string[] = [];
    private readonly folder: string;
    private readonly trusted: Identity;
    private readonly untrusted: Identity;
    private readonly servers: [TlsServer, Server];

    private constructor(folder: string, trusted: Identity, untrusted: Identity) {
        this.folder = folder;
        this.authority = join(folder, "authority.pem");
        this.trusted = trusted;
        this.untrusted = untrusted;
        this.servers = [
            createTlsServer(trusted, this.listener("https")),
            createServer(this.listener("http")),
        ];
    }

    /** Starts it; its keys are in the folder, which it takes away in the end. */
    static async start(folder: string): Promise<Internet> {
        await certify(folder, "authority");
        const trusted = await certify(folder, "trusted", "authority");
        const internet = new Internet(folder, trusted, await certify(folder, "untrusted"));
        for (const [index, server] of internet.servers.entries()) {
            await listening(server, Internet.ADDRESS, index === 0 ? 443 : 80);
        }
        return internet;
    }

    private listener(scheme: string): RequestListener {
        return (request, response) => {
            const url = `${scheme}://${request.headers.host}${request.url}`;
            this.asked.push(url);
            const answer = this.fault(url) ?? this.pages.get(url) ?? page(404, "Not Found");
            answer(request, response);
        };
    }

    /** Whether the certificates that it shows are those of its authority, or of nobody. */
    set isTrusted(trusted: boolean) {
        this.servers[0].setSecureContext(trusted ? this.trusted : this.untrusted);
    }

    /** Mends all that was wrong with it. */
    mend(): void {
        this.fault = () => undefined;
        this.isTrusted = true;
        this.asked = [];
    }

    async stop(): Promise<void> {
        for (const server of this.servers) {
            server.closeAllConnections();
            await new Promise((closed) => server.close(closed));
        }
        await rm(this.folder, { recursive: true });
    }
}

const listening = (server: Server | TlsServer, address: string, port: number) =>
    new Promise<void>((resolve, reject) => {
        server.once("error", reject).listen(port, address, resolve);
    });

/** A proxy for TLS (CONNECT), as companies have them, that leads to the {@link Internet} and nowhere else. */
export class Proxy {
    /** What it answers instead of a way out, by host. */
    refuses: (host: string) => Refusal | undefined = () => undefined;
    /** The hosts that it led to. */
    led: string[] = [];
    private readonly sockets = new Set<Socket>();
    private readonly server = createServer((_, response) => response.writeHead(501).end());

    private constructor(login: string | undefined) {
        const expected =
            login && `Basic ${Buffer.from(decodeURIComponent(login)).toString("base64")}`;
        this.server.on("connect", (request, client: Socket) => {
            const [host = "", port] = (request.url ?? "").split(":");
            const refusal: Refusal | undefined =
                expected && request.headers["proxy-authorization"] !== expected
                    ? { status: 407, reason: "Proxy Authentication Required" }
                    : this.refuses(host);
            client.on("error", () => client.destroy());
            if (refusal !== undefined) {
                client.end(
                    `HTTP/1.1 ${refusal.status} ${refusal.reason}\r\nContent-Type: text/html\r\n` +
                        `Proxy-Authenticate: Basic realm="company"\r\n\r\n<p>${refusal.reason}</p>`,
                );
                return;
            }
            this.led.push(host);
            const target = connect(Number(port), Internet.ADDRESS, () =>
                client.write("HTTP/1.1 200 Connection established\r\n\r\n"),
            );
            for (const socket of [client, target]) {
                this.sockets.add(socket);
                socket.on("close", () => this.sockets.delete(socket));
            }
            target.on("error", () => client.destroy());
            client.pipe(target).pipe(client);
        });
    }

    /**
     * Opens one.
     *
     * @param login `USER:PASSWORD` that it asks for, as in a URL; undefined means nothing
     */
    static async start(login?: string): Promise<Proxy> {
        const proxy = new Proxy(login);
        await listening(proxy.server, "127.0.0.1", 0);
        return proxy;
    }

    /** Its URL, with a login where one is given. */
    url(login?: string): string {
        const address = this.server.address();
        const port = typeof address === "object" ? address?.port : undefined;
        return `http://${login === undefined ? "" : `${login}@`}127.0.0.1:${port}`;
    }

    async stop(): Promise<void> {
        this.sockets.forEach((socket) => socket.destroy());
        this.server.closeAllConnections();
        await new Promise((closed) => this.server.close(closed));
    }
}
