import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse, stringify } from "yaml";
import type { ServiceFacts } from "../../components/access.ts";
import { readContents } from "../../components/contents.ts";
import { secretsToLookAt, takeExistingSecret } from "../../components/existingSecret.ts";
import type { Host, Program } from "../../components/host.ts";
import { report } from "../../components/problems.ts";
import { type RawConfig, SECRET_KEYS, checkSettings } from "../../components/settings.ts";

/** The settings of Pulumi.yaml as the engine hands them to the program: strings, or JSON for lists. */
export function defaults(): Record<string, string> {
    const { config } = parse(readFileSync("Pulumi.yaml", "utf8")) as {
        config: Record<string, { default?: unknown }>;
    };
    return Object.fromEntries(
        Object.entries(config)
            .filter(([key]) => !key.includes(":"))
            .map(([key, { default: value }]) => [
                key,
                typeof value === "string" ? value : JSON.stringify(value),
            ]),
    );
}

/** A stack's configuration: the defaults, and on top what a test sets. Secrets count as encrypted. */
export function rawConfig(own: Record<string, string> = {}): RawConfig {
    return {
        values: { ...defaults(), ...own },
        isEncrypted: (key) => SECRET_KEYS.includes(key),
    };
}

/** A resource as the program registered it. */
export interface Registered {
    type: string;
    name: string;
    inputs: Record<string, unknown>;
    options: ResourceOptions;
}

/** What decides when a resource is made, replaced and removed. */
export interface ResourceOptions {
    retainOnDelete: boolean;
    deleteBeforeReplace: boolean;
    protect: boolean;
    replacementTrigger?: unknown;
    import?: string;
    ignoreChanges: string[];
    /** Name of the component that it is a part of; undefined for a component itself. */
    parent: string | undefined;
    /** Name of the provider that makes it, where it is one of the program's own. */
    provider: string | undefined;
    /** Names of resources, in the order of the alphabet. */
    dependsOn: string[];
    /** The same for each input by itself: where one of them is deleted to be replaced, the provider is asked without that input. */
    inputsDependOn: Record<string, string[]>;
    timeouts: { create?: string; update?: string };
}

const SECRET = "4dabf18193072939515e22adb298388d";

/** Whether a recorded input is wrapped as a secret. */
export function isSecret(value: unknown): boolean {
    return typeof value === "object" && value !== null && SECRET in value;
}

/** The value without its secret wrappings. */
export function plain(value: unknown): unknown {
    if (Array.isArray(value)) {
        return value.map(plain);
    }
    if (typeof value !== "object" || value === null) {
        return value;
    }
    if (isSecret(value)) {
        return plain((value as Record<string, unknown>)["value"]);
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** What `minikube profile list -o json` says of a profile that is fit. */
export const PROFILE = {
    Name: "minikube",
    Config: {
        Driver: "docker",
        ExposedPorts: ["127.0.0.1:30080:30080"],
        KubernetesConfig: { ContainerRuntime: "docker" },
        Nodes: [{ IP: "192.168.49.2" }],
    },
};
/** What `minikube docker-env -o json` says of it. */
export const DOCKER_ENV = {
    DOCKER_HOST: "tcp://192.168.49.2:2376",
    DOCKER_CERT_PATH: "/home/someone/.minikube/certs",
};

/** Where this host's Docker answers, as its CLI says. */
export const HOST_DOCKER = "unix:///var/run/docker.sock";

/** A second profile that is just as fit. */
export const OTHER_PROFILE = { ...PROFILE, Name: "other" };

/** UID of the cluster that the fakes lead to. */
export const CLUSTER_UID = "0f5a2b1c-7a3e-4c57-9d0f-5f0e2c6a1b11";
/** The ID of the stack under test, and that of another one. */
export const STACK_ID = "0b9e6a34-0000-4000-8000-000000000000";
export const OTHER_STACK_ID = "6c1f0a52-0000-4000-8000-000000000000";

/** An object as the API server lists it. */
export interface ListedObject {
    metadata: {
        name: string;
        namespace?: string;
        uid?: string;
        labels?: Record<string, string>;
        annotations?: Record<string, string>;
        managedFields?: { manager: string; subresource?: string }[];
    };
    [field: string]: unknown;
}

/** What is in a cluster: by the last part of the path that lists it, such as `services`. */
export type ClusterContents = Record<string, readonly ListedObject[]>;

/** What the API server answers for a path. Its API groups are those of `apis`; without any it measures pods. */
export function listed(contents: ClusterContents, path: string): object {
    if (path === "/apis") {
        const groups = contents["apis"] ?? [{ metadata: { name: "metrics.k8s.io" } }];
        return { groups: groups.map(({ metadata: { name } }) => ({ name })) };
    }
    const { pathname, searchParams } = new URL(path, "https://cluster");
    const kind = pathname.split("/").at(-1) ?? "";
    const nodes: ListedObject[] = [
        {
            metadata: { name: "minikube", labels: { "minikube.k8s.io/primary": "true" } },
            status: {
                nodeInfo: { architecture: "amd64" },
                addresses: [{ type: "InternalIP", address: "192.168.49.2" }],
            },
        },
    ];
    const namespace = /namespaces\/([^/]+)\//.exec(pathname)?.[1];
    const [label, value] = searchParams.get("labelSelector")?.split("=") ?? [];
    const name = /^metadata\.name=(.+)$/.exec(searchParams.get("fieldSelector") ?? "")?.[1];
    const own = (contents[kind] ?? (kind === "nodes" ? nodes : [])).filter(
        ({ metadata }) =>
            (namespace === undefined || metadata.namespace === namespace) &&
            (label === undefined || metadata.labels?.[label] === value) &&
            (name === undefined || metadata.name === name),
    );
    const system = { metadata: { name: "kube-system", uid: CLUSTER_UID } };
    const items: ListedObject[] = kind === "namespaces" ? [...own, system] : own;
    // the API server's order
    return { items: items.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)) };
}

/** A certificate and its key, PEM, as files. It is for 127.0.0.1. */
export function certificate(folder: string): { ca: string; cert: string; key: string } {
    const file = (name: string) => join(folder, name);
    const files = { ca: file("cert.pem"), cert: file("cert.pem"), key: file("key.pem") };
    execFileSync(
        "openssl",
        [
            ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=test"],
            ...["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", files.key, "-out", files.cert],
        ],
        { stdio: "ignore" },
    );
    return files;
}
/** A certificate that something can be read from. */
export const PEM = (() => {
    const folder = mkdtempSync(join(tmpdir(), "certificate-"));
    try {
        return readFileSync(certificate(folder).ca, "utf8");
    } finally {
        rmSync(folder, { recursive: true });
    }
})();

/** A kubeconfig with a context for each profile, as Minikube writes it. */
export function kubeconfig(
    server: string,
    files: { ca: string; cert: string; key: string },
): string {
    const names = [PROFILE.Name, OTHER_PROFILE.Name];
    return stringify({
        contexts: names.map((name) => ({ name, context: { cluster: name, user: name } })),
        clusters: names.map((name) => ({
            name,
            cluster: { server, "certificate-authority": files.ca },
        })),
        users: names.map((name) => ({
            name,
            user: { "client-certificate": files.cert, "client-key": files.key },
        })),
    });
}

/** A program that knows these commands, and fails as real ones do at any other. */
const program =
    (answers: Readonly<Record<string, string>>): Program =>
    (args) => {
        const command = args.join(" ");
        const out = answers[command];
        return Promise.resolve(
            out === undefined
                ? { code: 64, out: "", err: `unknown command: ${command}` }
                : { code: 0, out, err: "" },
        );
    };

/** A fit Minikube for the functions that take a host; tests change what they are about. */
export function fakeHost(own: Partial<Host> & { profile?: object } = {}): Host {
    const files = { ca: "/ca", cert: "/cert", key: "/key" };
    // warnings may come first
    const json = (answer: unknown) => `! a newer one is out\n${JSON.stringify(answer)}\n`;
    const docker = program({
        "context inspect --format {{.Endpoints.docker.Host}}": `${HOST_DOCKER}\n`,
        "version --format {{.Server.Version}}": "28\n",
    });
    return {
        env: {},
        home: "/home/someone",
        minikube: program({
            "profile list --light -o json": json({
                invalid: [],
                valid: [{ ...PROFILE, ...own.profile }],
            }),
            "-p minikube docker-env --shell none -o json": json(DOCKER_ENV),
        }),
        docker: (args) => docker(args[0] === "--host" ? args.slice(2) : args),
        readFile: (path) =>
            Promise.resolve(
                path.endsWith("config") ? kubeconfig("https://192.168.49.2:8443", files) : PEM,
            ),
        get: (_, path) => Promise.resolve(listed({}, path)),
        ...own,
    };
}

/** What {@link installFakeMinikube} put in place. */
export interface FakeMinikube {
    /** Puts these into the cluster instead of what was there. */
    setContents: (contents: ClusterContents) => void;
    /** Has the profile changed, such as its runtime. */
    setProfile: (config: object) => Promise<void>;
    uninstall: () => Promise<void>;
}

/**
 * Puts a Minikube on PATH that says what a running one says, and an API server with an empty cluster behind its
 * kubeconfig: the program looks for both by itself.
 */
export async function installFakeMinikube(): Promise<FakeMinikube> {
    const folder = await mkdtemp(join(tmpdir(), "fake-minikube-"));
    const file = (name: string) => join(folder, name);
    const files = certificate(folder);
    let contents: ClusterContents = {};
    const server = createServer(
        { key: readFileSync(files.key), cert: readFileSync(files.cert) },
        ({ url = "" }, response) => response.end(JSON.stringify(listed(contents, url))),
    );
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    await writeFile(file("config"), kubeconfig(`https://127.0.0.1:${port}`, files));
    const setProfile = (config: object) =>
        writeFile(
            file("profile.json"),
            JSON.stringify({
                invalid: [],
                valid: [{ ...PROFILE, Config: { ...PROFILE.Config, ...config } }, OTHER_PROFILE],
            }),
        );
    await setProfile({});
    await writeFile(file("env.json"), JSON.stringify(DOCKER_ENV));
    await writeFile(
        file("minikube"),
        '#!/bin/sh\ncd "$(dirname "$0")"\ncase $1 in profile) cat profile.json ;; *) cat env.json ;; esac\n',
    );
    await writeFile(
        file("docker"),
        `#!/bin/sh\ncase $1 in context) echo ${HOST_DOCKER} ;; *) echo 28 ;; esac\n`,
    );
    await Promise.all([file("minikube"), file("docker")].map((name) => chmod(name, 0o755)));

    const before = { ...process.env };
    process.env["PATH"] = `${folder}${delimiter}${before["PATH"] ?? ""}`;
    process.env["KUBECONFIG"] = file("config");
    return {
        setContents: (now) => (contents = now),
        setProfile,
        uninstall: async () => {
            process.env = before;
            server.close();
            await rm(folder, { recursive: true });
        },
    };
}

/** The frontend's Service, as the ways to it are looked for. */
export const SERVICE: ServiceFacts = {
    namespace: "default",
    serviceName: "habit-tracker-frontend",
    serviceType: "NodePort",
    servicePort: 3000,
    nodePort: 30080,
    clusterIp: "10.96.0.17",
    balancerAddress: undefined,
    ingress: undefined,
};

/** What a load balancer gives a Service. */
export const BALANCER_IP = "203.0.113.9";

const UUID = "random:index/randomUuid:RandomUuid";

/**
 * Runs the whole program, index.ts, with mocks for engine and providers.
 *
 * @param own settings beside the defaults
 * @param options.identity what an earlier run wrote down of the stack's home; without it this is the first one
 * @param options.balancer what a load balancer gives a Service: AWS gives a name, most others an address
 * @returns the resources it registered and the outputs it exported
 */
export async function runProgram(
    own: Record<string, string> = {},
    options: {
        preview?: boolean;
        identity?: Record<string, string>;
        balancer?: { hostname?: string; ip?: string };
    } = {},
): Promise<{ resources: Registered[]; outputs: Record<string, pulumi.Output<unknown>> }> {
    const resources: Registered[] = [];
    const { preview = false, balancer = { ip: BALANCER_IP } } = options;
    const optionsOf = new Map<string, Registered["options"]>();
    await pulumi.runtime.setMocks(
        {
            newResource: ({ type, name, id, inputs }) => {
                const recorded = inputs as Record<string, unknown>;
                const recordedOptions = optionsOf.get(name);
                if (recordedOptions === undefined) {
                    throw new Error(`${name} was made without a request`);
                }
                resources.push({ type, name, inputs: recorded, options: recordedOptions });
                return {
                    id: id ?? `${name}-id`,
                    state: {
                        ...recorded,
                        ...made(type, name, { preview, balancer }),
                        // what the state has of the stack, whatever the program says
                        ...(type === UUID && options.identity !== undefined
                            ? { keepers: options.identity }
                            : {}),
                    },
                };
            },
            call: () => ({}),
        },
        "habit-tracker",
        "test",
        preview,
    );
    recordOptions((name, recorded) => optionsOf.set(name, recorded));
    const values = Object.entries({ ...defaults(), ...own });
    pulumi.runtime.setAllConfig(
        Object.fromEntries(values.map(([key, value]) => [`habit-tracker:${key}`, value])),
        SECRET_KEYS.map((key) => `habit-tracker:${key}`),
    );
    // the query makes Node.js run the module again instead of handing out another run's
    const module = (await import(`../../index.ts?run=${randomUUID()}`)) as Record<
        string,
        pulumi.Output<unknown>
    >;
    await Promise.all(Object.values(module).map((output) => resolve(output)));
    await settle(resources);
    return { resources, outputs: module };
}

/** The names of resources, by their URNs. */
const namesOf = (urns: readonly string[]) => urns.map((urn) => urn.replace(/^.*::/, "")).sort();

/** Listens to the requests themselves: mocks are told the inputs of a resource, and nothing of its options. */
function recordOptions(record: (name: string, options: ResourceOptions) => void): void {
    interface Request {
        getName: () => string;
        getRetainondelete: () => boolean;
        getDeletebeforereplace: () => boolean;
        getProtect: () => boolean;
        getReplacementTrigger: () => { toJavaScript: () => unknown } | undefined;
        getImportid: () => string;
        getIgnorechangesList: () => string[];
        getParent: () => string;
        getProvider: () => string;
        getDependenciesList: () => string[];
        getPropertydependenciesMap: () => {
            getEntryList: () => [string, string[][]][];
        };
        getCustomtimeouts: () => { getCreate: () => string; getUpdate: () => string } | undefined;
    }
    const monitor = pulumi.runtime.getMonitor() as unknown as {
        registerResource: (request: Request, answer: unknown) => void;
    };
    const register = monitor.registerResource.bind(monitor);
    monitor.registerResource = (request, answer) => {
        const timeouts = request.getCustomtimeouts();
        const trigger = request.getReplacementTrigger()?.toJavaScript();
        record(request.getName(), {
            retainOnDelete: request.getRetainondelete(),
            deleteBeforeReplace: request.getDeletebeforereplace(),
            protect: request.getProtect(),
            ...(trigger === undefined ? {} : { replacementTrigger: trigger }),
            ...(request.getImportid() ? { import: request.getImportid() } : {}),
            ignoreChanges: request.getIgnorechangesList(),
            parent: namesOf([request.getParent()])[0],
            // URN::ID
            provider: request.getProvider().split("::").at(-2),
            dependsOn: namesOf(request.getDependenciesList()),
            inputsDependOn: Object.fromEntries(
                request
                    .getPropertydependenciesMap()
                    .getEntryList()
                    .map(([input, [urns = []]]) => [input, namesOf(urns)]),
            ),
            timeouts: timeouts
                ? { create: timeouts.getCreate(), update: timeouts.getUpdate() }
                : {},
        });
        register(request, answer);
    };
}

/** What a provider adds to the inputs; in a preview, only what it can read. */
function made(
    type: string,
    name: string,
    { preview, balancer }: { preview: boolean; balancer: object },
): Record<string, unknown> {
    if (preview) {
        return {};
    }
    switch (type) {
        case "docker:index/image:Image":
            return { repoDigest: `sha256:${name}` };
        case "random:index/randomPassword:RandomPassword":
            return { result: `generated-${name}` };
        case "pulumi-nodejs:dynamic/image:Watch":
            return { since: "2026-01-01T00:00:00.000Z" };
        case "kubernetes:core/v1:Service":
            return { status: { loadBalancer: { ingress: [balancer] } } };
        case UUID:
            return { result: STACK_ID };
        default:
            return {};
    }
}

/** The value behind an output. */
export function resolve<T>(output: pulumi.Input<T>): Promise<T> {
    return new Promise((done) => pulumi.output(output).apply((value) => done(value as T)));
}

/** Waits until no more resources come: components register their last ones after their outputs are read. */
async function settle(resources: readonly unknown[]): Promise<void> {
    for (let before = -1; before !== resources.length;) {
        before = resources.length;
        await new Promise((done) => setTimeout(done, 100));
    }
}

/** What the program sees, as its preflight does, of a cluster with these contents: with good settings, and this kubectl. */
export async function lookAt(
    there: ClusterContents,
    config: Record<string, string>,
    cluster: { title: string; kubectl: string },
) {
    const { settings, problems } = checkSettings(rawConfig(config));
    if (settings === undefined) {
        throw new Error(report(problems));
    }
    const contents = await readContents(
        (path) => Promise.resolve(listed(there, path)),
        settings.namespace,
        secretsToLookAt(settings),
    );
    const taken = takeExistingSecret(settings, { contents, kubectl: cluster.kubectl });
    return { ...taken, contents, cluster };
}
