import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { BlockList, isIP } from "node:net";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import * as docker from "@pulumi/docker";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { z } from "zod";
import { type Contents, STACK_LABEL, readContents } from "./contents.ts";
import type { Home } from "./ownership.ts";
import { labelValue } from "./pods.ts";
import type { Problem } from "./problems.ts";

/** What the preflight looks for. */
export interface Wanted {
    profile: string;
    namespace: string;
}

/** A Minikube that is fit to build and deploy in. */
export interface Cluster {
    profile: string;
    nodeIp: string;
    /** The daemon inside Minikube, `tcp://address:port`, and the folder with its TLS files. */
    dockerHost: string;
    dockerCertPath: string;
    publishedPorts: readonly string[];
    /** The one kubeconfig file that holds the context; undefined means kubectl's default. */
    kubeconfig: string | undefined;
    home: Home;
    /** What was in it when the program started. */
    contents: Contents;
}

/** What the preflight knows of this host. Tests hand over their own. */
export interface Host {
    env: Readonly<Record<string, string | undefined>>;
    home: string;
    /** Runs `minikube` with these arguments. */
    minikube: (
        args: readonly string[],
    ) => Promise<{ code: number | "ENOENT"; out: string; err: string }>;
    readFile: (path: string) => Promise<string>;
    /** Reads a path of the API server, as JSON. */
    get: (connection: Connection, path: string) => Promise<unknown>;
}

/** What a kubeconfig says of one context: PEM contents. */
export interface Connection {
    server: string;
    ca: string;
    cert: string;
    key: string;
}

const Profiles = z.object({
    valid: z.array(
        z.object({
            Name: z.string(),
            Config: z.object({
                Driver: z.string().optional(),
                ExposedPorts: z.array(z.string()).nullish(),
                KubernetesConfig: z.object({ ContainerRuntime: z.string().optional() }),
                Nodes: z.array(z.object({ IP: z.string().optional() })),
            }),
        }),
    ),
});
const DockerEnv = z.object({ DOCKER_HOST: z.string(), DOCKER_CERT_PATH: z.string() });
const Entries = z.array(z.object({ name: z.string() }).loose()).nullish();
const Kubeconfig = z
    .object({ contexts: Entries, clusters: Entries, users: Entries })
    .loose()
    .nullable();

const START = (profile: string) =>
    `minikube start -p ${profile} --driver=docker --container-runtime=docker`;

/** The last lines of what a command said, where the reason stands. */
const tail = (text: string) => text.trim().split("\n").slice(-3).join("\n   ");

/** This machine. */
export function thisHost(): Host {
    return {
        env: process.env,
        home: homedir(),
        readFile: (path) => readFile(path, "utf8"),
        minikube: async (args) => {
            try {
                const { stdout, stderr } = await promisify(execFile)("minikube", [...args], {
                    timeout: 60_000,
                });
                return { code: 0, out: stdout, err: stderr };
            } catch (error) {
                const failed = error as {
                    code?: number | "ENOENT";
                    stdout?: string;
                    stderr?: string;
                    message: string;
                };
                return {
                    code: failed.code ?? 1,
                    out: failed.stdout ?? "",
                    err: failed.stderr || failed.message,
                };
            }
        },
        get: async ({ server, ca, cert, key }, path) => {
            const body = await new Promise<string>((resolve, reject) => {
                const call = request(
                    new URL(path, server),
                    { ca, cert, key, timeout: 10_000 },
                    (response) => {
                        let text = "";
                        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
                        response.on("end", () => {
                            if (response.statusCode === 200) {
                                resolve(text);
                            } else {
                                reject(new Error(`${response.statusCode}: ${text.slice(0, 300)}`));
                            }
                        });
                    },
                );
                call.on("timeout", () => call.destroy(new Error("no answer within 10 s")));
                call.on("error", reject).end();
            });
            return JSON.parse(body) as unknown;
        },
    };
}

/** A kubeconfig's entry of that name, or undefined. */
function named(
    config: z.output<typeof Kubeconfig>,
    list: "contexts" | "clusters" | "users",
    field: "context" | "cluster" | "user",
    name: string,
): Record<string, string> | undefined {
    const entry = config?.[list]?.find((candidate) => candidate.name === name);
    return entry?.[field] as Record<string, string> | undefined;
}

/**
 * Finds the kubeconfig file with the context. `KUBECONFIG` may list several; the Kubernetes provider reads just one
 * and takes a list for the contents of a file, so the right one is picked here.
 */
async function findContext(
    host: Host,
    profile: string,
): Promise<{ path: string | undefined; connection: Connection } | undefined> {
    const listed = (host.env["KUBECONFIG"] ?? "").split(delimiter).filter(Boolean);
    const paths = listed.length > 0 ? listed : [join(host.home, ".kube", "config")];
    for (const path of paths) {
        const text = await host.readFile(path).catch(() => "");
        const config = Kubeconfig.parse(parse(text) ?? null);
        const context = named(config, "contexts", "context", profile);
        const cluster = named(config, "clusters", "cluster", context?.["cluster"] ?? "");
        const user = named(config, "users", "user", context?.["user"] ?? "");
        if (!cluster || !user) {
            continue;
        }
        const pem = async (entry: Record<string, string>, field: string) => {
            const inline = entry[`${field}-data`];
            return inline === undefined
                ? host.readFile(entry[field] ?? "")
                : Buffer.from(inline, "base64").toString();
        };
        return {
            path: listed.length > 0 ? path : undefined,
            connection: {
                server: cluster["server"] ?? "",
                ca: await pem(cluster, "certificate-authority"),
                cert: await pem(user, "client-certificate"),
                key: await pem(user, "client-key"),
            },
        };
    }
    return undefined;
}

/** Whether a proxy of the environment would swallow the traffic to an address that is not the Internet's. */
export function proxied(env: Host["env"], hostname: string): boolean {
    const either = (name: string) => env[name] ?? env[name.toLowerCase()] ?? "";
    if (!either("HTTPS_PROXY") || hostname === "localhost" || hostname.startsWith("127.")) {
        return false;
    }
    const direct = new BlockList();
    for (const entry of either("NO_PROXY").split(",")) {
        const [address = "", bits] = entry.trim().split("/");
        if (address === "*" || address === hostname) {
            return false;
        }
        const family = isIP(address) === 6 ? "ipv6" : "ipv4";
        if (isIP(address) && bits) {
            direct.addSubnet(address, Number(bits), family);
        }
    }
    return !isIP(hostname) || !direct.check(hostname, isIP(hostname) === 6 ? "ipv6" : "ipv4");
}

async function dockerEnv(
    host: Host,
    profile: string,
): Promise<{ found?: z.output<typeof DockerEnv>; problems: Problem[] }> {
    const { code, out, err } = await host.minikube([
        ...["-p", profile],
        ...["docker-env", "--shell", "none", "-o", "json"],
    ]);
    // warnings may come first; on failure stdout says `false exit code N` and stderr has the reason
    const line = out.split("\n").findLast((candidate) => candidate.startsWith("{"));
    if (code === 0 && line !== undefined) {
        const found = DockerEnv.parse(JSON.parse(line));
        const { hostname } = new URL(found.DOCKER_HOST);
        const problems = proxied(host.env, hostname)
            ? [
                  {
                      what: `A proxy is set, and NO_PROXY does not name Minikube's ${hostname}`,
                      why: "Pulumi would send its requests to Minikube through the proxy.",
                      next: `export NO_PROXY="$NO_PROXY,${hostname}"`,
                  },
              ]
            : [];
        return { found, problems };
    }
    // exit codes of Minikube: 83 the node is stopped, 103 paused or the control plane is stopped
    const stopped = code === 83 || code === 103;
    return {
        problems: [
            {
                what: stopped
                    ? `The Minikube profile "${profile}" is not running`
                    : `Minikube's Docker daemon in the profile "${profile}" does not answer`,
                why: stopped
                    ? "The images are built inside it and the pods run in it."
                    : `minikube docker-env ended with ${code}: ${tail(err || out)}`,
                next: stopped ? `minikube start -p ${profile}` : `minikube status -p ${profile}`,
            },
        ],
    };
}

async function look(
    host: Host,
    connection: Connection,
    wanted: Wanted,
): Promise<{ contents?: Contents; problems: Problem[] }> {
    try {
        const get = (path: string) => host.get(connection, path);
        return { contents: await readContents(get, wanted.namespace), problems: [] };
    } catch (error) {
        return {
            problems: [
                {
                    what: `The API server of "${wanted.profile}" does not answer at ${connection.server}`,
                    why: (error as Error).message,
                    next: `minikube update-context -p ${wanted.profile} || minikube start -p ${wanted.profile}`,
                },
            ],
        };
    }
}

/** Looks at Minikube: the cluster where it is fit, else every problem with the command that mends it. */
export async function inspectMinikube(
    wanted: Wanted,
    host: Host = thisHost(),
): Promise<{ cluster?: Cluster; problems: Problem[] }> {
    const { profile } = wanted;
    const listing = await host.minikube(["profile", "list", "--light", "-o", "json"]);
    if (listing.code === "ENOENT") {
        return {
            problems: [
                {
                    what: "Minikube is not installed, or not on PATH",
                    why: "The images are built and the pods run in a local Minikube.",
                    next: "npm run up, which gets it; or see https://minikube.sigs.k8s.io/docs/start/",
                },
            ],
        };
    }
    const line = listing.out.split("\n").findLast((candidate) => candidate.startsWith("{"));
    const profiles = line === undefined ? [] : Profiles.parse(JSON.parse(line)).valid;
    const config = profiles.find(({ Name }) => Name === profile)?.Config;
    if (config === undefined) {
        const others = profiles.map(({ Name }) => Name).join(", ");
        return {
            problems: [
                {
                    what: `There is no Minikube profile "${profile}"`,
                    why: others ? `There is: ${others}.` : "There is no profile at all yet.",
                    next: others
                        ? `${START(profile)}, or pulumi config set minikubeProfile NAME`
                        : START(profile),
                },
            ],
        };
    }

    const problems: Problem[] = [];
    // profiles of old versions say nothing and mean docker
    const runtime = config.KubernetesConfig.ContainerRuntime || "docker";
    if (runtime !== "docker") {
        problems.push({
            what: `The Minikube profile "${profile}" runs ${runtime}`,
            why: "Images are built into the cluster's own Docker daemon. Minikube's default is containerd since 1.39.",
            next: `${START(`${profile}-docker`)} && pulumi config set minikubeProfile ${profile}-docker`,
        });
    }
    if (config.Nodes.length > 1) {
        problems.push({
            what: `The Minikube profile "${profile}" has ${config.Nodes.length} nodes`,
            why: "An image built into one node's daemon is missing on the others.",
            next: `${START(`${profile}-single`)} && pulumi config set minikubeProfile ${profile}-single`,
        });
    }
    if (config.Driver === "none") {
        problems.push({
            what: `The Minikube profile "${profile}" uses the driver "none"`,
            why: "It has no Docker daemon of its own to build in.",
            next: `${START(`${profile}-docker`)} && pulumi config set minikubeProfile ${profile}-docker`,
        });
    }
    if (problems.length > 0) {
        // asking further has side effects: on containerd, docker-env starts a daemon of its own
        return { problems };
    }

    const [daemon, context] = await Promise.all([
        dockerEnv(host, profile),
        findContext(host, profile),
    ]);
    problems.push(...daemon.problems);
    if (context === undefined) {
        problems.push({
            what: `The kubeconfig has no context "${profile}"`,
            why: "Pulumi finds the cluster by its context, never by the current one.",
            next: `minikube update-context -p ${profile}`,
        });
    }
    if (context === undefined || daemon.found === undefined) {
        return { problems };
    }
    const { contents, problems: unreachable } = await look(host, context.connection, wanted);
    problems.push(...unreachable);
    if (contents === undefined || problems.length > 0) {
        return { problems };
    }
    return {
        cluster: {
            profile,
            nodeIp: config.Nodes[0]?.IP || new URL(daemon.found.DOCKER_HOST).hostname,
            dockerHost: daemon.found.DOCKER_HOST,
            dockerCertPath: daemon.found.DOCKER_CERT_PATH,
            publishedPorts: config.ExposedPorts ?? [],
            kubeconfig: context.path,
            home: { profile, authority: new X509Certificate(context.connection.ca).fingerprint256 },
            contents,
        },
        problems,
    };
}

export interface MinikubeArgs {
    cluster: Cluster;
    /** ID of the stack, which every object carries in a label. */
    stackId: pulumi.Input<string>;
    /** Objects that are there already are taken over instead of refused. */
    adopt: boolean;
    /** Deleted after everything in the cluster when the stack is destroyed. */
    last: pulumi.Resource;
}

type Options = pulumi.ComponentResourceOptions;

/** The cluster as Pulumi sees it: its two providers and its identity. */
export class Minikube extends pulumi.ComponentResource {
    /** Hands the providers and the cluster's identity to a component. */
    readonly options: Options;

    constructor(name: string, args: MinikubeArgs) {
        super("habit-tracker:minikube:Minikube", name);
        const { cluster, stackId, last, adopt } = args;
        const dockerProvider = new docker.Provider(
            `${name}-docker`,
            { host: cluster.dockerHost, certPath: cluster.dockerCertPath },
            { parent: this },
        );
        // With an unchanged clusterIdentifier the provider is never replaced, whatever port the API server moves to.
        const kubernetesProvider = new kubernetes.Provider(
            `${name}-kubernetes`,
            {
                context: cluster.profile,
                clusterIdentifier: cluster.profile,
                ...(cluster.kubeconfig === undefined ? {} : { kubeconfig: cluster.kubeconfig }),
                enableConfigMapMutable: true,
                enableSecretMutable: true,
                // the lost stack's updates own the fields, so taking them over has to be forced
                ...(adopt ? { upsertExistingObjects: true, enablePatchForce: true } : {}),
            },
            { parent: this },
        );
        this.options = {
            providers: { docker: dockerProvider, kubernetes: kubernetesProvider },
            transformations: [
                followCluster(cluster.contents.clusterUid, last),
                carryIdentity({
                    [STACK_LABEL]: stackId,
                    "app.kubernetes.io/instance": labelValue(pulumi.getStack()),
                }),
            ],
        };

        this.registerOutputs({});
    }
}

/**
 * Makes everything anew in a new cluster: `minikube delete` takes images and objects with it, and neither provider looks
 * again. And has it gone before what is last.
 */
const followCluster =
    (clusterUid: string, last: pulumi.Resource): pulumi.ResourceTransformation =>
    ({ type, props, opts }) =>
        /^(kubernetes|docker):/.test(type)
            ? {
                  props,
                  opts: {
                      ...pulumi.mergeOptions(opts, { dependsOn: last }),
                      replacementTrigger: clusterUid,
                      // names are fixed: creating first would find the old object, deleting last the new one
                      deleteBeforeReplace: true,
                  },
              }
            : undefined;

/** Puts labels on every Kubernetes object, beside its own. Pod templates are left alone: a label there would roll them. */
const carryIdentity =
    (own: Record<string, pulumi.Input<string>>): pulumi.ResourceTransformation =>
    ({ type, props, opts }) => {
        const { metadata } = props as { metadata?: { labels?: object } };
        return type.startsWith("kubernetes:") && metadata !== undefined
            ? {
                  props: {
                      ...props,
                      metadata: { ...metadata, labels: { ...metadata.labels, ...own } },
                  },
                  opts,
              }
            : undefined;
    };
