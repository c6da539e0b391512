import { execa } from "execa";
import { installGoTools } from "../tools.ts";

/** Requests a second, and for how many seconds: what the pods have to bear inside the seed's limits. */
export const RATE = 50;
export const SECONDS = 60;
/** Milliseconds within which 99 of 100 have to be answered. */
export const GOAL_P99 = 250;

/** One request of the mix. */
export interface Request {
    method: string;
    path: string;
    /** Whose. */
    cookie: string;
}

/** What the clients saw: counts, and latencies in milliseconds. */
export interface LoadReport {
    requests: number;
    /** Answers by status; 0 is no answer. */
    statuses: Record<string, number>;
    p50: number;
    p95: number;
    p99: number;
}

/** The most memory that a tier has used, and what it may use, in bytes. */
export interface MemoryUse {
    tier: string;
    used: number;
    limit: number;
}

export const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20);

/** What of a load was not as it has to be; nothing where all was. */
export function shortcomings(report: LoadReport, memory: readonly MemoryUse[]): string[] {
    const { requests, statuses, p99 } = report;
    const { "200": good = 0 } = statuses;
    return [
        ...(requests === RATE * SECONDS ? [] : [`${requests} of ${RATE * SECONDS} were sent`]),
        ...(good === requests ? [] : [`${requests - good} were not answered with 200`]),
        ...(p99 < GOAL_P99 ? [] : [`99 of 100 take up to ${p99} ms, not ${GOAL_P99}`]),
        // at its limit a container is killed, and its next one has used little; both are no peak
        ...memory
            .filter(({ used, limit }) => !(used > 0 && used < limit))
            .map(
                ({ tier, used, limit }) =>
                    `${tier}: ${mebibytes(used)} MiB of memory, and ${mebibytes(limit)} are allowed`,
            ),
    ];
}

/** Sends the requests in turn to this host at a constant rate, whatever the answers do. */
export async function putUnderLoad(url: string, requests: readonly Request[]): Promise<LoadReport> {
    if (new URL(url).hostname !== "127.0.0.1") {
        throw new Error("load goes to 127.0.0.1 only");
    }
    const { vegeta } = await installGoTools();
    const targets = requests.map(({ method, path, cookie }) =>
        JSON.stringify({
            method,
            url: `${url}${path}`,
            header: { Cookie: [cookie], Origin: [url], "Content-Type": ["application/json"] },
        }),
    );
    const { stdout } = await execa({
        shell: true,
        input: targets.join("\n"),
    })`${vegeta} attack -format=json -rate=${RATE} -duration=${SECONDS}s -timeout=10s | ${vegeta} report -type=json`;
    const report = JSON.parse(stdout) as {
        requests: number;
        status_codes: Record<string, number>;
        latencies: Record<"50th" | "95th" | "99th", number>;
    };
    const milliseconds = (nanoseconds: number) => Math.round(nanoseconds / 1e5) / 10;
    return {
        requests: report.requests,
        statuses: report.status_codes,
        p50: milliseconds(report.latencies["50th"]),
        p95: milliseconds(report.latencies["95th"]),
        p99: milliseconds(report.latencies["99th"]),
    };
}
