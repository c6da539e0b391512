import * as docker from "@pulumi/docker";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Access, ServiceFacts } from "./access.ts";
import { type Contents, STACK_LABEL } from "./contents.ts";
import type { Daemon, ImageDelivery, Registry } from "./delivery.ts";
import type { Home } from "./ownership.ts";
import { labelValue } from "./pods.ts";
import type { Problem } from "./problems.ts";
import type { DeliverySetting } from "./settings.ts";

/** What the preflight looks for in a cluster. */
export interface Wanted {
    /** The Minikube profile, or the context of another cluster. */
    name: string;
    namespace: string;
    /** Names of Secrets in that namespace. */
    secrets: readonly string[];
    /** How images are to reach the nodes; undefined where none is built. */
    images: { delivery: DeliverySetting; registry: Registry | undefined } | undefined;
}

/** A cluster that is fit to deploy in. Each kind is a file of its own: minikube.ts, contextCluster.ts. */
export interface Cluster {
    /** What people call it: `Minikube "habits"`. */
    title: string;
    /** Its context, in the one kubeconfig file that holds it; no file means kubectl's default. */
    context: string;
    kubeconfig: string | undefined;
    /** The command that is kubectl in it. */
    kubectl: string;
    /** What has it measure how busy pods are. */
    metricsCommand: string;
    home: Home;
    /** What was in it when the program started. */
    contents: Contents;
    /** What its nodes run, such as `linux/amd64`. */
    platform: string;
    /** Where images are built, and how those reach its nodes; undefined where none is. */
    daemon: Daemon | undefined;
    delivery: ImageDelivery | undefined;
    /** Whether a Service of type LoadBalancer gets an address without somebody's help. */
    balancesLoad: boolean;
    /** How a browser on this host gets to a Service. */
    access: (service: ServiceFacts) => Access;
}

/** What is read of a cluster; where that fails, the problem with the command that mends it. */
export async function lookInto<Found>(
    read: () => Promise<Found>,
    { name, server, next }: { name: string; server: string; next: string },
): Promise<{ found?: Found; problems: Problem[] }> {
    try {
        return { found: await read(), problems: [] };
    } catch (error) {
        return {
            problems: [
                {
                    what: `The API server of "${name}" does not say what is in it, at ${server}`,
                    why: (error as Error).message,
                    next,
                },
            ],
        };
    }
}

/** The platform of nodes with a processor, by Node.js' or Kubernetes' name for it. */
export const platformOf = (arch: string): string => `linux/${arch === "x64" ? "amd64" : arch}`;

export interface ClusterProvidersArgs {
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
export class ClusterProviders extends pulumi.ComponentResource {
    /** Hands the providers and the cluster's identity to a component. */
    readonly options: Options;

    constructor(name: string, args: ClusterProvidersArgs) {
        // what it was called when every cluster was a Minikube: under another name the providers would be others
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
                context: cluster.context,
                clusterIdentifier: cluster.context,
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
                      // Names are fixed: creating first would find the old object, deleting last the new one. Of an image it
                      // would take the Deployment along, whose whole spec depends on it, and with that the pods.
                      ...(type.startsWith("kubernetes:") ? { deleteBeforeReplace: true } : {}),
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
