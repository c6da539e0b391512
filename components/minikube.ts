import { X509Certificate } from "node:crypto";
import { z } from "zod";
import { minikubeAccess } from "./access.ts";
import { type Cluster, type Wanted, lookInto, platformOf } from "./cluster.ts";
import { readContents } from "./contents.ts";
import { chooseBuilder } from "./deliveryChoice.ts";
import { type Host, thisHost, tooOld } from "./host.ts";
import { findMinikube } from "./kubeconfig.ts";
import type { Problem } from "./problems.ts";

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

/** Looks at Minikube: the cluster where it is fit, else every problem with the command that mends it. */
export async function inspectMinikube(
    wanted: Wanted,
    host: Host = thisHost(),
): Promise<{ cluster?: Cluster; problems: Problem[] }> {
    const { name: profile } = wanted;
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
    const old = tooOld(listing.err);
    if (old !== undefined) {
        return { problems: [old] };
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
        chooseBuilder(host, wanted.images, {
            profile,
            // profiles of old versions say nothing and mean docker
            runtime: config.KubernetesConfig.ContainerRuntime || "docker",
            nodes: config.Nodes.map(({ Name }, index) =>
                index === 0 ? profile : `${profile}-${Name}`,
            ),
        }),
        findMinikube(host, profile).catch((error: unknown) => error as Error),
    ]);
    const problems = [...inTheWay];
    if (context === undefined) {
        problems.push({
            what: `The kubeconfig has no context "${profile}"`,
            why: "Pulumi finds the cluster by its context, never by the current one.",
            next: `minikube update-context -p ${profile}`,
        });
    } else if (context instanceof Error) {
        problems.push({
            what: `The kubeconfig's context "${profile}" cannot be used`,
            why: context.message,
            next: `minikube start -p ${profile}, which writes it again, its certificates too`,
        });
    }
    if (context === undefined || context instanceof Error || problems.length > 0) {
        return { problems };
    }
    const { connection, authority = "" } = context;
    const { hostname } = new URL(connection.server);
    const { found: contents, problems: unreachable } = await lookInto(
        () => readContents((path) => host.get(connection, path), wanted.namespace, wanted.secrets),
        {
            name: profile,
            server: connection.server,
            next: `minikube update-context -p ${profile} || minikube start -p ${profile}`,
        },
    );
    if (contents === undefined) {
        return { problems: unreachable };
    }
    const facts = {
        profile,
        // without --context it is the current one's user that goes there, or none
        kubectl: `minikube -p ${profile} kubectl -- --context ${profile}`,
        nodeIp: config.Nodes[0]?.IP || hostname,
        reachesNode: [
            ...config.Nodes.map(({ IP }) => IP),
            config.KubernetesConfig.APIServerHAVIP,
            config.KubernetesConfig.APIServerName,
        ].includes(hostname),
        publishedPorts: config.ExposedPorts ?? [],
    };
    return {
        cluster: {
            title: `Minikube "${profile}"`,
            context: profile,
            kubeconfig: context.path,
            kubectl: facts.kubectl,
            metricsCommand: `minikube addons enable metrics-server -p ${profile}`,
            home: { profile, authority: new X509Certificate(authority).fingerprint256 },
            contents,
            // its nodes have this host's processor
            platform: platformOf(process.arch),
            daemon: builder?.daemon,
            delivery: builder?.delivery(contents.clusterUid),
            // that takes `minikube tunnel`
            balancesLoad: false,
            access: (service) => minikubeAccess({ ...facts, ...service }),
        },
        problems,
    };
}
