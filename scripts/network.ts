import { Agent, type Dispatcher, EnvHttpProxyAgent, fetch } from "undici";
import { Failure } from "./failure.ts";
import { interrupts } from "./run.ts";
import { within } from "./within.ts";

/** Milliseconds that a connection may take; a firewall that drops packets says nothing at all. */
const CONNECT_TIMEOUT = 8000;

/** Seconds within which an answer has to begin; `fetch` waits for ever on a proxy that hangs up when it is asked. */
const ANSWER_SECONDS = 30;

/** What says that nobody is there: no name, no way, nobody who listens. All else is somebody's answer. */
const SILENCE = [
    ...["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH"],
    ...["ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT"],
];

/** The next command after a download that failed. */
function nextAfter(why: string, silent: boolean): string {
    if (/certificate/i.test(why)) {
        return "NODE_EXTRA_CA_CERTS=FILE npm run up, where your network has a certificate authority of its own";
    }
    if (why.includes(PROXY_ANSWERS)) {
        return "have the proxy let it through, then npm run up";
    }
    return silent
        ? "connect to the Internet (HTTPS_PROXY=http://HOST:PORT names a proxy), then npm run up"
        : "npm run up once more";
}

const PROXY_ANSWERS = "the proxy answers ";

/** What an error says, in words where its library has none. */
const said = ({ message, code }: Error & { code?: string }) =>
    message.replace(/^Proxy response \((\d+)\).*/, `${PROXY_ANSWERS}$1`) || code || "it fails";

/** The network let nothing through, or broke off on the way. */
export class Unreachable extends Failure {
    /** Nobody answered: neither the host, nor a proxy or portal in its place. */
    readonly silent: boolean;

    constructor(url: string, why: string, silent: boolean) {
        super(
            `${url} cannot be downloaded`,
            why,
            `${nextAfter(why, silent)}; or put the program on PATH yourself`,
        );
        this.silent = silent;
    }
}

/** Errors at the bottom: libraries wrap them, several attempts at once as well. */
function innermost(error: unknown): (Error & { code?: string })[] {
    const { cause, errors } = error as { cause?: unknown; errors?: unknown[] };
    if (errors !== undefined) {
        return errors.flatMap(innermost);
    }
    return cause === undefined ? [error as Error] : innermost(cause);
}

/** The variable that names the proxy for an address, and what it says; undefined where none does. */
function proxyFor(url: string): { variable: string; value: string } | undefined {
    const name = `${new URL(url).protocol.slice(0, -1)}_proxy`;
    const variable = process.env[name] ? name : name.toUpperCase();
    const value = process.env[variable];
    return value ? { variable, value } : undefined;
}

/**
 * What connects to an address: through the environment's proxy for its scheme, past it for the hosts of NO_PROXY. Node's own
 * fetch takes no notice of these variables.
 */
function dispatcherFor(url: string, direct: boolean): Dispatcher {
    const connect = { timeout: CONNECT_TIMEOUT };
    const proxy = proxyFor(url);
    if (proxy === undefined || direct) {
        return new Agent({ connect });
    }
    const { variable, value } = proxy;
    // as curl and Go read it
    const address = value.includes("://") ? value : `http://${value}`;
    try {
        return new EnvHttpProxyAgent({ httpProxy: address, httpsProxy: address, connect });
    } catch {
        // without the value: it may hold a password
        throw new Error(`${variable} is no URL of a proxy, such as http://HOST:PORT`);
    }
}

/**
 * Asks for a file.
 *
 * @param seconds for all of it
 * @param options.answer seconds within which the answer has to begin
 * @throws Unreachable
 */
async function request(
    url: string,
    seconds: number,
    { method = "GET", direct = false, answer = ANSWER_SECONDS } = {},
): Promise<Buffer> {
    try {
        return await within(seconds, async (signal) => {
            const dispatcher = dispatcherFor(url, direct);
            try {
                const response = await within(Math.min(seconds, answer), (early) =>
                    fetch(url, {
                        method,
                        signal: AbortSignal.any([signal, early, interrupts]),
                        dispatcher,
                    }),
                );
                // a filtering proxy answers with an error of its own
                if (!response.ok) {
                    throw new Error(`${response.status} ${response.statusText}`.trim());
                }
                return Buffer.from(await response.arrayBuffer());
            } finally {
                await dispatcher.destroy();
            }
        });
    } catch (error) {
        interrupts.throwIfAborted();
        const errors = innermost(error);
        throw new Unreachable(
            url,
            errors.map(said).join("; "),
            errors.every(({ code = "" }) => SILENCE.includes(code)),
        );
    }
}

/** Fetches a file. Throws Unreachable. */
export async function fetchFile(
    url: string,
    seconds: number,
    options: { answer?: number } = {},
): Promise<Buffer> {
    return request(url, seconds, options);
}

/** Why a file cannot be had, through the environment's proxy where it names one; undefined where it can. */
export async function whyUnreachable(
    url: string,
    { direct = false } = {},
): Promise<Unreachable | undefined> {
    try {
        await request(url, 20, { method: "HEAD", direct });
        return undefined;
    } catch (error) {
        if (error instanceof Unreachable) {
            return error;
        }
        throw error;
    }
}

/** Whether somebody answers at an address, whatever it is that they say. */
export async function answers(url: string): Promise<boolean> {
    if (!URL.canParse(url)) {
        return false;
    }
    // fetch takes no URL with a login
    const address = new URL(url);
    address.username = address.password = "";
    const reason = await whyUnreachable(address.href);
    return reason === undefined || !reason.silent;
}

/** Whether the environment names a proxy for an address. */
export const hasProxy = (url: string): boolean => proxyFor(url) !== undefined;
