import type { types } from "@pulumi/kubernetes";
import type { CustomTimeouts } from "@pulumi/pulumi";

type Labels = Record<string, string>;

/** The label that all pods of the product share, for selectors across tiers. */
export const PRODUCT_LABEL: Labels = { "app.kubernetes.io/part-of": "habit-tracker" };

/** What selects a tier's pods (seed: `app: habit-tracker-backend`). It never changes: selectors are immutable. */
export function selector(app: string): Labels {
    return { app };
}

/** The labels of everything that belongs to a tier: the seed's three and the recommended set beside them. */
export function labels(app: string, component: string, version: string): Labels {
    return {
        ...selector(app),
        component,
        version,
        ...PRODUCT_LABEL,
        "app.kubernetes.io/name": app,
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/version": version,
        "app.kubernetes.io/managed-by": "pulumi",
    };
}

/** Has Pulumi go on without waiting (https://www.pulumi.com/registry/packages/kubernetes/installation-configuration/#pulumicomskipawait). */
export const NOT_AWAITED = { "pulumi.com/skipAwait": "true" };

/** Has Pulumi win over whoever else owns a field that it sets. */
export const FORCED = { "pulumi.com/patchForce": "true" };

/**
 * A ServiceAccount whose pods get no token. It is not awaited: before Kubernetes 1.24 each change would wait five minutes for
 * one more token of its own, and fail.
 */
export function tokenlessAccount(
    metadata: types.input.meta.v1.ObjectMeta,
): Pick<types.input.core.v1.ServiceAccount, "metadata" | "automountServiceAccountToken"> {
    return {
        metadata: { ...metadata, annotations: NOT_AWAITED },
        automountServiceAccountToken: false,
    };
}

/** A text as a label's value: 63 characters at most, the first and the last a letter or a digit. */
export function labelValue(text: string): string {
    return text.slice(0, 63).replace(/^[^a-z0-9]+|[^a-z0-9]+$/gi, "");
}

/** The pod's half of the "restricted" Pod Security profile, as the given user. */
export function restrictedPod(userId: number): types.input.core.v1.PodSecurityContext {
    return {
        runAsNonRoot: true,
        runAsUser: userId,
        runAsGroup: userId,
        fsGroup: userId,
        seccompProfile: { type: "RuntimeDefault" },
    };
}

/** A pod's priority; without a class it has the cluster's default. */
export function priority(className: string | undefined): { priorityClassName?: string } {
    return className === undefined ? {} : { priorityClassName: className };
}

/** The container's half, and a root file system that nobody can write. */
export const RESTRICTED_CONTAINER: types.input.core.v1.SecurityContext = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
};

/** Has the end of a failed container's log in the pod's status, from where Pulumi takes the reason that it shows. */
export const LAST_WORDS = { terminationMessagePolicy: "FallbackToLogsOnError" };

/** A writable folder that lives as long as the pod. */
export interface ScratchFolder {
    name: string;
    mountPath: string;
    sizeLimit: string;
    /** In memory, where a disk would be too slow or is expected to be shared memory. */
    medium?: "Memory";
}

/** The volumes and mounts of scratch folders, which a read-only root file system needs. */
export function scratch(folders: readonly ScratchFolder[]): {
    volumes: types.input.core.v1.Volume[];
    volumeMounts: types.input.core.v1.VolumeMount[];
} {
    return {
        volumes: folders.map(({ name, sizeLimit, medium }) => ({
            name,
            emptyDir: { sizeLimit, ...(medium === undefined ? {} : { medium }) },
        })),
        volumeMounts: folders.map(({ name, mountPath }) => ({ name, mountPath })),
    };
}

type EgressRule = types.input.networking.v1.NetworkPolicyEgressRule;

const tcp = (port: number) => ({ protocol: "TCP", port });

/** Lets pods resolve names: the cluster's DNS answers on port 53, over UDP and TCP. */
export const DNS_EGRESS: EgressRule = {
    to: [
        {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
            podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
        },
    ],
    ports: [{ protocol: "UDP", port: 53 }, tcp(53)],
};

/** Pods of the product that another one may reach: their `app` label and their port. */
export interface Peer {
    app: string;
    port: number;
}

/** Lets pods connect to a peer in the same namespace. */
export function egressTo({ app, port }: Peer): EgressRule {
    return { to: [{ podSelector: { matchLabels: selector(app) } }], ports: [tcp(port)] };
}

/** Lets pods connect to these ports anywhere: policies know addresses and pods, but no host names. */
export function egressToPorts(ports: readonly number[]): EgressRule {
    return { ports: ports.map(tcp) };
}

/** Lets pods connect to the port that a URL names or implies. */
export function egressToUrl(url: string): EgressRule {
    const { port, protocol } = new URL(url);
    return egressToPorts([port ? Number(port) : protocol === "https:" ? 443 : 80]);
}

/** Private, link-local and shared addresses (RFC 1918, 3927, 6598, 4193, 4291): what is not the Internet. */
const NOT_INTERNET = {
    v4: ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"],
    v6: ["fc00::/7", "fe80::/10"],
};

/** Lets pods connect to HTTPS servers on the Internet, and to none inside. */
export const INTERNET_EGRESS: EgressRule = {
    to: [
        { ipBlock: { cidr: "0.0.0.0/0", except: NOT_INTERNET.v4 } },
        { ipBlock: { cidr: "::/0", except: NOT_INTERNET.v6 } },
    ],
    ports: [tcp(443)],
};

/** Pod-template annotations: a new value rolls the pods. */
export const CONFIGURATION_DIGEST = "habit-tracker/configuration-digest";
export const IMAGE_ID = "habit-tracker/image-id";

/** How long Pulumi waits for a rollout, as a resource option. */
export function rolloutTimeouts(seconds: number): CustomTimeouts {
    return { create: `${seconds}s`, update: `${seconds}s` };
}
