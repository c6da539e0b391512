// Puts the deployed stack under the load that the seed's limits have to bear. `npm run load -- --help` says how.
import { randomBytes } from "node:crypto";
import { execa } from "execa";
import { quantity } from "../../components/settings.ts";
import { Failure } from "../../scripts/failure.ts";
import { outputs } from "../../scripts/stack.ts";
import { runCommand } from "../../scripts/steps.ts";
import { openCluster } from "../cluster.ts";
import { peakMemory } from "../memory.ts";
import {
    GOAL_P99,
    RATE,
    type Request,
    SECONDS,
    mebibytes,
    putUnderLoad,
    shortcomings,
} from "./attack.ts";

/** People at once, each with so many habits, each with so many days checked off. */
const ACCOUNTS = 5;
const HABITS = 10;
const DAYS = 30;
const DAY = 24 * 60 * 60 * 1000;

const USAGE = `Sends ${RATE} requests a second for ${SECONDS} s, reads and idempotent writes of ${ACCOUNTS} people with ${HABITS} habits each,
through the NodePort to the deployed stack. Fails unless all were sent, every answer is 200, 99 of 100 come within
${GOAL_P99} ms, and each tier's memory has stayed below its limit.

    npm run load -- [--stack NAME]

    --stack NAME    the stack to put under load (default: local); it has to be published on 127.0.0.1
`;

/** Speaks to the API as the page does: one origin, the session in a cookie. */
async function call(
    url: string,
    [method, path]: readonly ["POST" | "PUT", string],
    body?: object,
    cookie = "",
): Promise<Response> {
    const answer = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: { Origin: url, Cookie: cookie, "Content-Type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) {
        throw new Failure(
            `${method} ${path} answers ${answer.status}`,
            await answer.text(),
            "npm run up, then this again",
        );
    }
    return answer;
}

const day = (ago: number) => new Date(Date.now() - ago * DAY).toISOString().slice(0, 10);

/** A new person with habits and days checked off; what that person's page then asks for, and one write. */
async function makePerson(url: string): Promise<Request[]> {
    const registered = await call(url, ["POST", "/auth/register"], {
        email: `load-${randomBytes(4).toString("hex")}@example.org`,
        password: randomBytes(12).toString("hex"),
    });
    const cookie = registered.headers
        .getSetCookie()
        .map((set) => set.split(";")[0])
        .join("; ");
    const ids: string[] = [];
    for (let n = 0; n < HABITS; n += 1) {
        const made = await call(url, ["POST", "/habits"], { name: `Habit ${n}` }, cookie);
        const { id } = (await made.json()) as { id: string };
        ids.push(id);
        for (let ago = 0; ago < DAYS; ago += 1) {
            await call(url, ["PUT", `/habits/${id}/checkins/${day(ago)}`], undefined, cookie);
        }
    }
    return ids.flatMap((id) => [
        { method: "GET", path: "/api/v1/habits", cookie },
        { method: "GET", path: `/api/v1/habits/${id}`, cookie },
        { method: "GET", path: "/api/v1/me", cookie },
        { method: "PUT", path: `/api/v1/habits/${id}/checkins/${day(0)}`, cookie },
    ]);
}

async function main(options: { stack: string }): Promise<void> {
    const { stack, kubectl, config: readConfig } = await openCluster(process.cwd(), options.stack);
    const { url = "", namespace = "" } = await outputs(stack);
    const config = await readConfig();
    const people: Request[][] = [];
    for (let n = 0; n < ACCOUNTS; n += 1) {
        people.push(await makePerson(url));
    }
    const report = await putUnderLoad(url, people.flat());
    console.log(
        `${report.requests} requests: p50 ${report.p50} ms, p95 ${report.p95} ms, p99 ${report.p99} ms; by status ${JSON.stringify(report.statuses)}`,
    );
    const memory = [];
    for (const tier of ["backend", "frontend"]) {
        const used = await peakMemory(kubectl, namespace, `deployment/habit-tracker-${tier}`);
        const limit = quantity(config[`${tier}MemoryLimit`]?.value ?? "");
        memory.push({ tier, used, limit });
        console.log(`${tier}: peak memory ${mebibytes(used)} of ${mebibytes(limit)} MiB`);
    }
    const { stdout } = await execa("uptime");
    console.log(`this machine: ${stdout.trim()}`);
    for (const shortcoming of shortcomings(report, memory)) {
        console.error(shortcoming);
        process.exitCode = 1;
    }
}

await runCommand(USAGE, {}, main);
