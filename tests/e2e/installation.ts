import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import { inspectEngine, startEngine } from "../../scripts/engine.ts";
import { chooseHost } from "../../scripts/host.ts";
import { type Supply, usedSupply } from "../../scripts/supply.ts";

/** The working tree that the tests are run in. */
export const REPOSITORY = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A Minikube profile of the test's own, so that a developer's is never touched. */
export const PROFILE = "habit-tracker-e2e";
export const NAMESPACE = "habit-tracker-e2e";

/** Where an installation's stack is: in a profile that is deleted before and after. */
export interface Place {
    profile: string;
    namespace: string;
}

/** A copy of the working tree with a stack of its own, used as a person would use a clone. */
export class Installation implements Place {
    readonly folder: string;
    readonly profile: string;
    readonly namespace: string;

    private constructor(folder: string, place: Place) {
        this.folder = folder;
        this.profile = place.profile;
        this.namespace = place.namespace;
    }

    /** Copies the working tree; its installed packages are shared. */
    static async make(
        place: Place = { profile: PROFILE, namespace: NAMESPACE },
    ): Promise<Installation> {
        const folder = await mkdtemp(join(tmpdir(), `${place.profile}-`));
        // -p keeps the times, by which `npm run` knows that the packages are installed
        await execa({
            shell: true,
            cwd: REPOSITORY,
        })`git ls-files -z --cached --others --exclude-standard | xargs -0 cp -p --parents -t ${folder}`;
        // a clone is a repository: `npm run conformance` looks at what git would keep
        await execa("git", ["init", "--quiet", folder]);
        await symlink(join(REPOSITORY, "node_modules"), join(folder, "node_modules"));
        // what a run left behind that was killed
        const { supply } = await chooseHost(
            folder,
            { context: place.profile, isMinikube: true },
            undefined,
        );
        await deleteProfile(place.profile, supply);
        await writeFile(join(folder, "Pulumi.local.yaml"), "config: {}\n");
        const installation = new Installation(folder, place);
        await installation.set({ minikubeProfile: place.profile, namespace: place.namespace });
        return installation;
    }

    /** Changes the stack's file. */
    private async edit(
        change: (config: Record<string, unknown>) => Record<string, unknown>,
    ): Promise<void> {
        const file = join(this.folder, "Pulumi.local.yaml");
        const stack = parse(await readFile(file, "utf8")) as { config: Record<string, unknown> };
        await writeFile(file, stringify({ ...stack, config: change(stack.config) }));
    }

    /**
     * Remembers all settings of the stack, secrets included.
     *
     * @returns puts them back
     */
    async rememberSettings(): Promise<() => Promise<void>> {
        const file = join(this.folder, "Pulumi.local.yaml");
        const text = await readFile(file, "utf8");
        return () => writeFile(file, text);
    }

    /** Sets plain settings in the stack's file; a list is given as JSON. */
    async set(settings: Record<string, string>): Promise<void> {
        const added = Object.entries(settings).map(([key, value]) => [
            `habit-tracker:${key}`,
            value.startsWith("[") ? (JSON.parse(value) as unknown) : value,
        ]);
        await this.edit((config) => ({
            ...config,
            ...(Object.fromEntries(added) as Record<string, unknown>),
        }));
    }

    /** Takes settings out of the stack's file. */
    async unset(keys: readonly string[]): Promise<void> {
        const gone = keys.map((key) => `habit-tracker:${key}`);
        await this.edit((config) =>
            Object.fromEntries(Object.entries(config).filter(([key]) => !gone.includes(key))),
        );
    }

    /** Makes another stack with these plain settings, and leaves the first one selected. */
    async addStack(name: string, settings: Record<string, string | number>): Promise<void> {
        const config = Object.entries(settings).map(([key, value]) => [
            `habit-tracker:${key}`,
            value,
        ]);
        await writeFile(
            join(this.folder, `Pulumi.${name}.yaml`),
            stringify({ config: Object.fromEntries(config) as object }),
        );
        await this.shell(`pulumi stack init ${name} --no-select`);
    }

    /** Runs an npm script to its end; what it prints goes to the test's output too. */
    async npm(...args: string[]): Promise<string> {
        const { all } = await execa("npm", ["run", ...args], {
            cwd: this.folder,
            all: true,
            stdin: "ignore",
            stdout: ["pipe", "inherit"],
            stderr: ["pipe", "inherit"],
        });
        return all;
    }

    /** Runs a command in a shell that sourced what `npm run up` wrote for it. */
    async shell(
        command: string,
        options: { input?: string; reject?: boolean; env?: Record<string, string> } = {},
    ): Promise<string> {
        const { stdout, all } = await execa("bash", ["-c", `source .local/env && ${command}`], {
            cwd: this.folder,
            all: true,
            ...options,
        });
        return options.reject === false ? all : stdout;
    }

    /** Runs a command that has to fail; what it printed. */
    async failing(command: string): Promise<string> {
        const { exitCode, all } = await execa("bash", ["-c", `source .local/env && ${command}`], {
            cwd: this.folder,
            all: true,
            reject: false,
        });
        if (exitCode === 0) {
            throw new Error(`${command} was to fail, and did not:\n${all}`);
        }
        return all;
    }

    /** Runs kubectl; `input` goes to its standard input. What it prints, errors among it where they are expected. */
    async kubectl(
        args: string,
        options: { input?: string; reject?: boolean } = {},
    ): Promise<string> {
        // by a pipe, as in a person's shell: what execa hands over is a socket, which /dev/stdin does not open
        const pipe = options.input === undefined ? "" : "cat | ";
        return this.shell(
            `${pipe}minikube -p ${this.profile} kubectl -- --context ${this.profile} ${args}`,
            options,
        );
    }

    /** Makes objects. */
    async apply(objects: readonly object[]): Promise<void> {
        const input = objects.map((object) => stringify(object)).join("---\n");
        await this.kubectl("apply -f -", { input });
    }

    /** What `kubectl get` says of objects in the stack's namespace. */
    async get<Item>(kind: string): Promise<Item[]> {
        const json = await this.kubectl(`get ${kind} -n ${this.namespace} -o json`);
        return (JSON.parse(json) as { items: Item[] }).items;
    }

    /** Runs a command on the node. */
    async node(command: string): Promise<string> {
        return this.shell(`minikube -p ${this.profile} ssh -- "$COMMAND"`, {
            env: { COMMAND: command },
        });
    }

    /** The name and UID of a tier's pod, which a rollout changes. */
    async pods(app: string): Promise<string[]> {
        const pods = await this.get<{ metadata: { uid: string; deletionTimestamp?: string } }>(
            `pods -l app=${app}`,
        );
        return pods
            .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
            .map(({ metadata }) => metadata.uid);
    }

    /** Takes Minikube and the copy away, also after a failure. */
    async remove(): Promise<void> {
        await deleteProfile(this.profile, await usedSupply(this.folder));
        await rm(this.folder, { recursive: true });
    }
}

async function deleteProfile(profile: string, { folders }: Supply): Promise<void> {
    // without one, Minikube would forget the profile and leave its volume, on which no new one starts
    if ((await inspectEngine()).state !== "answers") {
        await startEngine((line) => console.log(line));
    }
    const path = [process.env["PATH"] ?? "", ...folders];
    await execa("minikube", ["delete", "-p", profile], {
        env: { PATH: path.join(delimiter) },
        reject: false,
    });
}
