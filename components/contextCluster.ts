import { X509Certificate, createHash } from "node:crypto";
import { z } from "zod";
import { contextAccess } from "./access.ts";
import { type Cluster, type Wanted, lookInto, platformOf } from "./cluster.ts";
import { chooseBuilder } from "./deliveryChoice.ts";
import { type Host, thisHost } from "./host.ts";
import { findContext } from "./kubeconfig.ts";
import type { Problem } from "./problems.ts";

const Nodes = z.object({
    items: z.array(
        z.object({
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
    const { contents, problems: unreachable } = await lookInto(
        host,
        connection,
        wanted,
        `${kubectl} get namespaces, which has to answer`,
    );
    problems.push(...unreachable);
    if (contents === undefined || problems.length > 0) {
        return { problems };
    }
    const nodes = Nodes.parse(await host.get(connection, "/api/v1/nodes")).items.map(
        ({ status }) => status,
    );
    const address = (type: string) =>
        nodes.flatMap(({ addresses }) => addresses).find((each) => each.type === type)?.address;
    const { hostname } = new URL(connection.server);
    const reached = nodes
        .flatMap(({ addresses }) => addresses)
        .some((each) => each.address === hostname);
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
            platform: platformOf(nodes[0]?.nodeInfo.architecture ?? process.arch),
            daemon: builder?.daemon,
            delivery: builder?.delivery(contents.clusterUid),
            balancesLoad: true,
            access: (service) =>
                contextAccess({
                    ...service,
                    kubectl,
                    nodeAddress: address("ExternalIP") ?? (reached ? hostname : undefined),
                }),
        },
        problems,
    };
}
