import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { send } from "./http";

const KEEP_ALIVE_CLIENTS = 6;
const NEW_CONNECTION_CLIENTS = 2;
const REQUESTS = [
    { path: "/", method: "GET" },
    { path: "/api/v1/me", method: "GET" },
    { path: "/api/v1/habits/h1/checkins/2026-11-23", method: "PUT" },
] as const;

/** Clients that ask again and again: some on one connection for as long as it lasts, some on a new one each time. */
export function startLoad(origin: string) {
    let count = 0;
    const failures: string[] = [];
    let running = true;

    async function client(number: number) {
        const agent =
            number < KEEP_ALIVE_CLIENTS
                ? new Agent({ keepAlive: true, maxSockets: 1 })
                : new Agent({ keepAlive: false });
        for (let turn = number; running; turn += 1) {
            const { path, method } = REQUESTS[turn % REQUESTS.length] ?? REQUESTS[0];
            try {
                const { status } = await send(origin, path, { method, agent, headers: { origin } });
                if (status === 200) count += 1;
                else failures.push(`${method} ${path}: ${status}`);
            } catch (error) {
                failures.push(`${method} ${path}: ${error}`);
            }
            await sleep(turn % 10);
        }
        agent.destroy();
    }

    const clients = Array.from(
        { length: KEEP_ALIVE_CLIENTS + NEW_CONNECTION_CLIENTS },
        (_, number) => client(number),
    );
    return {
        failures,
        /** Waits until so many more requests were answered, or one failed. */
        answered: async (more: number) => {
            const enough = count + more;
            while (count < enough && failures.length === 0) await sleep(10);
        },
        /** Resolves to how many requests were answered in all. */
        stop: async () => {
            running = false;
            await Promise.all(clients);
            return count;
        },
    };
}
