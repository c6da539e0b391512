import { randomBytes } from "node:crypto";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { BACKEND, FRONTEND, type Fault, type Trial } from "./trial.ts";
import { ROUNDS } from "./form.ts";

const BACKEND_SOURCE = "docker/backend/src/habit_tracker";

/** Within so many seconds an update that cannot work has to say so. */
const FAILS_WITHIN = 120;

/** For that the default is too long: it leaves five minutes to slow machines, builds not included. */
const ROLLOUT_TIMEOUT = 60;

const uids = async (trial: Trial, app: string) =>
    (await trial.pods(app)).map(({ metadata }) => metadata.uid);

/** A change that rolls one tier and leaves the other one alone, some times in a row. */
function rolling(
    app: string,
    by: string,
    change: (trial: Trial, round: number) => Promise<unknown>,
): Fault {
    const other = app === BACKEND ? FRONTEND : BACKEND;
    return {
        title: `${app}: rolling update by ${by}, ${ROUNDS} times`,
        bar: { failed: 0, backendRestarts: 0, commands: 0 },
        inject: async (trial) => {
            const bystanders = await uids(trial, other);
            for (let round = 1; round <= ROUNDS; round += 1) {
                const before = await uids(trial, app);
                await change(trial, round);
                await trial.up();
                expect(await uids(trial, app)).not.to.have.members(before);
            }
            expect(await uids(trial, other)).to.have.members(bystanders);
            trial.over();
        },
    };
}

const appendTo = (file: string) => (trial: Trial) =>
    appendFile(join(trial.installation.folder, file), `# ${randomBytes(8).toString("hex")}\n`);

/** Changes a file for as long as a task takes. */
async function withChanged<T>(
    trial: Trial,
    file: string,
    change: (text: string) => string,
    task: () => Promise<T>,
): Promise<T> {
    const path = join(trial.installation.folder, file);
    const text = await readFile(path, "utf8");
    await writeFile(path, change(text));
    try {
        return await task();
    } finally {
        await writeFile(path, text);
    }
}

/** A version of the backend that does not come up: the update fails in time and says why; the next good one mends it. */
function failing(
    title: string,
    file: string,
    change: (text: string) => string,
    says: readonly string[],
): Fault {
    return {
        title,
        bar: { failed: 0, commands: 0 },
        prepare: (installation) =>
            installation.shell(`pulumi config set rolloutTimeoutSeconds ${ROLLOUT_TIMEOUT}`),
        restore: (installation) =>
            installation.shell(
                "pulumi config rm rolloutTimeoutSeconds && pulumi up --yes --skip-preview",
            ),
        inject: async (trial) => {
            const before = await uids(trial, BACKEND);
            const start = Date.now();
            const output = await withChanged(trial, file, change, () =>
                trial.installation.failing("npm run up -- --yes"),
            );
            const seconds = (Date.now() - start) / 1000;
            trial.note(
                `the update failed after ${Math.round(seconds)} s, with rolloutTimeoutSeconds ${ROLLOUT_TIMEOUT}`,
            );
            trial.over();
            expect(await uids(trial, BACKEND)).to.include.members(before);
            await trial.up();
            expect(await trial.installation.shell("pulumi up --yes --skip-preview")).to.match(
                /Resources:\s+\d+ unchanged/,
            );
            expect(seconds).to.be.lessThan(FAILS_WITHIN);
            for (const words of says) {
                expect(output).to.contain(words);
            }
        },
    };
}

const LAST_WORDS = "this version is broken for the fault suite";

/** A version that runs and is never ready, because its database misses something. */
export const unready = failing(
    "image whose readiness never comes",
    `${BACKEND_SOURCE}/api/routes/health.py`,
    (text) =>
        text.replace(
            "async def _check_ready(services: Services) -> None:",
            `$&\n    print("${LAST_WORDS}", flush=True)\n    raise unavailable("${LAST_WORDS}")`,
        ),
    [LAST_WORDS],
);

export const ROLLOUTS: readonly Fault[] = [
    rolling(BACKEND, "source", appendTo(`${BACKEND_SOURCE}/main.py`)),
    rolling(BACKEND, "config", (trial, round) =>
        trial.installation.shell(`pulumi config set geminiModel model-${round}`),
    ),
    rolling(BACKEND, "secret", (trial) =>
        trial.installation.shell("pulumi config set --secret geminiApiKey", {
            input: randomBytes(16).toString("hex"),
        }),
    ),
    rolling(FRONTEND, "source", appendTo("docker/frontend/public/robots.txt")),
    // another name of the same Service, by turns
    rolling(FRONTEND, "config", ({ installation }, round) =>
        installation.shell(
            round % 2 === 1
                ? `pulumi config set apiUrl http://${BACKEND}.${installation.namespace}:8000`
                : "pulumi config rm apiUrl",
        ),
    ),
    failing(
        "image that cannot be built",
        "docker/backend/Dockerfile",
        (text) => `${text}RUN echo "${LAST_WORDS}" && false\n`,
        [LAST_WORDS],
    ),
    failing(
        "image that starts and dies",
        `${BACKEND_SOURCE}/server.py`,
        (text) => text.replace("import os\n", `$&\nraise SystemExit("${LAST_WORDS}")\n`),
        [LAST_WORDS],
    ),
    unready,
];
