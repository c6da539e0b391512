import { setTimeout as sleep } from "node:timers/promises";

/** Requests a second, all together: enough to meet every moment of a rollout. */
const RATE = 20;
/** A bound, whatever the test does: a rollout takes less. */
const SECONDS = 600;

/** Light traffic to the product on this host while something changes; counts what a client would see fail. */
export class Traffic {
    sent = 0;
    readonly failures: string[] = [];
    private stopped = false;
    private readonly loop: Promise<void>;

    constructor(urls: readonly string[]) {
        if (urls.some((url) => new URL(url).hostname !== "127.0.0.1")) {
            throw new Error("traffic goes to 127.0.0.1 only");
        }
        this.loop = this.run(urls);
    }

    private async run(urls: readonly string[]): Promise<void> {
        const answers: Promise<void>[] = [];
        const end = Date.now() + SECONDS * 1000;
        while (!this.stopped && Date.now() < end) {
            answers.push(...urls.map((url) => this.send(url)));
            await sleep((1000 / RATE) * urls.length);
        }
        await Promise.all(answers);
    }

    private async send(url: string): Promise<void> {
        this.sent += 1;
        try {
            const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
            await response.arrayBuffer();
            // whoever is not logged in is told so: that is an answer, and the backend's own
            if (!response.ok && response.status !== 401) {
                this.failures.push(`${url}: ${response.status}`);
            }
        } catch (error) {
            this.failures.push(`${url}: ${String((error as Error).cause ?? error)}`);
        }
    }

    /** Ends it; the last answers are waited for. */
    async stop(): Promise<void> {
        this.stopped = true;
        await this.loop;
    }
}
