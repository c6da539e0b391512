import type { ServiceType } from "./settings.ts";

/** What decides how a browser on this host reaches a Service in the cluster. */
export interface AccessFacts {
    profile: string;
    /** The node's address in the cluster's network. */
    nodeIp: string;
    /** Whether this host reaches that address. */
    reachesNode: boolean;
    /** `minikube start --ports=…`, each `[ADDRESS:]HOST_PORT:NODE_PORT[/PROTOCOL]`. */
    publishedPorts: readonly string[];
    namespace: string;
    serviceName: string;
    serviceType: ServiceType;
    servicePort: number;
    /** Undefined where the Service is no NodePort. */
    nodePort: number | undefined;
    /** The Service's own address, which a tunnel leads to; undefined until it is known. */
    clusterIp: string | undefined;
    /** The Ingress's host name, and whether there is a certificate for it; undefined without an Ingress. */
    ingress: { host: string; tls: boolean } | undefined;
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

/** The address on this host that `minikube start --ports` published for a port of the node. */
export function publishedAddress(ports: readonly string[], nodePort: number): string | undefined {
    for (const entry of ports) {
        const match = /^(?:(.+):)?(\d+):(\d+)(?:\/tcp)?$/.exec(entry);
        if (match && Number(match[3]) === nodePort) {
            const address = match[1];
            const host =
                !address || address === "0.0.0.0" || address === "::" ? "127.0.0.1" : address;
            return `${host}:${match[2]}`;
        }
    }
    return undefined;
}

/**
 * Resolves the ways in. A published port comes first: it works on every platform, also where the node's own
 * address leads nowhere (the docker driver on macOS, Windows, WSL and rootless Docker).
 */
export function resolveAccess(facts: AccessFacts): Access {
    const { profile, namespace, serviceName, servicePort, nodePort, reachesNode } = facts;
    const nodePortUrl = nodePort === undefined ? undefined : `http://${facts.nodeIp}:${nodePort}`;
    const published =
        nodePort === undefined ? undefined : publishedAddress(facts.publishedPorts, nodePort);
    if (facts.ingress !== undefined) {
        const { host, tls } = facts.ingress;
        return {
            url: `${tls ? "https" : "http"}://${host}`,
            nodePortUrl,
            // prints the controller's address, which the name has to lead to
            accessCommand: `minikube -p ${profile} kubectl -- -n ${namespace} get ingress ${serviceName}`,
            needsCommand: false,
        };
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
              url: `http://127.0.0.1:${servicePort}`,
              nodePortUrl,
              accessCommand: `minikube -p ${profile} kubectl -- -n ${namespace} port-forward service/${serviceName} ${servicePort}`,
              needsCommand: true,
          };
}
