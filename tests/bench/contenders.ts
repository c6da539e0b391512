// Ways to bring the product to what its sources and settings say, to be timed beside each other in one Minikube.
import { randomUUID } from "node:crypto";
import { appendFile, cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { parseEnv } from "node:util";
import { type Installation, REPOSITORY } from "../e2e/installation.ts";
import { installGoTools } from "../tools.ts";

/** What somebody changes between two deployments. */
export type Change = "backend line" | "frontend line" | "setting" | "secret";

const LINES = {
    "backend line": { file: "docker/backend/src/habit_tracker/main.py", sign: "#" },
    "frontend line": { file: "docker/frontend/src/app/layout.tsx", sign: "//" },
} as const;

/** Adds a line to a source that nobody has built before: a layer's cache would take a second one for the first. */
async function addLine(folder: string, change: keyof typeof LINES): Promise<void> {
    const { file, sign } = LINES[change];
    await appendFile(join(folder, file), `${sign} ${randomUUID()}\n`);
}

/** One way to deploy the product, with sources, a namespace and settings of its own. */
export interface Contender {
    name: string;
    /** What it is, in the page that the figures are written into. */
    description: string;
    /** Brings all to what the sources and settings say, and waits until both tiers have rolled out. */
    deploy: () => Promise<void>;
    /** Says what {@link deploy} would change. */
    preview?: () => Promise<void>;
    destroy?: () => Promise<void>;
    change: (change: Change) => Promise<void>;
    /** Sets settings by the names that the program and the chart share. */
    set: (settings: Readonly<Record<string, string>>) => Promise<void>;
    /** Where its sources are. */
    folder: string;
    remove: () => Promise<void>;
}

/** The program, by `pulumi up`. */
export function program(installation: Installation): Contender {
    const { folder } = installation;
    const pulumi = async (args: string) => {
        await installation.shell(`pulumi ${args}`);
    };
    return {
        name: "`pulumi up`",
        description: "this program, by `pulumi up --yes --skip-preview`",
        folder,
        deploy: () => pulumi("up --yes --skip-preview"),
        preview: () => pulumi("preview"),
        destroy: () => pulumi("destroy --yes --skip-preview --run-program"),
        set: (settings) => installation.set(settings),
        change: async (change) => {
            if (change === "secret") {
                await pulumi(`config set --secret geminiApiKey ${randomUUID()}`);
            } else if (change === "setting") {
                await installation.set({ geminiModel: `model-${randomUUID()}` });
            } else {
                await addLine(folder, change);
            }
        },
        remove: () => Promise.resolve(),
    };
}

/** The same stack, by `npm run up`. */
export function command(installation: Installation): Contender {
    const { folder, set, change, remove } = program(installation);
    return {
        ...{ folder, set, change, remove },
        name: "`npm run up`",
        description: "the same, by `npm run up -- --yes`",
        deploy: async () => {
            await installation.npm("up", "--", "--yes");
        },
    };
}

/** What those share that build with `docker build` into Minikube's daemon: a copy of the sources, and a shell. */
class Builder {
    readonly folder: string;
    readonly #env: Record<string, string>;
    readonly #bases: Record<Tier, string>;

    private constructor(folder: string, env: Record<string, string>, bases: Record<Tier, string>) {
        this.folder = folder;
        this.#env = env;
        this.#bases = bases;
    }

    static async make(installation: Installation): Promise<Builder> {
        const folder = await mkdtemp(join(tmpdir(), "habit-tracker-bench-"));
        await cp(join(installation.folder, "docker"), join(folder, "docker"), {
            recursive: true,
            filter: (path) => !/node_modules|\.next$/.test(path),
        });
        const said = await installation.shell(
            `minikube -p ${installation.profile} docker-env --shell bash`,
        );
        const path = await installation.shell('printf %s "$PATH"');
        const base = (tier: Tier) => installation.shell(`pulumi config get ${tier}BaseImage`);
        const env = parseEnv(said) as Record<string, string>;
        return new Builder(
            folder,
            { ...env, PATH: path },
            { backend: await base("backend"), frontend: await base("frontend") },
        );
    }

    /** Runs a command line, whose words are the array's. */
    async run(...[program = "", ...args]: string[]): Promise<string> {
        const { stdout } = await execa(program, args, { cwd: this.folder, env: this.#env });
        return stdout;
    }

    /** Builds both images; each gets its ID for a tag, as identities go into a pod's template. */
    async build(): Promise<Record<Tier, string>> {
        const build = async (tier: Tier) => {
            const base = `BASE_IMAGE=${this.#bases[tier]}`;
            const id = await this.run(
                "docker",
                "build",
                "-q",
                "--build-arg",
                base,
                `docker/${tier}`,
            );
            const tag = id.trim().slice(-12);
            await this.run("docker", "tag", id.trim(), `${IMAGE}-${tier}:${tag}`);
            return tag;
        };
        return { backend: await build("backend"), frontend: await build("frontend") };
    }

    async remove(): Promise<void> {
        await rm(this.folder, { recursive: true });
    }
}

const TIERS = ["backend", "frontend"] as const;
type Tier = (typeof TIERS)[number];
const IMAGE = "bench";
const CHART = join(REPOSITORY, "helm", "habit-tracker");

const options = (values: Readonly<Record<string, string>>) =>
    Object.entries(values).flatMap(([key, value]) => [
        value.startsWith("[") ? "--set-json" : "--set",
        `${key}=${value}`,
    ]);

/** The values with which the chart stands in a namespace of its own beside the program's stack. */
const chartValues = (databaseImage: string, nodePort: number) => ({
    databaseImage: databaseImage.trim(),
    frontendNodePort: String(nodePort),
    backendImageName: `${IMAGE}-backend`,
    frontendImageName: `${IMAGE}-frontend`,
});

const configured = (change: "setting" | "secret"): Record<string, string> =>
    change === "setting"
        ? { geminiModel: `model-${randomUUID()}` }
        : { geminiApiKey: randomUUID() };

/** The chart that is made from the program, with `docker build` before it. */
export async function chart(installation: Installation): Promise<Contender> {
    const { helm } = await installGoTools();
    const builder = await Builder.make(installation);
    const namespace = "bench-helm";
    const place = ["--kube-context", installation.profile, "--namespace", namespace];
    const values: Record<string, string> = chartValues(
        await installation.shell("pulumi config get databaseImage"),
        30082,
    );
    const upgrade = async (...more: string[]) => {
        await builder.run(
            ...[helm, "upgrade", "--install", "habit-tracker", CHART, ...place],
            ...["--create-namespace", ...options(values), ...more],
        );
    };
    return {
        name: "Helm",
        description:
            "`docker build` of both tiers and `helm upgrade --install --wait` of this repository's chart, which has the same objects",
        folder: builder.folder,
        deploy: async () => {
            const tags = await builder.build();
            values["backendImageTag"] = tags.backend;
            values["frontendImageTag"] = tags.frontend;
            await upgrade("--wait", "--timeout", "10m");
        },
        preview: () => upgrade("--dry-run=server"),
        destroy: async () => {
            await builder.run(helm, "uninstall", "habit-tracker", ...place, "--wait");
            await builder.run(
                ...["kubectl", "--context", installation.profile, "-n", namespace],
                ...["delete", "pvc", "--all"],
            );
        },
        set: (settings) => Promise.resolve(void Object.assign(values, settings)),
        change: async (change) => {
            if (change === "setting" || change === "secret") {
                Object.assign(values, configured(change));
            } else {
                await addLine(builder.folder, change);
            }
        },
        remove: () => builder.remove(),
    };
}

/** The least that has to happen: both images, and a rollout of what changed. */
export async function limit(installation: Installation): Promise<Contender> {
    const { helm } = await installGoTools();
    const builder = await Builder.make(installation);
    const namespace = "bench-limit";
    const kubectl = (...args: string[]) =>
        builder.run("kubectl", "--context", installation.profile, "-n", namespace, ...args);
    const deployment = (tier: Tier) => `deployment/habit-tracker-${tier}`;
    const rolledOut = async () => {
        for (const tier of TIERS) {
            await kubectl("rollout", "status", deployment(tier), "--timeout=10m");
        }
    };
    const patch = (object: string, data: object) =>
        kubectl("patch", object, "--type=merge", `--patch=${JSON.stringify({ data })}`);
    const running: Partial<Record<Tier, string>> = {};
    /** Changed entries of the ConfigMap or the Secret, which the next deployment brings in. */
    let pending: { object: string; data: object }[] = [];
    return {
        name: "limit",
        description:
            "`docker build` of both tiers, `kubectl set image` or `kubectl rollout restart` of the one that changed, `kubectl rollout status`; its objects are not looked at",
        folder: builder.folder,
        deploy: async () => {
            const tags = await builder.build();
            if (running.backend === undefined) {
                const values = {
                    ...chartValues(
                        await installation.shell("pulumi config get databaseImage"),
                        30083,
                    ),
                    backendImageTag: tags.backend,
                    frontendImageTag: tags.frontend,
                };
                const file = join(builder.folder, "objects");
                await builder.run(
                    ...[helm, "template", "habit-tracker", CHART, "--namespace", namespace],
                    ...["--output-dir", file, ...options(values)],
                );
                await builder.run(
                    ...["kubectl", "--context", installation.profile, "create", "ns", namespace],
                );
                await kubectl("apply", "--recursive", "-f", file);
            }
            for (const tier of TIERS) {
                if (running[tier] !== undefined && running[tier] !== tags[tier]) {
                    const image = `${tier}=${IMAGE}-${tier}:${tags[tier]}`;
                    await kubectl("set", "image", deployment(tier), image);
                }
            }
            Object.assign(running, tags);
            for (const { object, data } of pending) {
                await patch(object, data);
                await kubectl("rollout", "restart", deployment("backend"));
            }
            pending = [];
            await rolledOut();
        },
        set: () => Promise.resolve(),
        change: async (change) => {
            if (change === "setting") {
                const data = { GEMINI_MODEL: `model-${randomUUID()}` };
                pending.push({ object: "configmap/habit-tracker-config", data });
            } else if (change === "secret") {
                const data = { GEMINI_API_KEY: Buffer.from(randomUUID()).toString("base64") };
                pending.push({ object: "secret/habit-tracker-secrets", data });
            } else {
                await addLine(builder.folder, change);
            }
        },
        remove: () => builder.remove(),
    };
}
