import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { within } from "../../scripts/within.ts";

/** Requests a second, all together: enough to meet every moment of a rollout. */
const RATE = 20;
/** After so many seconds without an answer a client gives up. */
const PATIENCE = 20;

/** One request of the traffic. */
export interface Call {
    url: string;
    /** GET when left out. */
    method?: "PUT";
    headers?: Record<string, string>;
    body?: object;
    /** Hears of a 2xx: from now on, the server has promised that it did this. */
    acknowledged?: () => void;
}

/** What became of a request; both times in milliseconds since the epoch. */
export interface Outcome {
    sentAt: number;
    /** When its answer was there, or it had failed; undefined until then. */
    answeredAt?: number;
    /** What a client would see fail; undefined for a good answer. */
    failure?: string;
}

/**
 * Light traffic to the product on this host while something changes: at a constant rate whatever the answers take, over
 * connections that are kept alive, as a browser's are.
 */
export class Traffic {
    /** In the order of sending. */
    readonly outcomes: Outcome[] = [];
    private readonly calls: readonly (() => Call)[];
    private readonly seconds: number;
    private stopped = false;
    private readonly loop: Promise<void>;

    /**
     * @param calls what is sent in turn: an address to read, or what makes the next request to one
     * @param seconds a bound, whatever the test does
     */
    constructor(calls: readonly (string | (() => Call))[], seconds = 600) {
        this.calls = calls.map((call) => (typeof call === "string" ? () => ({ url: call }) : call));
        this.seconds = seconds;
        this.loop = this.run();
    }

    /** How many requests were sent. */
    get sent(): number {
        return this.outcomes.length;
    }

    /** The requests that failed, each with its reason. */
    get failures(): string[] {
        return this.outcomes.flatMap(({ failure }) => failure ?? []);
    }

    private async run(): Promise<void> {
        const answers: Promise<void>[] = [];
        const start = Date.now();
        for (let n = 0; !this.stopped && n < this.seconds * RATE; n += 1) {
            const call = this.calls[n % this.calls.length];
            if (call !== undefined) {
                answers.push(this.send(call()));
            }
            // by the clock: a timer that is late makes no request later than itself
            await sleep(start + ((n + 1) * 1000) / RATE - Date.now());
        }
        await Promise.all(answers);
    }

    private async send(call: Call): Promise<void> {
        if (new URL(call.url).hostname !== "127.0.0.1") {
            throw new Error("traffic goes to 127.0.0.1 only");
        }
        const outcome: Outcome = { sentAt: Date.now() };
        this.outcomes.push(outcome);
        const failure = await this.failureOf(call);
        outcome.answeredAt = Date.now();
        if (failure !== undefined) {
            outcome.failure = failure;
        }
    }

    private async failureOf(call: Call): Promise<string | undefined> {
        const { url, method = "GET", headers = {}, body, acknowledged } = call;
        try {
            return await within(PATIENCE, async (signal) => {
                const response = await fetch(url, {
                    method,
                    headers: { ...headers, "Content-Type": "application/json" },
                    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
                    signal,
                });
                const text = await response.text();
                if (response.ok) {
                    acknowledged?.();
                    return undefined;
                }
                // whoever is not logged in is told so: that is an answer, and the backend's own
                const isStranger = response.status === 401 && headers["Cookie"] === undefined;
                return isStranger ? undefined : `${method} ${url}: ${response.status} ${text}`;
            });
        } catch (error) {
            return `${method} ${url}: ${String((error as Error).cause ?? error)}`;
        }
    }

    /**
     * Ends it; the last answers are waited for.
     *
     * @throws when its time was up before: what happened since then met no traffic.
     */
    async stop(): Promise<void> {
        const wasOver = this.sent >= this.seconds * RATE;
        this.stopped = true;
        await this.loop;
        if (wasOver) {
            throw new Error(`the traffic ended after ${this.seconds} s, before what it was for`);
        }
    }
}

/** Does something while a client goes on asking the page at a URL and, through it, the backend: no request may fail. */
export async function withoutFailedRequests<T>(url: string, change: () => Promise<T>): Promise<T> {
    const traffic = new Traffic([url, `${url}/api/v1/me`]);
    const result = await change();
    await traffic.stop();
    console.log(`      ${traffic.sent} requests meanwhile, ${traffic.failures.length} failed`);
    expect(traffic.failures).to.deep.equal([]);
    expect(traffic.sent).to.be.greaterThan(100);
    return result;
}

/** An answer that takes longer, in milliseconds, does not mean that all is well, although nothing failed. */
const PROMPT = 3000;

/**
 * Seconds from a moment until the first prompt answer after which, in the order of sending, every one was good and prompt.
 *
 * @param now for requests that are not answered yet: those that were sent just before may still be prompt
 * @returns 0 where that holds for all that was sent since then, undefined where fewer than `enough` such answers came last.
 */
export function secondsToRecovery(
    outcomes: readonly Outcome[],
    since: number,
    enough: number,
    now = Date.now(),
): number | undefined {
    const last = outcomes.findLastIndex(
        ({ sentAt, answeredAt = now, failure }) =>
            failure !== undefined || answeredAt - sentAt > PROMPT,
    );
    const good = outcomes.slice(last + 1).flatMap(({ answeredAt }) => answeredAt ?? []);
    if (good.length < enough) {
        return undefined;
    }
    const wasHurt = (outcomes[last]?.sentAt ?? 0) >= since;
    return wasHurt ? Math.max(0, Math.min(...good) - since) / 1000 : 0;
}
