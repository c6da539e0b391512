/** What decides how a browser on this host reaches a Service in the cluster. */
export interface AccessFacts {
    profile: string;
    /** The node's address in the cluster's network. */
    nodeIp: string;
    /** URL of the API server: at the node's own address exactly where this host can reach the node. */
    apiServer: string;
    /** `minikube start --ports=…`, each `[ADDRESS:]HOST_PORT:NODE_PORT[/PROTOCOL]`. */
    publishedPorts: readonly string[];
    namespace: string;
    serviceName: string;
    servicePort: number;
    /** Undefined where the Service is no NodePort. */
    nodePort: number | undefined;
}

/** How to open the product from this host. */
export interface Access {
    /** The address that works from this host, after {@link Access.accessCommand} where nothing else leads in. */
    url: string;
    /** The address on the node, the seed's `http://<minikube-ip>:30080`; undefined without a NodePort. */
    nodePortUrl: string | undefined;
    /** The command that opens a way in from any host. */
    accessCommand: string;
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
    const { profile, namespace, serviceName, servicePort, nodePort } = facts;
    const nodePortUrl = nodePort === undefined ? undefined : `http://${facts.nodeIp}:${nodePort}`;
    const published =
        nodePort === undefined ? undefined : publishedAddress(facts.publishedPorts, nodePort);
    const forward = {
        url: `http://127.0.0.1:${servicePort}`,
        accessCommand: `minikube -p ${profile} kubectl -- -n ${namespace} port-forward service/${serviceName} ${servicePort}`,
    };
    const reachesNode = new URL(facts.apiServer).hostname === facts.nodeIp;
    const url = published === undefined ? reachesNode && nodePortUrl : `http://${published}`;
    if (!url) {
        return { ...forward, nodePortUrl };
    }
    return {
        url,
        nodePortUrl,
        accessCommand: `minikube -p ${profile} service ${serviceName} -n ${namespace} --url`,
    };
}
