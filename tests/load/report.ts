// Puts the deployed stack under the load that the seed's limits have to bear. `npm run load -- --help` says how.
import { randomBytes } from "node:crypto";
import { execa } from "execa";
import { Failure } from "../../scripts/failure.ts";
import { outputs } from "../../scripts/stack.ts";
import { runCommand } from "../../scripts/steps.ts";
import { openCluster } from "../cluster.ts";
import { GOAL_P99, RATE, SECONDS, putUnderLoad } from "./attack.ts";

const USAGE = `Sends ${RATE} requests a second for ${SECONDS} s, reads and idempotent writes, through the NodePort to the deployed stack.
Fails unless every answer is 200 and 99 of 100 come within ${GOAL_P99} ms.

    npm run load -- [--stack NAME]

    --stack NAME    the stack to put under load (default: local); it has to be published on 127.0.0.1
`;

/** Speaks to the API as the page does: one origin, the session in a cookie. */
async function call(url: string, path: string, body: object, cookie = ""): Promise<Response> {
    const answer = await fetch(`${url}/api/v1${path}`, {
        method: "POST",
        headers: { Origin: url, Cookie: cookie, "Content-Type": "application/json" },
        body: JSON.stringify(body),
    });
    if (!answer.ok) {
        throw new Failure(
            `POST ${path} answers ${answer.status}`,
            await answer.text(),
            "npm run up, then this again",
        );
    }
    return answer;
}

/** The most memory that a tier's container has used since it started, in MiB: cgroup version 2, or 1. */
const PEAK =
    "cat /sys/fs/cgroup/memory.peak /sys/fs/cgroup/memory/memory.max_usage_in_bytes 2> /dev/null || true";

async function main(options: { stack: string }): Promise<void> {
    const { stack, kubectl } = await openCluster(process.cwd(), options.stack);
    const { url = "", namespace = "" } = await outputs(stack);
    const account = { email: `load-${randomBytes(4).toString("hex")}@example.org` };
    const registered = await call(url, "/auth/register", {
        ...account,
        password: randomBytes(12).toString("hex"),
    });
    const cookie = registered.headers
        .getSetCookie()
        .map((set) => set.split(";")[0])
        .join("; ");
    const habit = (await (await call(url, "/habits", { name: "Read" }, cookie)).json()) as {
        id: string;
    };
    const today = new Date().toISOString().slice(0, 10);
    const report = await putUnderLoad(url, cookie, [
        { method: "GET", path: "/api/v1/habits" },
        { method: "GET", path: `/api/v1/habits/${habit.id}` },
        { method: "GET", path: "/api/v1/me" },
        { method: "PUT", path: `/api/v1/habits/${habit.id}/checkins/${today}` },
    ]);
    console.log(
        `${report.requests} requests: p50 ${report.p50} ms, p95 ${report.p95} ms, p99 ${report.p99} ms; by status ${JSON.stringify(report.statuses)}`,
    );
    for (const app of ["habit-tracker-backend", "habit-tracker-frontend"]) {
        const peak = await kubectl(
            ...["exec", "-n", namespace, `deployment/${app}`, "--", "sh", "-c", PEAK],
        );
        console.log(`${app}: peak memory ${Math.round(Number(peak) / 2 ** 20)} MiB`);
    }
    const { stdout } = await execa("uptime");
    console.log(`this machine: ${stdout.trim()}`);
    const isGood = Object.keys(report.statuses).every((status) => status === "200");
    process.exitCode = isGood && report.p99 < GOAL_P99 ? 0 : 1;
}

await runCommand(USAGE, {}, main);
