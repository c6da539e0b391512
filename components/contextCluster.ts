import { X509Certificate, createHash } from "node:crypto";
import { z } from "zod";
import { contextAccess } from "./access.ts";
import { type Cluster, type Wanted, lookInto, platformOf } from "./cluster.ts";
import { readContents } from "./contents.ts";
import { chooseBuilder } from "./deliveryChoice.ts";
import { type Host, thisHost } from "./host.ts";
import { findContext } from "./kubeconfig.ts";
import type { Problem } from "./problems.ts";

const Nodes = z.object({
    items: z.array(
        z.object({
            metadata: z.object({ labels: z.record(z.string(), z.string()).default({}) }),
            status: z.object({
                addresses: z.array(z.object({ type: z.string(), address: z.string() })).default([]),
                nodeInfo: z.object({ architecture: z.string() }),
            }),
        }),
    ),
});

/** Looks at a cluster of the kubeconfig: the cluster where it is fit, else every problem with the command that mends it. */
export async function inspectContext(
    wanted: Wanted,
    host: Host = thisHost(),
): Promise<{ cluster?: Cluster; problems: Problem[] }> {
    const { name } = wanted;
    const kubectl = `kubectl --context ${name}`;
    const [{ builder, problems: inTheWay }, context] = await Promise.all([
        chooseBuilder(host, wanted.images, undefined),
        findContext(host, name).catch((error: unknown) => error as Error),
    ]);
    const problems = [...inTheWay];
    if (context === undefined || context instanceof Error) {
        problems.push({
            what: `The kubeconfig has no context "${name}" that can be used`,
            why: context?.message ?? "kubeContext names the cluster, never the current context.",
            next: "kubectl config get-contexts, then pulumi config set kubeContext NAME",
        });
        return { problems };
    }
    const { connection } = context;
    const get = (path: string) => host.get(connection, path);
    const { found, problems: unreachable } = await lookInto(
        async () => ({
            contents: await readContents(get, wanted.namespace, wanted.secrets),
            nodes: Nodes.parse(await get("/api/v1/nodes")).items,
        }),
        { name, server: connection.server, next: `${kubectl} get namespaces, which has to answer` },
    );
    problems.push(...unreachable);
    if (found === undefined || problems.length > 0) {
        return { problems };
    }
    const { contents, nodes } = found;
    const { hostname } = new URL(connection.server);
    const reached = nodes
        .flatMap(({ status }) => status.addresses)
        .some(({ address }) => address === hostname);
    return {
        cluster: {
            title: `the cluster "${name}"`,
            context: name,
            kubeconfig: context.path,
            kubectl,
            metricsCommand: "install https://github.com/kubernetes-sigs/metrics-server",
            home: {
                profile: name,
                // a public authority signs for many
                authority:
                    context.authority === undefined
                        ? createHash("sha256").update(connection.server).digest("hex")
                        : new X509Certificate(context.authority).fingerprint256,
            },
            contents,
            platform: platformOf(nodes[0]?.status.nodeInfo.architecture ?? process.arch),
            daemon: builder?.daemon,
            delivery: builder?.delivery(contents.clusterUid),
            // a Minikube by its context has none either
            balancesLoad: !nodes.some(({ metadata }) => "minikube.k8s.io/name" in metadata.labels),
            access: (service) =>
                contextAccess({
                    ...service,
                    kubectl,
                    nodeAddress: reached ? hostname : undefined,
                }),
        },
        problems,
    };
}
