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

/** The container's half, and a root file system that nobody can write. */
export const RESTRICTED_CONTAINER: types.input.core.v1.SecurityContext = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
};

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

/** Lets pods resolve names: the cluster's DNS answers on port 53, over UDP and TCP. */
export const DNS_EGRESS: types.input.networking.v1.NetworkPolicyEgressRule = {
    ports: [
        { protocol: "UDP", port: 53 },
        { protocol: "TCP", port: 53 },
    ],
};

/** Pods of the product that another one may reach: their `app` label and their port. */
export interface Peer {
    app: string;
    port: number;
}

/** Lets pods connect to a peer; to anywhere where there is none, because then it is outside the cluster. */
export function egressTo(
    peer: Peer | undefined,
): types.input.networking.v1.NetworkPolicyEgressRule {
    return peer === undefined
        ? {}
        : {
              to: [{ podSelector: { matchLabels: selector(peer.app) } }],
              ports: [{ protocol: "TCP", port: peer.port }],
          };
}

/** Pod-template annotations: a new value rolls the pods. */
export const CONFIGURATION_DIGEST = "habit-tracker/configuration-digest";
export const IMAGE_ID = "habit-tracker/image-id";

/** How long Pulumi waits for a rollout, as a resource option. */
export function rolloutTimeouts(seconds: number): CustomTimeouts {
    return { create: `${seconds}s`, update: `${seconds}s` };
}
