// A machine in a folder: a clone of this project with a home, and programs on PATH that repeat what the real ones print.
import { type Server, createServer } from "node:http";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

/** What a program does for arguments that begin so: it prints, fails, or never ends. */
export interface Answer {
    stdout?: string;
    stderr?: string;
    code?: number;
    hangs?: boolean;
}

/** Answers by the arguments' beginning; the first that fits. */
export type Answers = Record<string, Answer>;

export const STACK_ID = "6e435169-2b4f-4c68-b2f5-a5386a98d9da";

// What Minikube 1.38.1, kubectl 1.32.4, docker 28.2.2 and Pulumi 3.259.0 print, shortened to what is read and a little more.

export const DOCKER: Answers = {
    "--version": { stdout: "Docker version 28.2.2, build e6534b4" },
    info: { stdout: "Client:\n Version:    28.2.2" },
    version: { stdout: "20.10.24+dfsg1" },
};
export const DOCKER_STOPPED: Answers = {
    "--version": { stdout: "Docker version 28.2.2, build e6534b4" },
    "": {
        stderr: "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        code: 1,
    },
};

const profiles = (...names: string[]) =>
    JSON.stringify({
        invalid: [],
        valid: names.map((Name) => ({
            Name,
            Status: "Skipped",
            Config: {
                Name,
                Driver: "docker",
                KubernetesConfig: { KubernetesVersion: "v1.34.2", ContainerRuntime: "docker" },
                Nodes: [{ Name: "", IP: "192.168.58.2", Port: 8443, ControlPlane: true }],
                ExposedPorts: ["127.0.0.1:30080:30080"],
            },
        })),
    });
export const MINIKUBE: Answers = {
    version: { stdout: "minikube version: v1.38.1\ncommit: " },
    "status -p minikube": { stdout: "Running Running" },
    "profile list --light -o json": { stdout: profiles("minikube") },
};
export const MINIKUBE_STOPPED: Answers = {
    ...MINIKUBE,
    "status -p minikube": { stdout: "Stopped Stopped", code: 7 },
};
export const MINIKUBE_WITHOUT_PROFILE: Answers = {
    version: { stdout: "minikube version: v1.38.1\ncommit: " },
    status: {
        stdout: '* Profile "minikube" not found. Run "minikube profile list" to view all profiles.',
        code: 85,
    },
    "profile list --light -o json": { stdout: profiles() },
};

const metadata = (name: string, component: string, labels = {}) => ({
    ...{ name, generation: 1 },
    labels: { app: `habit-tracker-${component}`, component, ...labels },
});

/** A tier and its pod, ready or restarting. */
export function tier(component: string, state: "ready" | "crashes" = "ready"): object[] {
    const [name, image] = [`habit-tracker-${component}`, `habit-tracker-${component}:v1.0.0`];
    const ready = state === "ready";
    return [
        {
            kind: component === "database" ? "StatefulSet" : "Deployment",
            metadata: metadata(name, component, { "habit-tracker/stack": STACK_ID }),
            spec: { replicas: 1 },
            status: {
                ...{ observedGeneration: 1, replicas: 1, updatedReplicas: 1 },
                ...(ready ? { readyReplicas: 1 } : { unavailableReplicas: 1 }),
            },
        },
        {
            kind: "Pod",
            metadata: metadata(`${name}-5584b56b67-5nmz4`, component),
            spec: {
                containers: [
                    {
                        name: component,
                        image,
                        env: [{ name: "PASSWORD", value: "canary-in-a-pod" }],
                    },
                ],
            },
            status: {
                phase: "Running",
                containerStatuses: [
                    {
                        ...{ name: component, image, ready, restartCount: ready ? 0 : 4 },
                        state: ready
                            ? { running: { startedAt: "2026-11-28T01:01:09Z" } }
                            : { waiting: { reason: "CrashLoopBackOff", message: "back-off 40s" } },
                    },
                ],
            },
        },
    ];
}

export const VOLUME = {
    kind: "PersistentVolumeClaim",
    metadata: metadata("habit-tracker-database", "database"),
    status: { phase: "Bound", capacity: { storage: "1Gi" } },
};

/** kubectl in a cluster with these objects. */
export const kubectl = (...objects: object[]): Answers => ({
    "version --client": { stdout: "Client Version: v1.32.4\nKustomize Version: v5.5.0" },
    "--context minikube get --raw=/version": { stdout: '{\n  "gitVersion": "v1.34.2"\n}' },
    "--context minikube -n default get": {
        stdout: JSON.stringify({ kind: "List", items: objects }),
    },
});

/** Pulumi with a stack whose page has that URL. */
export const pulumi = (url: string, more: object = {}, outputs: object = {}): Answers => ({
    version: { stdout: "v3.259.0" },
    "stack export --stack local": {
        stdout: JSON.stringify({
            version: 3,
            deployment: {
                manifest: { time: "2026-11-28T01:03:33.054119393Z", version: "v3.259.0" },
                resources: [
                    {
                        urn: "urn:pulumi:local::habit-tracker::pulumi:pulumi:Stack::habit-tracker-local",
                        type: "pulumi:pulumi:Stack",
                        outputs: {
                            ...{ url, urlNeedsAccessCommand: false, namespace: "default" },
                            accessCommand:
                                "minikube -p minikube service habit-tracker-frontend --url",
                            secretOutput: { ciphertext: "canary-in-an-output" },
                            ...outputs,
                        },
                    },
                    {
                        urn: "urn:pulumi:local::habit-tracker::random:index/randomUuid:RandomUuid::identity-id",
                        type: "random:index/randomUuid:RandomUuid",
                        id: STACK_ID,
                    },
                    {
                        urn: "urn:pulumi:local::habit-tracker::random:index/randomPassword:RandomPassword::configuration-jwt-secret",
                        type: "random:index/randomPassword:RandomPassword",
                        id: "none",
                        outputs: { result: { plaintext: '"canary-in-the-state"' } },
                    },
                ],
                ...more,
            },
        }),
    },
    "stack export": { stderr: "error: no stack named 'other' found", code: 6 },
});
export const PULUMI_WITHOUT_STACK: Answers = {
    version: { stdout: "v3.259.0" },
    "stack export": { stderr: "error: no stack named 'local' found", code: 6 },
};

/** A word of a shell, whatever is in it. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** A page that answers. */
export async function servePage(status = 200): Promise<{ url: string; server: Server }> {
    const server = createServer((_, response) => response.writeHead(status).end("page"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, server };
}

/** The machine, with a page that answers; both are taken away by {@link Machine.remove}. */
export class Machine {
    readonly home: string;
    readonly project: string;
    /** Of the page. */
    readonly url: string;
    readonly #server: Server;
    readonly #programs: string;

    private constructor(folder: string, { url, server }: { url: string; server: Server }) {
        this.url = url;
        this.#server = server;
        this.home = join(folder, "home");
        this.project = join(folder, "clone");
        this.#programs = join(folder, "bin");
    }

    static async make(): Promise<Machine> {
        const machine = new Machine(await mkdtemp(join(tmpdir(), "machine-")), await servePage());
        const { home, project } = machine;
        await Promise.all([home, project].map((folder) => mkdir(folder)));
        for (const name of [
            "scripts",
            "components",
            "package.json",
            "Pulumi.yaml",
            "tsconfig.json",
        ]) {
            await cp(name, join(project, name), { recursive: true });
        }
        await symlink(join(process.cwd(), "node_modules"), join(project, "node_modules"));
        await machine.settings("{}");
        return machine;
    }

    /** Puts programs on PATH, in the place of those that were there. */
    async programs(programs: Record<string, Answers>): Promise<void> {
        await rm(this.#programs, { recursive: true, force: true });
        await mkdir(this.#programs);
        for (const [name, answers] of Object.entries(programs)) {
            const cases = Object.entries(answers).map(([beginning, answer]) => {
                const { stdout = "", stderr = "", code = 0, hangs = false } = answer;
                const said = `printf '%s\\n' ${quoted(stdout)}; printf '%s\\n' ${quoted(stderr)} >&2`;
                // as one process, which ends with whoever started it
                const end = hangs ? "exec /bin/sleep 60" : `exit ${code}`;
                return `${quoted(beginning)}*) ${said}; ${end};;`;
            });
            const script = [
                "#!/bin/sh",
                `echo "${name} $*" >> ${quoted(this.#calls)}`,
                `case "$*" in ${cases.join("\n")}`,
                `*) echo "unknown command: $*" >&2; exit 1;; esac`,
            ];
            const file = join(this.#programs, name);
            await writeFile(file, `${script.join("\n")}\n`);
            await chmod(file, 0o755);
        }
    }

    get #calls(): string {
        return join(this.home, "calls");
    }

    /** What was run since the last {@link Machine.clean}. */
    async calls(): Promise<string[]> {
        return (await readFile(this.#calls, "utf8").catch(() => "")).trim().split("\n");
    }

    /** The stack's file. */
    settings(text: string): Promise<void> {
        return writeFile(join(this.project, "Pulumi.local.yaml"), text);
    }

    /** Puts a file into the clone's own folder. */
    async local(name: string, text: string): Promise<void> {
        const file = join(this.project, ".local", name);
        await mkdir(join(file, ".."), { recursive: true });
        await writeFile(file, text);
    }

    /** That Pulumi has been in the clone's own backend. */
    async initialized(): Promise<void> {
        await this.local("passphrase", "canary-in-the-passphrase");
        await this.local("state/.pulumi/meta.yaml", "version: 1");
    }

    async clean(): Promise<void> {
        await rm(join(this.project, ".local"), { recursive: true, force: true });
        await rm(this.#calls, { force: true });
        await this.settings("{}");
    }

    /**
     * Starts one of the commands, with time enough for a busy machine where the command takes that. A proxy that lets nothing
     * through stands for the network.
     */
    start(command: string, args: readonly string[] = [], env: Record<string, string> = {}) {
        const script = join(this.project, "scripts", `${command}.ts`);
        const looks =
            ["doctor", "status"].includes(command) &&
            !args.some((arg) => arg.startsWith("--seconds"));
        const all = [...args, ...(looks ? ["--seconds", "25"] : [])];
        return execa(process.execPath, ["--import=tsx", script, ...all], {
            cwd: this.project,
            env: {
                ...{ PATH: this.#programs, HOME: this.home },
                HTTPS_PROXY: "http://127.0.0.1:1",
                ...env,
            },
            extendEnv: false,
            reject: false,
            timeout: 30_000,
        });
    }

    /** Runs one of the commands to its end. */
    async run(...[command, args, env]: Parameters<Machine["start"]>) {
        const { stdout, stderr, exitCode } = await this.start(command, args, env);
        return { stdout, stderr, exitCode };
    }

    remove(): Promise<void> {
        this.#server.close();
        return rm(join(this.home, ".."), { recursive: true, force: true });
    }
}
