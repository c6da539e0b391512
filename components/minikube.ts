import { X509Certificate } from "node:crypto";
import * as docker from "@pulumi/docker";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { type Contents, STACK_LABEL, readContents } from "./contents.ts";
import type { Daemon, ImageDelivery } from "./delivery.ts";
import { chooseBuilder } from "./deliveryChoice.ts";
import { type Host, thisHost } from "./host.ts";
import { type Connection, findContext } from "./kubeconfig.ts";
import type { Home } from "./ownership.ts";
import { labelValue } from "./pods.ts";
import type { Problem } from "./problems.ts";
import type { DeliverySetting } from "./settings.ts";

/** What the preflight looks for. */
export interface Wanted {
    profile: string;
    namespace: string;
    /** How images are to reach the nodes; undefined where none is built. */
    imageDelivery: DeliverySetting | undefined;
}

/** A Minikube that is fit to build and deploy in. */
export interface Cluster {
    profile: string;
    nodeIp: string;
    /** Whether this host reaches the node at its own address: not with Docker in a virtual machine, as on macOS and Windows. */
    reachesNode: boolean;
    publishedPorts: readonly string[];
    /** The one kubeconfig file that holds the context; undefined means kubectl's default. */
    kubeconfig: string | undefined;
    home: Home;
    /** What was in it when the program started. */
    contents: Contents;
    /** Where images are built, and how those reach its nodes; undefined where none is. */
    daemon: Daemon | undefined;
    delivery: ImageDelivery | undefined;
}

const Profiles = z.object({
    valid: z.array(
        z.object({
            Name: z.string(),
            Config: z.object({
                Driver: z.string().optional(),
                ExposedPorts: z.array(z.string()).nullish(),
                KubernetesConfig: z.object({
                    ContainerRuntime: z.string().optional(),
                    /** Other addresses of the API server: of several control planes, and by name. */
                    APIServerHAVIP: z.string().optional(),
                    APIServerName: z.string().optional(),
                }),
                Nodes: z.array(
                    z.object({ Name: z.string().default(""), IP: z.string().optional() }),
                ),
            }),
        }),
    ),
});
/** The command that makes a Minikube. */
const startCommand = (profile: string) => `minikube start -p ${profile} --driver=docker`;

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
                        ? `${startCommand(profile)}, or pulumi config set minikubeProfile NAME`
                        : startCommand(profile),
                },
            ],
        };
    }

    if (config.Driver === "none") {
        return {
            problems: [
                {
                    what: `The Minikube profile "${profile}" uses the driver "none"`,
                    why: "It has no node of its own that images could be brought to.",
                    next: `${startCommand(`${profile}-docker`)} && pulumi config set minikubeProfile ${profile}-docker`,
                },
            ],
        };
    }

    const [{ builder, problems: inTheWay }, context] = await Promise.all([
        wanted.imageDelivery === undefined
            ? { builder: undefined, problems: [] }
            : chooseBuilder(host, wanted.imageDelivery, {
                  profile,
                  // profiles of old versions say nothing and mean docker
                  runtime: config.KubernetesConfig.ContainerRuntime || "docker",
                  nodes: config.Nodes.map(({ Name }, index) =>
                      index === 0 ? profile : `${profile}-${Name}`,
                  ),
              }),
        findContext(host, profile),
    ]);
    const problems = [...inTheWay];
    if (context === undefined) {
        problems.push({
            what: `The kubeconfig has no context "${profile}"`,
            why: "Pulumi finds the cluster by its context, never by the current one.",
            next: `minikube update-context -p ${profile}`,
        });
    }
    if (context === undefined || problems.length > 0) {
        return { problems };
    }
    const { connection } = context;
    const { hostname } = new URL(connection.server);
    const { contents, problems: unreachable } = await look(host, connection, wanted);
    problems.push(...unreachable);
    if (contents === undefined || problems.length > 0) {
        return { problems };
    }
    return {
        cluster: {
            profile,
            nodeIp: config.Nodes[0]?.IP || hostname,
            reachesNode: [
                ...config.Nodes.map(({ IP }) => IP),
                config.KubernetesConfig.APIServerHAVIP,
                config.KubernetesConfig.APIServerName,
            ].includes(hostname),
            publishedPorts: config.ExposedPorts ?? [],
            kubeconfig: context.path,
            home: { profile, authority: new X509Certificate(connection.ca).fingerprint256 },
            contents,
            daemon: builder?.daemon,
            delivery: builder?.delivery(contents.clusterUid),
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
    /** Runs dynamic resources. */
    scripts: pulumi.ProviderResource;
}

type Options = pulumi.ComponentResourceOptions;

/** The cluster as Pulumi sees it: its two providers and its identity. */
export class Minikube extends pulumi.ComponentResource {
    /** Hands the providers and the cluster's identity to a component. */
    readonly options: Options;

    constructor(name: string, args: MinikubeArgs) {
        super("habit-tracker:minikube:Minikube", name);
        const { cluster, stackId, last, adopt } = args;
        const { daemon } = cluster;
        const builder =
            daemon === undefined
                ? {}
                : { docker: new docker.Provider(`${name}-docker`, daemon, { parent: this }) };
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
            providers: {
                ...builder,
                kubernetes: kubernetesProvider,
                "pulumi-nodejs": args.scripts,
            },
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
                      // and with what triggers it besides
                      replacementTrigger: pulumi
                          .output(opts.replacementTrigger as pulumi.Input<string> | undefined)
                          .apply((own) =>
                              own === undefined ? clusterUid : `${clusterUid} ${own}`,
                          ),
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
