import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { chown, copyFile, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { parse } from "yaml";
import type { RawConfig } from "../components/settings.ts";
import { stackEnvironment } from "./environment.ts";
import { Failure, indent } from "./failure.ts";
import { type Host, inspectHost } from "./host.ts";
import type { Step } from "./manifests.ts";
import type { Place } from "./place.ts";
import { CutOff, type Listener, run, stopIfInterrupted } from "./run.ts";
import { readStackFile, requireStackFile, stackFileName } from "./stackFile.ts";
import { type Supply, foreignSettings, usedSupply } from "./supply.ts";

/** A stack of the program in `project`, run with a given environment. */
export interface Stack {
    name: string;
    project: string;
    env: Record<string, string>;
    /** Hears Pulumi's output, a line at a time. */
    listener: Listener;
}

/** The stack with what its backend needs: the user's login and passphrase, or this clone's own. */
export async function openStack(
    project: string,
    name: string,
    env: Record<string, string>,
): Promise<Stack> {
    await requireStackFile(project, name);
    const own = await stackEnvironment(project, name, process.env);
    return { name, project, env: { ...env, ...own }, listener: () => undefined };
}

/** Opens a stack where `npm run up` has been. Throws a Failure where the tools are missing. */
export async function openInstalled(
    project: string,
    name: string,
): Promise<{ place: Place; host: Host; stack: Stack }> {
    const place = await placeOf(project, name);
    const host = await inspectHost(project, place, await usedSupply(project));
    if (host.missing.length > 0) {
        throw new Failure(
            `${host.missing.map((tool) => tool.name).join(" and ")} cannot be found`,
            "Without the tools, a stack can be neither read nor taken away.",
            "npm run up, which gets them and brings the stack up, then this again; or put them on PATH yourself",
        );
    }
    // a newer version of this program may want others
    await host.supply.installPlugins();
    return { place, host, stack: await openStack(project, name, host.env) };
}

/**
 * Runs Pulumi's command. Its Automation API would do the same, and costs the user a second of every command: measured
 * 2026-11-28 on an unchanged stack, its `up` took 5.5 to 6.9 s, the command 4.8 to 5.6 s; loading it alone is 0.4 s, and its `up`
 * asks for the version, the outputs twice and the history besides. A secret's value it hands over as an argument.
 */
async function pulumi(
    stack: Stack,
    args: readonly string[],
    input?: string,
): Promise<{ code: number; all: string }> {
    return run("pulumi", [...args, "--non-interactive", "--color=never"], {
        cwd: stack.project,
        env: stack.env,
        listener: stack.listener,
        input,
    });
}

/** The next command after what Pulumi said. */
function nextAfter(said: string, { env }: Stack): string {
    const again = "then the same command again";
    if (/PULUMI_ACCESS_TOKEN must be set|invalid access token|\[401\]/i.test(said)) {
        return `pulumi login ${env["PULUMI_BACKEND_URL"]}, ${again}`;
    }
    if (/incorrect passphrase/.test(said)) {
        return `export PULUMI_CONFIG_PASSPHRASE_FILE=FILE, with the passphrase that encrypted the stack's secrets in it, ${again}`;
    }
    return `put right what the lines above name, ${again}`;
}

async function mustPulumi(stack: Stack, args: readonly string[], input?: string): Promise<string> {
    const { code, all } = await pulumi(stack, args, input);
    if (code !== 0) {
        throw new Failure(`pulumi ${args.join(" ")} failed`, indent(all), nextAfter(all, stack));
    }
    return all;
}

/** The stack's own settings, as its file has them: a secret is an object. Throws a Failure where it cannot be read. */
export async function ownSettings(project: string, stack: string): Promise<[string, unknown][]> {
    const { config = {} } = (await readStackFile(project, stack)) ?? {};
    return Object.entries(config).map(([key, value]) => [key.replace(/^[\w-]+:/, ""), value]);
}

/** The stack's own plain settings; secrets are left out. */
export async function plainSettings(
    project: string,
    stack: string,
): Promise<Record<string, string>> {
    const own = await ownSettings(project, stack);
    return Object.fromEntries(
        own
            .filter(([, value]) => typeof value !== "object")
            .map(([key, value]) => [key, String(value)]),
    );
}

/** Whether the stack itself sets a setting, plain or secret. */
export async function setsItself(project: string, stack: string, key: string): Promise<boolean> {
    return (await ownSettings(project, stack)).some(([own]) => own === key);
}

/** A setting's value: the stack's, else the default of Pulumi.yaml. */
export async function setting(project: string, stack: string, key: string): Promise<string> {
    const own = (await plainSettings(project, stack))[key];
    if (own !== undefined) {
        return own;
    }
    return (await defaultSettings(project))[key] ?? "";
}

/** The defaults of Pulumi.yaml as the program gets them: texts, and JSON for lists. */
export async function defaultSettings(project: string): Promise<Record<string, string>> {
    const { config } = parse(await readFile(join(project, "Pulumi.yaml"), "utf8")) as {
        config: Record<string, { default?: unknown }>;
    };
    return Object.fromEntries(
        Object.entries(config)
            .filter(([key]) => !key.includes(":"))
            .map(([key, { default: value = "" }]) => [
                key,
                typeof value === "string" ? value : JSON.stringify(value),
            ]),
    );
}

/**
 * All settings of a stack, its secrets in plain text: for checks, and to be shown to nobody.
 *
 * @throws Failure where there is no such stack, or where the secrets cannot be decrypted
 */
export async function decryptedSettings(stack: Stack): Promise<RawConfig> {
    const { stdout, stderr, exitCode } = await execa(
        "pulumi",
        ["config", "--json", "--show-secrets", "--stack", stack.name, "--non-interactive"],
        { cwd: stack.project, env: stack.env, reject: false },
    );
    if (exitCode !== 0) {
        throw /no stack named/.test(stderr)
            ? new Failure(
                  `There is no stack ${stack.name}`,
                  "Settings belong to a stack, and are encrypted with its key.",
                  "the same command with --stack NAME (pulumi stack ls), or with --create, which makes it as npm run up would",
              )
            : new Failure(
                  `The settings of the stack ${stack.name} cannot be read`,
                  indent(stderr),
                  nextAfter(stderr, stack),
              );
    }
    const own = JSON.parse(stdout) as Record<string, { value?: string; secret: boolean }>;
    const entries = Object.entries(own)
        .filter(([key]) => key.startsWith(PREFIX))
        .map(([key, entry]) => [key.slice(PREFIX.length), entry] as const);
    return {
        values: {
            ...(await defaultSettings(stack.project)),
            ...Object.fromEntries(entries.map(([key, { value = "" }]) => [key, value])),
        },
        isEncrypted: (key) => entries.some(([name, { secret }]) => name === key && secret),
    };
}

/**
 * Sets settings of a stack, all or none: in a copy of its file, which takes the file's place once they all are in it. A process
 * that is killed on the way leaves at most that copy. Values go over Pulumi's standard input: everybody may see the arguments of
 * a program, and `pulumi config set-all` takes values from nowhere else.
 *
 * @param encrypted the keys whose values are stored encrypted
 */
export async function setSettings(
    stack: Stack,
    values: Readonly<Record<string, string>>,
    encrypted: readonly string[],
): Promise<void> {
    if (Object.keys(values).length === 0) {
        return;
    }
    const name = stackFileName(stack.name);
    const named = join(stack.project, name);
    // a link stays one
    const file = existsSync(named) ? await realpath(named) : named;
    const content = () => (existsSync(file) ? readFile(file, "utf8") : undefined);
    const before = await content();
    // git ignores the name; Pulumi takes no other ending
    const copy = join(dirname(file), `.${name.replace(/yaml$/, `${randomUUID()}.yaml`)}`);
    try {
        if (before !== undefined) {
            await copyFile(file, copy);
            const { uid, gid } = await stat(file);
            // root may do that, and nobody else has to
            await chown(copy, uid, gid).catch(() => undefined);
        }
        for (const [key, value] of Object.entries(values)) {
            const form = encrypted.includes(key) ? "--secret" : "--plaintext";
            const options = ["--stack", stack.name, "--config-file", copy];
            await mustPulumi(stack, ["config", "set", form, key, ...options], value);
        }
        if ((await content()) !== before) {
            throw new Failure(
                `${name} was changed by another program meanwhile`,
                "What that did would be lost. Nothing was set.",
                "the same command again",
            );
        }
        await rename(copy, file);
    } catch (error) {
        await rm(copy, { force: true });
        throw error instanceof CutOff
            ? new Failure(error.what, "Nothing was set.", "the same command again")
            : error;
    }
}

/** What the names of the program's settings begin with in Pulumi's configuration. */
const PREFIX = "habit-tracker:";

/** The cluster that a stack's settings lead to. */
export async function placeOf(project: string, stack: string): Promise<Place> {
    const context = await setting(project, stack, "kubeContext");
    return context === ""
        ? { context: await setting(project, stack, "minikubeProfile"), isMinikube: true }
        : { context, isMinikube: false };
}

/** Makes the stack where there is none yet, and selects it. */
export async function selectStack(stack: Stack): Promise<void> {
    await mustPulumi(stack, ["stack", "select", stack.name, "--create"]);
}

/**
 * Sets the settings that a supply needs where the stack does not set them itself, and takes back what another supply had set.
 * A stack that has been up without them stays without: its cluster has the images that it was built on.
 *
 * @param hasData whether there is a database already: it keeps its image, whose PostgreSQL wrote the data
 */
export async function applySettings(stack: Stack, supply: Supply, hasData: boolean): Promise<void> {
    const mayChange = (key: string) => !hasData || key !== "databaseImage";
    const own = await plainSettings(stack.project, stack.name);
    const foreign = Object.entries(foreignSettings(supply))
        .filter(([key, value]) => own[key] === value && mayChange(key))
        .map(([key]) => key);
    if (foreign.length > 0) {
        await mustPulumi(stack, ["config", "rm-all", "--stack", stack.name, ...foreign]);
    }
    const needed = Object.entries(supply.settings).filter(
        ([key]) => own[key] === undefined && mayChange(key),
    );
    if (needed.length > 0 && belongings(await readState(stack)).id === undefined) {
        await mustPulumi(stack, [
            ...["config", "set-all", "--stack", stack.name],
            ...needed.flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]),
        ]);
    }
}

interface PendingOperation {
    type: string;
    resource: {
        urn: string;
        type: string;
        inputs?: { metadata?: { name?: string; namespace?: string } };
    };
}

/**
 * The ID that an object got whose creation was cut off. Names are fixed, so it is known: `namespace/name`, or the name
 * alone for what is in no namespace. Undefined for what is not Kubernetes' and can simply be made again.
 */
export function pendingId({ resource }: PendingOperation): string | undefined {
    const { name, namespace } = resource.inputs?.metadata ?? {};
    if (!resource.type.startsWith("kubernetes:") || name === undefined) {
        return undefined;
    }
    return namespace === undefined ? name : `${namespace}/${name}`;
}

/** A process that holds a lock of the stack. */
export interface LockHolder {
    host: string;
    pid: number;
}

/** Who holds the stack's locks, as Pulumi's message names them. */
export function lockHolders(text: string): LockHolder[] {
    const [, locks = ""] = text.split("the stack is currently locked by");
    return [...locks.matchAll(/created by .*@(\S+) \(pid (\d+)\)/g)].map(([, host = "", pid]) => ({
        host,
        pid: Number(pid),
    }));
}

const isRunning = (pid: number) => {
    try {
        return process.kill(pid, 0);
    } catch (error) {
        return (error as NodeJS.ErrnoException).code === "EPERM";
    }
};

/** Whether somebody may still work under a lock: on another host, nobody here can know. */
export const isHeld = ({ host, pid }: LockHolder) => host !== hostname() || isRunning(pid);

/**
 * Brings a stack back whose last operation was killed: a lock that nobody holds any more is taken away, and objects
 * whose creation was cut off are looked up and taken into the state instead of failing as "already exists".
 *
 * @returns whether there was anything to do, so that the operation is worth another try.
 */
async function recover(stack: Stack, output: string): Promise<boolean> {
    const holders = lockHolders(output);
    const holder = holders.find(isHeld);
    if (holder !== undefined) {
        const { host, pid } = holder;
        const elsewhere = host === hostname() ? "" : ` on ${host}`;
        throw new Failure(
            `Another pulumi (process ${pid}${elsewhere}) is working on the stack "${stack.name}"`,
            "Two updates at once would spoil each other.",
            elsewhere === ""
                ? "wait until it ends, then run this again"
                : `wait until it ends, then run this again; where it was killed: pulumi cancel --stack ${stack.name}`,
        );
    }
    if (holders.length > 0) {
        await mustPulumi(stack, ["cancel", "--yes", "--stack", stack.name]);
    }
    return (await recoverPending(stack)) || holders.length > 0;
}

interface StateResource {
    urn: string;
    type: string;
    id?: string;
    outputs?: Record<string, unknown>;
}

/** A stack's state as `pulumi stack export` writes it, as far as it matters here. */
export interface State {
    deployment?: {
        resources?: StateResource[];
        pending_operations?: PendingOperation[];
    };
}

/**
 * The state with creations that were cut off taken for done, so that a refresh of these resources finds out: what is
 * not there leaves the state again. `pulumi refresh --import-pending-creates` promises that and just forgets them (3.259).
 *
 * @returns also their URNs; undefined where there are none.
 */
export function adoptPending(state: State): { state: State; urns: string[] } | undefined {
    const { deployment = {} } = state;
    const pending = deployment.pending_operations ?? [];
    if (!pending.some(({ type }) => type === "creating")) {
        return undefined;
    }
    const adopted = pending.flatMap((operation) => {
        const id = operation.type === "creating" ? pendingId(operation) : undefined;
        return id === undefined ? [] : [{ ...operation.resource, id }];
    });
    return {
        state: {
            ...state,
            deployment: {
                ...deployment,
                resources: [...(deployment.resources ?? []), ...adopted],
                pending_operations: pending.filter(({ type }) => type !== "creating"),
            },
        },
        urns: adopted.map(({ urn }) => urn),
    };
}

/**
 * What Pulumi answers in JSON: standard output alone, which nobody hears.
 *
 * @throws Failure where it cannot
 */
async function ask(stack: Stack, what: string, args: readonly string[]): Promise<unknown> {
    const { stdout, stderr, exitCode } = await execa(
        "pulumi",
        [...args, "--stack", stack.name, "--non-interactive"],
        { cwd: stack.project, env: stack.env, reject: false },
    );
    await stopIfInterrupted();
    if (exitCode !== 0) {
        throw new Failure(
            `The ${what} of the stack ${stack.name} cannot be read`,
            indent(stderr),
            nextAfter(stderr, stack),
        );
    }
    return JSON.parse(stdout);
}

/** The stack's state, secrets encrypted. Throws a Failure where it cannot be read. */
export async function readState(stack: Stack): Promise<State> {
    return (await ask(stack, "state", ["stack", "export"])) as State;
}

/**
 * The key that signs the sessions of a stack which generated it, in plain text: to be compared, and shown to nobody. Undefined
 * where the stack has none: it was never up, or jwtSecret was set when it last was.
 *
 * @throws Failure where the state cannot be read
 */
export async function generatedKey(stack: Stack): Promise<string | undefined> {
    const state = (await ask(stack, "state", ["stack", "export", "--show-secrets"])) as State;
    // components/configuration.ts makes it
    const key = state.deployment?.resources?.find(({ urn }) =>
        urn.endsWith(":RandomPassword::configuration-jwt-secret"),
    );
    const result = key?.outputs?.["result"] as { plaintext: string } | undefined;
    return result && (JSON.parse(result.plaintext) as string);
}

/** Where the stack lives, and the volumes of it that a destroy removes. */
export interface Belongings {
    /** The cluster, as components/identity.ts wrote it down; undefined where nothing was. */
    home: { profile: string; authority: string } | undefined;
    /** The stack's ID, which its objects carry in the label habit-tracker/stack; undefined where there is none. */
    id: string | undefined;
    /** A destroy looks after the volumes: the state is of a version that has components/teardown.ts. */
    guarded: boolean;
    /** PersistentVolumeClaims, each `NAMESPACE/NAME`. */
    volumes: string[];
}

/** What a stack's state says of where it lives and what it has. */
export function belongings({ deployment }: State): Belongings {
    const resources = deployment?.resources ?? [];
    const identity = resources.find(({ type }) => type === "random:index/randomUuid:RandomUuid");
    return {
        home: identity?.outputs?.["keepers"] as Belongings["home"],
        id: identity?.id,
        guarded: resources.some(({ type }) => type.endsWith("teardown:removeData")),
        volumes: resources
            .filter(({ type }) => type === "kubernetes:core/v1:PersistentVolumeClaim")
            .flatMap(({ id }) => id ?? []),
    };
}

/** Takes up creations that were cut off. Without any it costs nothing but reading the state. */
async function recoverPending(stack: Stack): Promise<boolean> {
    const adopted = adoptPending(await readState(stack));
    if (adopted === undefined) {
        return false;
    }
    const input = JSON.stringify(adopted.state);
    await mustPulumi(stack, ["stack", "import", "--stack", stack.name], input);
    if (adopted.urns.length > 0) {
        await mustPulumi(stack, [
            ...["refresh", "--yes", "--skip-preview", "--stack", stack.name],
            ...adopted.urns.flatMap((urn) => ["--target", urn]),
        ]);
    }
    return true;
}

const failed = (args: readonly string[]) => `pulumi ${args[0]} failed`;
/** What a failure of {@link up} says where Pulumi itself failed. */
export const UP_FAILED = failed(["up"]);

/** Runs an operation that changes the stack; after one that was killed, recovers and runs it again. */
async function change(stack: Stack, args: readonly string[]): Promise<string> {
    const first = await pulumi(stack, args);
    if (first.code === 0) {
        return first.all;
    }
    if (!(await recover(stack, first.all))) {
        throw new Failure(failed(args), indent(first.all), nextAfter(first.all, stack));
    }
    const second = await pulumi(stack, args);
    if (second.code !== 0) {
        throw new Failure(failed(args), indent(second.all), nextAfter(second.all, stack));
    }
    return second.all;
}

/** `pulumi up` without the question; the program runs once, not twice. */
export async function up(stack: Stack): Promise<string> {
    return change(stack, ["up", "--yes", "--skip-preview", "--stack", stack.name]);
}

/** `pulumi destroy`; it runs the program, because only that knows where Minikube's daemon is after a restart. */
export async function destroy(stack: Stack): Promise<string> {
    return change(stack, [
        ...["destroy", "--yes", "--skip-preview", "--run-program"],
        ...["--stack", stack.name],
    ]);
}

/** The stack's outputs, without secrets. */
export async function outputs(stack: Stack): Promise<Record<string, string>> {
    return (await ask(stack, "outputs", ["stack", "output", "--json"])) as Record<string, string>;
}

/** What the next update would do, resources that stay included. In the place of a secret stands `[secret]`. */
export async function plannedState(stack: Stack): Promise<Step[]> {
    const { stdout, stderr, exitCode } = await execa(
        "pulumi",
        [...["preview", "--json", "--show-sames"], ...["--stack", stack.name, "--non-interactive"]],
        { cwd: stack.project, env: stack.env, reject: false },
    );
    if (exitCode !== 0) {
        // of standard output only the messages: the rest is the plan so far
        const messages = [...stdout.matchAll(/"message": "((?:[^"\\]|\\.)*)"/g)].map(
            ([, message]) => JSON.parse(`"${message}"`) as string,
        );
        throw new Failure(
            `pulumi preview --stack ${stack.name} failed`,
            indent([...messages, stderr].join("\n")),
            "see the lines above",
        );
    }
    return (JSON.parse(stdout) as { steps?: Step[] }).steps ?? [];
}

/** Empties the state of a stack whose cluster is gone, where there is nothing left to destroy. */
export async function forget(stack: Stack): Promise<void> {
    await mustPulumi(stack, [
        "state",
        "delete",
        "--all",
        "--force",
        "--yes",
        "--stack",
        stack.name,
    ]);
}
