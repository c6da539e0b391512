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
    body?: object;
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

/** Sends the requests in turn to this host at a constant rate, whatever the answers do. */
export async function putUnderLoad(
    url: string,
    cookie: string,
    requests: readonly Request[],
): Promise<LoadReport> {
    if (new URL(url).hostname !== "127.0.0.1") {
        throw new Error("load goes to 127.0.0.1 only");
    }
    const { vegeta } = await installGoTools();
    const targets = requests.map(({ method, path, body }) =>
        JSON.stringify({
            method,
            url: `${url}${path}`,
            header: { Cookie: [cookie], Origin: [url], "Content-Type": ["application/json"] },
            ...(body === undefined
                ? {}
                : { body: Buffer.from(JSON.stringify(body)).toString("base64") }),
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
