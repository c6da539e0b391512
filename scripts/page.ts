import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "./failure.ts";
import { interrupts } from "./run.ts";
import { within } from "./within.ts";

/** Seconds that the page may take to answer after the rollouts are done. */
const PAGE_SECONDS = 60;

/** Waits until the page answers with 200. */
export async function waitForPage(url: string): Promise<void> {
    const end = Date.now() + PAGE_SECONDS * 1000;
    let last = "";
    while (Date.now() < end) {
        interrupts.throwIfAborted();
        try {
            const response = await within(5, (signal) =>
                fetch(url, { signal: AbortSignal.any([signal, interrupts]) }),
            );
            if (response.ok) {
                return;
            }
            last = `it answers ${response.status}`;
        } catch (error) {
            last = String((error as Error).cause ?? error);
        }
        await sleep(500);
    }
    throw new Failure(
        `${url} does not answer within ${PAGE_SECONDS} s`,
        last,
        "source .local/env && $(pulumi stack output accessCommand)",
    );
}
