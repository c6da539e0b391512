import { isIPv6 } from "node:net";
import type { ServiceType } from "./settings.ts";

/** The Service that a browser is to reach. */
export interface ServiceFacts {
    namespace: string;
    serviceName: string;
    serviceType: ServiceType;
    servicePort: number;
    /** Undefined where the Service is no NodePort. */
    nodePort: number | undefined;
    /** The Service's own address in the cluster; undefined until it is known. */
    clusterIp: string | undefined;
    /** What a load balancer gave it; undefined where nothing did. */
    balancerAddress: string | undefined;
    /** The Ingress's host name, and whether there is a certificate for it; undefined without an Ingress. */
    ingress: { host: string; tls: boolean } | undefined;
}

/** The same, in a cluster. */
interface ReachedFacts extends ServiceFacts {
    /** The command that is kubectl in it. */
    kubectl: string;
}

/** What decides how this host reaches a Service in a Minikube. */
export interface MinikubeFacts extends ReachedFacts {
    profile: string;
    /** The node's address in the cluster's network. */
    nodeIp: string;
    /** Whether this host reaches that address. */
    reachesNode: boolean;
    /** `minikube start --ports=…`, each `[ADDRESS:]HOST_PORT:NODE_PORT[/PROTOCOL]`. */
    publishedPorts: readonly string[];
}

/** What decides how this host reaches a Service in any cluster. */
export interface ContextFacts extends ReachedFacts {
    /** A node's address that this host reaches; undefined where it may reach none. */
    nodeAddress: string | undefined;
}

/** How to open the product from this host. */
export interface Access {
    /** The address that works from this host, after {@link Access.accessCommand} where nothing else leads in. */
    url: string;
    /** The address on the node, the seed's `http://<minikube-ip>:30080`; undefined without a NodePort. */
    nodePortUrl: string | undefined;
    /** The command that opens a way in from any host; with an Ingress, the one that shows where its name has to lead. */
    accessCommand: string;
    /** Whether the URL leads nowhere until that command runs. */
    needsCommand: boolean;
}

/** An address as a URL has it. */
const inUrl = (address: string) => (isIPv6(address) ? `[${address}]` : address);

/** The address on this host that `minikube start --ports` published for a port of the node. */
export function publishedAddress(ports: readonly string[], nodePort: number): string | undefined {
    for (const entry of ports) {
        const match = /^(?:(.+):)?(\d+):(\d+)(?:\/tcp)?$/.exec(entry);
        if (match && Number(match[3]) === nodePort) {
            // an IPv6 address may be in brackets
            const address = match[1]?.replace(/^\[(.*)\]$/, "$1") ?? "0.0.0.0";
            const everywhere = address === "0.0.0.0" || address === "::";
            return `${everywhere ? "127.0.0.1" : inUrl(address)}:${match[2]}`;
        }
    }
    return undefined;
}

/** The way in of any cluster that has no other: a port of this host, while kubectl forwards it. */
const forwarded = ({
    kubectl,
    namespace,
    serviceName,
    servicePort,
}: ReachedFacts): Pick<Access, "url" | "accessCommand"> => ({
    url: `http://127.0.0.1:${servicePort}`,
    accessCommand: `${kubectl} -n ${namespace} port-forward service/${serviceName} ${servicePort}`,
});

/** The way in by an Ingress's host name; the command prints the controller's address, which that has to lead to. */
function byName({
    kubectl,
    ingress,
    namespace,
    serviceName,
}: ReachedFacts): Omit<Access, "nodePortUrl"> | undefined {
    return (
        ingress && {
            url: `${ingress.tls ? "https" : "http"}://${ingress.host}`,
            accessCommand: `${kubectl} -n ${namespace} get ingress ${serviceName}`,
            needsCommand: false,
        }
    );
}

/** Resolves the ways into any cluster: an Ingress, what its load balancer says, a port of a node, else a forwarded port. */
export function contextAccess(facts: ContextFacts): Access {
    const { servicePort, nodePort, nodeAddress, balancerAddress } = facts;
    const nodePortUrl =
        nodePort === undefined || nodeAddress === undefined
            ? undefined
            : `http://${nodeAddress}:${nodePort}`;
    const url =
        balancerAddress === undefined
            ? nodePortUrl
            : `http://${inUrl(balancerAddress)}:${servicePort}`;
    const named = byName(facts);
    if (named !== undefined) {
        return { ...named, nodePortUrl };
    }
    const forward = forwarded(facts);
    return {
        url: url ?? forward.url,
        nodePortUrl,
        accessCommand: forward.accessCommand,
        needsCommand: url === undefined,
    };
}

/**
 * Resolves the ways into a Minikube. A published port comes first: it works on every platform, also where the node's own
 * address leads nowhere (the docker driver on macOS, Windows, WSL and rootless Docker).
 */
export function minikubeAccess(facts: MinikubeFacts): Access {
    const { profile, namespace, serviceName, servicePort, nodePort, reachesNode } = facts;
    const nodePortUrl = nodePort === undefined ? undefined : `http://${facts.nodeIp}:${nodePort}`;
    const published =
        nodePort === undefined ? undefined : publishedAddress(facts.publishedPorts, nodePort);
    const named = byName(facts);
    if (named !== undefined) {
        return { ...named, nodePortUrl };
    }
    if (facts.serviceType === "LoadBalancer") {
        // where this host reaches the node, the tunnel is a route to the Service; elsewhere a port of this host (the seed's URL)
        const host = reachesNode ? (facts.clusterIp ?? "localhost") : "localhost";
        return {
            url: `http://${host}:${servicePort}`,
            nodePortUrl,
            accessCommand: `minikube -p ${profile} tunnel`,
            needsCommand: true,
        };
    }
    const url = published === undefined ? reachesNode && nodePortUrl : `http://${published}`;
    return url
        ? {
              url,
              nodePortUrl,
              accessCommand: `minikube -p ${profile} service ${serviceName} -n ${namespace} --url`,
              needsCommand: false,
          }
        : {
              ...forwarded(facts),
              nodePortUrl,
              needsCommand: true,
          };
}
