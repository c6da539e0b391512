// What can be seen of a stack and of the machine that it is on, without changing either and without waiting for long.
import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { isStandIn } from "@habit-tracker/closed-network";
import { execa } from "execa";
import { z } from "zod";
import { STACK_LABEL } from "../components/contents.ts";
import { SECRET_KEYS } from "../components/secretKeys.ts";
import { OURS } from "./diagnosis.ts";
import { type Engine, inspectEngine } from "./engine.ts";
import { type Login, isEncrypted, loginOf, passphraseFile } from "./environment.ts";
import { Failure } from "./failure.ts";
import { existingFolders, inspectHost, intentions } from "./host.ts";
import { type Ended, madeProfiles } from "./minikube.ts";
import { type Place, type PlaceState, kubectlCommand, placeState } from "./place.ts";
import { findOnPath } from "./releases.ts";
import {
    type LockHolder,
    type State,
    belongings,
    defaultSettings,
    isHeld,
    ownSettings,
    placeOf,
    setting,
} from "./stack.ts";
import { stackFileName } from "./stackFile.ts";
import { type Supply, type SupplyName, pluginsOf, usedSupply } from "./supply.ts";
import { within } from "./within.ts";

/** What could not be seen, and why. */
export interface Unknown {
    unknown: string;
}

/** Something looked at, or why it could not be seen. */
export type Looked<T extends object> = T | Unknown;

export const isUnknown = (looked: object): looked is Unknown => "unknown" in looked;

/** A program that the product uses. */
export interface ToolFact {
    name: "node" | "pulumi" | "minikube" | "docker" | "kubectl";
    /** The file; undefined where there is none on PATH. */
    path: string | undefined;
    /** Whether it is one that `npm run up` installed into its own folder. */
    ours: boolean;
    version: string | undefined;
}

/** One of Pulumi's provider plugins; a stand-in is one of the closed network's. */
export interface PluginFact {
    name: string;
    version: string;
    kind: "real" | "stand-in" | "absent";
}

/** A Minikube profile, as it was made. */
export interface ProfileFact {
    driver: string;
    runtime: string;
    kubernetes: string;
    nodes: number;
    /** `[ADDRESS:]HOST_PORT:NODE_PORT` each. */
    ports: string[];
}

export interface ClusterFact extends Place {
    state: PlaceState;
    /** Whether `npm run up` made this Minikube, and so may start it again. */
    made: boolean;
    profile: ProfileFact | undefined;
    /** Of Kubernetes, as the API server says it. */
    version: string | undefined;
}

export interface LoginFact extends Login {
    hasPassphrase: boolean;
    /** Whether one encrypted the stack's file: a new one could not read it. */
    needsPassphrase: boolean;
}

/** Who holds the stack's lock. */
export interface LockFact extends LockHolder {
    user: string;
    since: string;
    /** Whether somebody may still work under it. */
    held: boolean;
}

/** The stack's state in its backend. */
export interface StateFact {
    /** False where there is no such stack yet. */
    exists: boolean;
    /** The stack's ID, which its objects carry. */
    id: string | undefined;
    resources: number;
    /** When it last changed, as ISO 8601. */
    updated: string | undefined;
    /** Operations that were cut off, each with the resource's name. */
    pending: string[];
    /** Secret settings whose values the stack generated. */
    generated: string[];
    /** The outputs that are texts or truth values; undefined where it was never up. */
    outputs: Record<string, string>;
}

/** Where a setting in force comes from. The value of a secret is never among these. */
export interface SettingFact {
    key: string;
    from: "stack" | "default";
    value: string | undefined;
}

export interface SecretFact {
    key: string;
    state: "encrypted" | "plain" | "absent";
}

export interface SettingsFact {
    file: string;
    settings: SettingFact[];
    secrets: SecretFact[];
}

export interface PodFact {
    name: string;
    component: string;
    /** How many of its containers are ready, of how many. */
    ready: number;
    containers: number;
    restarts: number;
    image: string;
    /** Such as Running or CrashLoopBackOff. */
    state: string;
}

export interface TierFact {
    name: string;
    ready: number;
    wanted: number;
    /** Whether all that is wanted is there, in the latest version. */
    complete: boolean;
    /** The ID of the stack that it belongs to. */
    stack: string | undefined;
}

export interface VolumeFact {
    name: string;
    state: string;
    size: string;
}

export interface RunningFact {
    tiers: TierFact[];
    pods: PodFact[];
    volumes: VolumeFact[];
}

export interface PageFact {
    url: string;
    /** Whether the URL leads nowhere until that command runs. */
    needsCommand: boolean;
    command: string;
    /** HTTP status; undefined where nothing answered, or nobody asked. */
    status: number | undefined;
    milliseconds: number | undefined;
    /** Why nothing answered. */
    reason: string | undefined;
}

/** What the next `npm run up` would do before Pulumi, or what it would refuse. */
export interface NextFact {
    supply: SupplyName;
    ways: Supply["ways"];
    intentions: string[];
    refusal: { what: string; why: string; next: string } | undefined;
}

/** All that the doctor sees. */
export interface Facts {
    stack: string;
    tools: ToolFact[];
    plugins: Looked<{ home: string; list: PluginFact[] }>;
    /** Variables that change where traffic goes or what programs use, without user and password. */
    variables: Record<string, string>;
    engine: Looked<Engine & { version: string | undefined }>;
    cluster: Looked<ClusterFact>;
    login: Looked<LoginFact>;
    state: Looked<StateFact>;
    locks: LockFact[];
    settings: Looked<SettingsFact>;
    running: Looked<RunningFact>;
    page: Looked<PageFact>;
    next: Looked<NextFact>;
}

/** Seconds that all looks of a command together may take, unless it is told otherwise. */
export const SECONDS = "5";

/** Time that is shared by looks which follow each other. */
function deadline(seconds: number): () => number {
    const end = Date.now() + seconds * 1000;
    return () => Math.max(0.1, (end - Date.now()) / 1000);
}

/**
 * Reads how long the looks may take.
 *
 * @throws Failure where that is no number of seconds
 */
function readSeconds(text: string): number {
    const seconds = Number(text);
    if (!(seconds > 0 && seconds <= 600)) {
        throw new Failure(
            `--seconds ${text} is no time to wait`,
            "It is a number of seconds, up to 600.",
            "the same command with --seconds 30",
        );
    }
    return seconds;
}

/** The environment of the programs: the user's, with our folders at the end of PATH. Pulumi asks for no newer version. */
export function toolsEnvironment(supply: Supply): Record<string, string> {
    const path = [process.env["PATH"], ...existingFolders(supply)].join(delimiter);
    return { PATH: path, PULUMI_SKIP_UPDATE_CHECK: "true" };
}

const notSeen = (error: unknown): Unknown => {
    if (error instanceof Failure) {
        return { unknown: `${error.what}: ${error.why}` };
    }
    if (error instanceof z.ZodError || error instanceof SyntaxError) {
        return { unknown: "it answers something else than was expected" };
    }
    return { unknown: (error as Error).message };
};

const looked = <T extends object>(task: Promise<T>): Promise<Looked<T>> => task.catch(notSeen);

/** Runs programs for a look, each at most until the deadline. */
class Looker {
    readonly project: string;
    readonly supply: Supply;
    readonly env: Record<string, string>;
    readonly left: () => number;
    private readonly seconds: number;

    constructor(project: string, supply: Supply, seconds: number) {
        this.project = project;
        this.supply = supply;
        this.env = toolsEnvironment(supply);
        this.seconds = seconds;
        this.left = deadline(seconds);
    }

    /** What a promise gives, or that it took too long. */
    async bounded<T>(what: string, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
        return within(this.left(), task).catch((error: unknown) => {
            throw /^no answer within/.test((error as Error).message)
                ? new Error(`${what} does not answer within ${this.seconds} s`)
                : error;
        });
    }

    run(program: string, args: readonly string[], env?: Record<string, string>): Promise<Ended> {
        return this.bounded(`${program} ${args[0] ?? ""}`.trim(), (cancelSignal) =>
            execa(program, args, {
                env: { ...this.env, ...env },
                stdin: "ignore",
                reject: false,
                cancelSignal,
            }),
        );
    }
}

/** A looker with the time that a command may take. */
export async function startLooking(project: string, seconds = SECONDS): Promise<Looker> {
    return new Looker(project, await usedSupply(project), readSeconds(seconds));
}

const VERSION = /v?\d+\.\d+[\w.+~-]*/;
const VERSION_OF: Record<Exclude<ToolFact["name"], "node">, string[]> = {
    pulumi: ["version"],
    minikube: ["version"],
    docker: ["--version"],
    kubectl: ["version", "--client"],
};

async function lookAtTools(looker: Looker): Promise<ToolFact[]> {
    const ours = existingFolders(looker.supply);
    const others = Object.entries(VERSION_OF).map(async ([program, args]): Promise<ToolFact> => {
        const name = program as keyof typeof VERSION_OF;
        const folder = await findOnPath(name, looker.env["PATH"] ?? "");
        if (folder === undefined) {
            return { name, path: undefined, ours: false, version: undefined };
        }
        const { stdout } = await looker.run(name, args).catch(() => ({ stdout: "" }));
        const [number] = VERSION.exec(stdout) ?? [];
        // what answers to `docker` may be podman
        const version = /podman/i.test(stdout) ? `podman ${number ?? ""}` : number;
        return { name, path: join(folder, name), ours: ours.includes(folder), version };
    });
    return [
        { name: "node", path: process.execPath, ours: false, version: process.version },
        ...(await Promise.all(others)),
    ];
}

async function lookAtPlugins(
    project: string,
    home: string,
): Promise<{ home: string; list: PluginFact[] }> {
    const list = (await pluginsOf(project, home)).map(({ name, version, folder }): PluginFact => {
        const kind = isStandIn(folder) ? "stand-in" : existsSync(folder) ? "real" : "absent";
        return { name, version, kind };
    });
    return { home, list };
}

const PROXIES = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"];
const NAMED = [
    ...PROXIES,
    "NO_PROXY",
    ...["DOCKER_HOST", "DOCKER_CONTEXT", "KUBECONFIG", "MINIKUBE_HOME", "MINIKUBE_PROFILE"],
    ...["PULUMI_HOME", "PULUMI_BACKEND_URL", "XDG_CACHE_HOME", "NODE_ENV", "NODE_EXTRA_CA_CERTS"],
];

/** Variables of the environment that matter here; of a proxy no more than its host. */
export function telling(env: NodeJS.ProcessEnv): Record<string, string> {
    const names = NAMED.flatMap((name) => [name, name.toLowerCase()]).filter((name) => env[name]);
    return Object.fromEntries(
        names.map((name) => {
            const value = env[name] ?? "";
            return [name, PROXIES.includes(name.toUpperCase()) ? hostOf(value) : value];
        }),
    );
}

/** Host and port of a proxy's address, which may be written without a scheme. */
function hostOf(address: string): string {
    const url = address.includes("://") ? address : `http://${address}`;
    return URL.canParse(url) ? new URL(url).host : "(not a URL)";
}

async function lookAtEngine(looker: Looker): Promise<Engine & { version: string | undefined }> {
    const [engine, { stdout }] = await Promise.all([
        looker.bounded("docker info", () => inspectEngine({ ...process.env, ...looker.env })),
        looker.run("docker", ["version", "--format", "{{.Server.Version}}"]),
    ]);
    return { ...engine, version: VERSION.exec(stdout)?.[0] };
}

const Profiles = z.object({
    valid: z.array(
        z.object({
            Name: z.string(),
            Config: z.object({
                Driver: z.string(),
                ExposedPorts: z.array(z.string()).nullish(),
                KubernetesConfig: z.object({
                    KubernetesVersion: z.string(),
                    ContainerRuntime: z.string(),
                }),
                Nodes: z.array(z.unknown()),
            }),
        }),
    ),
});

async function lookAtProfile(looker: Looker, name: string): Promise<ProfileFact | undefined> {
    // without --light, Minikube asks all clusters how they are
    const { stdout } = await looker.run("minikube", ["profile", "list", "--light", "-o", "json"]);
    const config = Profiles.parse(JSON.parse(stdout)).valid.find(
        ({ Name }) => Name === name,
    )?.Config;
    return (
        config && {
            driver: config.Driver,
            runtime: config.KubernetesConfig.ContainerRuntime,
            kubernetes: config.KubernetesConfig.KubernetesVersion,
            nodes: config.Nodes.length,
            ports: config.ExposedPorts ?? [],
        }
    );
}

/** kubectl in the stack's cluster: the user's own where there is one, which Minikube's would have to be fetched for. */
async function kubectl(looker: Looker, place: Place, ...args: string[]): Promise<Ended> {
    const own = await findOnPath("kubectl", looker.env["PATH"] ?? "");
    const command = kubectlCommand(
        { ...place, isMinikube: place.isMinikube && own === undefined },
        ...args,
        "--request-timeout=5s",
    );
    return looker.run(...command);
}

/** What is said of a cluster where there is no program to ask it. */
const placeWithout = ({ isMinikube }: Place): PlaceState => (isMinikube ? "absent" : "stopped");

/** What the cluster is and whether it answers. */
async function lookAtCluster(looker: Looker, place: Place): Promise<ClusterFact> {
    const program = place.isMinikube ? "minikube" : "kubectl";
    const [state, profile, made] = await Promise.all([
        (await findOnPath(program, looker.env["PATH"] ?? "")) === undefined
            ? placeWithout(place)
            : looker.bounded(
                  place.isMinikube ? `minikube status -p ${place.context}` : "its API server",
                  () => placeState(place, looker.env),
              ),
        place.isMinikube
            ? lookAtProfile(looker, place.context).catch(() => undefined)
            : Promise.resolve(undefined),
        madeProfiles(looker.project),
    ]);
    const version =
        state === "running"
            ? await kubectl(looker, place, "get", "--raw=/version").catch(() => undefined)
            : undefined;
    return {
        ...place,
        state,
        made: made.includes(place.context),
        profile,
        version: /"gitVersion": *"([^"]+)"/.exec(version?.stdout ?? "")?.[1],
    };
}

async function lookAtLogin(project: string, stack: string): Promise<LoginFact> {
    const login = await loginOf(project, process.env);
    return {
        ...login,
        hasPassphrase: login.passphrase !== "own file" || existsSync(passphraseFile(project)),
        // a file that is no YAML has a line of its own
        needsPassphrase: await isEncrypted(project, stack).catch(() => false),
    };
}

/** Secret settings and the resource that generates each, where nothing is set: components/configuration.ts. */
const GENERATED: Record<string, string> = {
    databaseUrl: "configuration-database-password",
    jwtSecret: "configuration-jwt-secret",
};

const NO_STATE: StateFact = {
    exists: false,
    id: undefined,
    resources: 0,
    updated: undefined,
    pending: [],
    generated: [],
    outputs: {},
};

type Plain = string | boolean | number;
/** Whether a value is none that is encrypted, nor a list. */
const isPlain = (value: unknown): value is Plain =>
    ["string", "boolean", "number"].includes(typeof value);

/** What a state says; its secrets stay encrypted, and are left out. */
export function stateFact(
    state: State & { deployment?: { manifest?: { time: string } } },
): StateFact {
    const { resources = [], pending_operations: pending = [], manifest } = state.deployment ?? {};
    const name = (urn: string) => urn.split("::").at(-1) ?? "";
    const names = resources.map(({ urn }) => name(urn));
    const outputs = resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
    return {
        exists: true,
        id: belongings(state).id,
        resources: resources.length,
        updated: resources.length === 0 ? undefined : manifest?.time,
        pending: pending.map(({ type, resource }) => `${type} ${name(resource.urn)}`),
        generated: Object.keys(GENERATED).filter((key) => names.includes(GENERATED[key] ?? "")),
        outputs: Object.fromEntries(
            Object.entries(outputs)
                .filter((output): output is [string, Plain] => isPlain(output[1]))
                .map(([key, value]) => [key, String(value)]),
        ),
    };
}

/** Whether Pulumi was ever in a folder; it would make its own files there to look. */
const isEmptyFolder = (backend: string) =>
    backend.startsWith("file://") && !existsSync(join(folderOf(backend), ".pulumi"));

/** The folder of a `file://` backend, which may begin with a tilde. */
const folderOf = (backend: string) =>
    backend.slice("file://".length).replace(/^~/, process.env["HOME"] ?? "~");

/** What the backend has of the stack. */
export async function lookAtState(looker: Looker, stack: string): Promise<StateFact> {
    const { backend } = await loginOf(looker.project, process.env);
    if (isEmptyFolder(backend)) {
        return NO_STATE;
    }
    const { exitCode, stdout, stderr } = await looker.run(
        "pulumi",
        ["stack", "export", "--stack", stack, "--non-interactive", "--color=never"],
        { PULUMI_BACKEND_URL: backend },
    );
    if (exitCode === undefined) {
        throw new Error("there is no pulumi to ask");
    }
    if (exitCode !== 0) {
        if (/no stack named/.test(stderr)) {
            return NO_STATE;
        }
        throw new Error(`pulumi stack export says: ${stderr.trim()}`);
    }
    return stateFact(JSON.parse(stdout) as State);
}

const Lock = z.object({
    pid: z.number(),
    username: z.string(),
    hostname: z.string(),
    timestamp: z.string(),
});

/** Who holds the stack's lock, where the backend is a folder; others tell it only when they refuse. */
async function lookAtLocks(project: string, stack: string): Promise<LockFact[]> {
    const { backend } = await loginOf(project, process.env);
    if (!backend.startsWith("file://")) {
        return [];
    }
    const folder = join(
        ...[folderOf(backend), ".pulumi", "locks", "organization", "habit-tracker", stack],
    );
    const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith(".json"));
    const locks = files.map(async (file) => {
        const text = await readFile(join(folder, file), "utf8");
        const { pid, username, hostname: host, timestamp } = Lock.parse(JSON.parse(text));
        return { host, pid, user: username, since: timestamp, held: isHeld({ host, pid }) };
    });
    return Promise.all(locks);
}

/** Where each setting comes from. */
async function lookAtSettings(project: string, stack: string): Promise<SettingsFact> {
    const file = stackFileName(stack);
    const [defaults, own] = await Promise.all([
        defaultSettings(project),
        ownSettings(project, stack),
    ]);
    const given = new Map(own);
    const keys = [...new Set([...Object.keys(defaults), ...given.keys()])];
    return {
        file,
        settings: keys
            .filter((key) => !SECRET_KEYS.includes(key))
            .map((key) => {
                const value = given.get(key) ?? defaults[key];
                return {
                    key,
                    from: given.has(key) ? ("stack" as const) : ("default" as const),
                    // also one that is encrypted without need is not read
                    value: isPlain(value) ? String(value) : undefined,
                };
            }),
        secrets: SECRET_KEYS.map((key) => {
            const value = given.get(key);
            const isSet = value !== undefined && value !== "";
            const form = typeof value === "object" ? ("encrypted" as const) : ("plain" as const);
            return { key, state: isSet ? form : ("absent" as const) };
        }),
    };
}

const Labelled = z.object({
    name: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    deletionTimestamp: z.string().optional(),
    generation: z.number().optional(),
});
const ContainerState = z.object({
    waiting: z.object({ reason: z.string().optional() }).optional(),
    terminated: z.object({ reason: z.string().optional() }).optional(),
});
const ContainerStatuses = z
    .array(
        z.object({
            ready: z.boolean(),
            restartCount: z.number(),
            state: ContainerState.default({}),
        }),
    )
    .default([]);
const Objects = z.object({
    items: z.array(
        z.discriminatedUnion("kind", [
            z.object({
                kind: z.literal("Pod"),
                metadata: Labelled,
                spec: z.object({ containers: z.array(z.object({ image: z.string() })) }),
                status: z.object({
                    phase: z.string().default("Unknown"),
                    containerStatuses: ContainerStatuses,
                    initContainerStatuses: ContainerStatuses,
                }),
            }),
            z.object({
                kind: z.enum(["Deployment", "StatefulSet"]),
                metadata: Labelled,
                spec: z.object({ replicas: z.number().default(1) }),
                status: z.object({
                    readyReplicas: z.number().default(0),
                    updatedReplicas: z.number().default(0),
                    observedGeneration: z.number().default(0),
                }),
            }),
            z.object({
                kind: z.literal("PersistentVolumeClaim"),
                metadata: Labelled,
                status: z.object({
                    phase: z.string().default("Unknown"),
                    capacity: z.object({ storage: z.string() }).optional(),
                }),
            }),
        ]),
    ),
});

/** What runs, from the answer of `kubectl get deployments,statefulsets,pods,pvc -o json`. */
function runningFact(answer: unknown): RunningFact {
    const { items } = Objects.parse(answer);
    const running: RunningFact = { tiers: [], pods: [], volumes: [] };
    for (const item of items) {
        const { name, labels } = item.metadata;
        const component = labels["component"] ?? "";
        if (item.kind === "PersistentVolumeClaim") {
            const { phase, capacity } = item.status;
            running.volumes.push({ name, state: phase, size: capacity?.storage ?? "" });
        } else if (item.kind === "Pod") {
            const { phase, containerStatuses, initContainerStatuses } = item.status;
            const reasons = [...initContainerStatuses, ...containerStatuses].map(
                ({ ready, state }) =>
                    ready ? undefined : (state.waiting?.reason ?? state.terminated?.reason),
            );
            const isGoing = item.metadata.deletionTimestamp !== undefined;
            running.pods.push({
                name,
                component,
                ready: containerStatuses.filter(({ ready }) => ready).length,
                containers: item.spec.containers.length,
                restarts: containerStatuses.reduce(
                    (sum, { restartCount }) => sum + restartCount,
                    0,
                ),
                image: item.spec.containers[0]?.image ?? "",
                state: isGoing ? "Terminating" : (reasons.find(Boolean) ?? phase),
            });
        } else {
            const { readyReplicas, updatedReplicas, observedGeneration } = item.status;
            const wanted = item.spec.replicas;
            running.tiers.push({
                name: component,
                stack: labels[STACK_LABEL],
                ready: readyReplicas,
                wanted,
                complete:
                    readyReplicas >= Math.max(1, wanted) &&
                    updatedReplicas >= wanted &&
                    observedGeneration >= (item.metadata.generation ?? 0),
            });
        }
    }
    return running;
}

/** What of the product runs in a namespace of the cluster. */
async function lookAtRunning(
    looker: Looker,
    place: Place,
    namespace: string,
): Promise<RunningFact> {
    const { exitCode, stdout, stderr } = await kubectl(
        ...[looker, place, "-n", namespace, "get", "deployments,statefulsets,pods,pvc"],
        ...["-l", OURS, "-o", "json"],
    );
    if (exitCode !== 0) {
        throw new Error(stderr.trim() || "there is no kubectl to ask");
    }
    return runningFact(JSON.parse(stdout));
}

/** The outputs that lead to the page; undefined where the stack was never up. */
export function pageOf({
    outputs: { url, accessCommand = "", urlNeedsAccessCommand },
}: StateFact): Pick<PageFact, "url" | "needsCommand" | "command"> | undefined {
    return url === undefined
        ? undefined
        : { url, needsCommand: urlNeedsAccessCommand === "true", command: accessCommand };
}

/** Whether the page answers. One that needs a command first is not asked. */
async function lookAtPage(looker: Looker, state: StateFact): Promise<PageFact> {
    const page = pageOf(state);
    if (page === undefined) {
        throw new Error("the stack was not brought up yet");
    }
    const silent = { status: undefined, milliseconds: undefined, reason: undefined };
    if (page.needsCommand) {
        return { ...page, ...silent };
    }
    const start = Date.now();
    try {
        const { status } = await within(Math.min(4, looker.left()), (signal) =>
            fetch(page.url, { signal }),
        );
        return { ...page, ...silent, status, milliseconds: Date.now() - start };
    } catch (error) {
        return { ...page, ...silent, reason: String((error as Error).cause ?? error) };
    }
}

/** What `npm run up` would see to before Pulumi, and the home of the plugins that it would use. */
async function lookAhead(looker: Looker, place: Place): Promise<NextFact & { home: string }> {
    const { project, supply } = looker;
    const host = await looker.bounded("the look at this host", () =>
        inspectHost(project, place, supply),
    );
    const fact = {
        home: supply.pulumiHome,
        supply: supply.name,
        ways: supply.ways,
        intentions: [],
        refusal: undefined,
    };
    try {
        return { ...fact, intentions: intentions(host, place.context) };
    } catch (error) {
        if (!(error instanceof Failure)) {
            throw error;
        }
        const { what, why, next } = error;
        return { ...fact, refusal: { what, why, next } };
    }
}

/** The cluster that the settings lead to; where these cannot be read, the one that the defaults lead to. */
async function likelyPlace(project: string, stack: string): Promise<Place> {
    return placeOf(project, stack).catch(async () => {
        const { minikubeProfile = "" } = await defaultSettings(project);
        return { context: minikubeProfile, isMinikube: true };
    });
}

/** The product itself: where it is, what runs of it, and whether it answers. */
export interface Product extends Pick<Facts, "stack" | "cluster" | "state" | "running" | "page"> {
    place: Place;
}

/** Looks at the product, at all of it at once. */
export async function lookAtProduct(
    project: string,
    stack: string,
    looker: Looker,
): Promise<Product> {
    const place = await likelyPlace(project, stack);
    const state = looked(lookAtState(looker, stack));
    const page = async (): Promise<Facts["page"]> => {
        const fact = await state;
        return isUnknown(fact) ? fact : looked(lookAtPage(looker, fact));
    };
    const pending = page();
    const cluster = await looked(lookAtCluster(looker, place));
    const running =
        isUnknown(cluster) || cluster.state !== "running"
            ? { unknown: "the cluster does not run" }
            : await looked(
                  lookAtRunning(
                      looker,
                      place,
                      await setting(project, stack, "namespace").catch(() => "default"),
                  ),
              );
    return { stack, place, cluster, state: await state, running, page: await pending };
}

/** Looks at everything at once. */
export async function collectFacts(
    project: string,
    stack: string,
    seconds: string,
): Promise<Facts> {
    const looker = await startLooking(project, seconds);
    const place = await likelyPlace(project, stack);
    const ahead = looked(lookAhead(looker, place));
    const plugins = async (): Promise<Facts["plugins"]> => {
        const fact = await ahead;
        return isUnknown(fact) ? fact : looked(lookAtPlugins(project, fact.home));
    };
    const looks = {
        product: lookAtProduct(project, stack, looker),
        tools: lookAtTools(looker),
        plugins: plugins(),
        engine: looked(lookAtEngine(looker)),
        login: looked(lookAtLogin(project, stack)),
        locks: lookAtLocks(project, stack).catch(() => []),
        settings: looked(lookAtSettings(project, stack)),
    };
    const { cluster, state, running, page } = await looks.product;
    return {
        stack,
        tools: await looks.tools,
        plugins: await looks.plugins,
        variables: telling(process.env),
        engine: await looks.engine,
        cluster,
        login: await looks.login,
        state,
        locks: await looks.locks,
        settings: await looks.settings,
        running,
        page,
        next: await ahead,
    };
}
