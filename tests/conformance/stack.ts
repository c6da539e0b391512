import type { Setting } from "../cluster.ts";

/** A Kubernetes object, as far as the statements look at it. */
export interface KubernetesObject {
    apiVersion: string;
    kind: string;
    metadata: {
        name: string;
        namespace?: string;
        uid?: string;
        /** Where it is on its way out. */
        deletionTimestamp?: string;
        labels?: Record<string, string>;
        ownerReferences?: { kind: string; name: string }[];
    };
    type?: string;
    data?: Record<string, string>;
    spec: ObjectSpec;
    status?: Record<string, unknown>;
}

interface ObjectSpec {
    replicas: number;
    selector: unknown;
    strategy: { type: string; rollingUpdate: { maxSurge: number; maxUnavailable: number } };
    type: string;
    clusterIP: string;
    ports: ServicePort[];
    /** Undefined for what has no pods. */
    template?: PodTemplate;
}

interface ServicePort {
    port: number;
    targetPort: number;
    protocol: string;
    nodePort?: number;
}

/** What a workload's pods are made of. */
export interface PodTemplate {
    metadata: { labels: Record<string, string>; annotations: Record<string, string> };
    spec: PodSpec;
}

interface PodSpec {
    containers: Container[];
    initContainers?: Container[];
    securityContext: { runAsNonRoot: boolean; runAsUser: number };
}

export interface Container {
    name: string;
    image: string;
    imagePullPolicy: string;
    ports: { containerPort: number }[];
    envFrom: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
    resources: {
        requests: Record<string, string>;
        limits: Record<string, string>;
    };
    livenessProbe: Probe;
    readinessProbe: Probe;
    securityContext: { readOnlyRootFilesystem: boolean };
}

interface Probe {
    httpGet: { path: string; port: string };
    periodSeconds: number;
    initialDelaySeconds: number;
}

export type TierName = "backend" | "frontend";

/** An image as its Dockerfile makes it, or as Docker describes it. */
export interface ImageFacts {
    /** `name:tag`. */
    reference: string;
    user: string;
    exposedPorts: number[];
    /** What made it, in order: the Dockerfile's last stage, or Docker's history from our first step on. */
    steps: string[];
}

/** An image in Minikube's daemon: size in bytes, layers from the base up. */
export interface ImageContents extends Omit<ImageFacts, "reference"> {
    id: string;
    size: number;
    layers: string[];
    /** What its containers begin with, each `NAME=value`. */
    env: string[];
    workingDir: string;
}

/** The stack in one of its two forms: what the program asks for, and what is there. */
export interface Stack {
    /** The object of that kind and name. A Secret's and a ConfigMap's data is plain text. */
    object: (kind: string, name: string) => KubernetesObject;
    /** Every object that the program makes, and the Secret that it reads where somebody else made one (`existingSecret`). */
    objects: () => KubernetesObject[];
    image: (tier: TierName) => ImageFacts;
    output: (name: string) => string;
    /** The plain value of a setting: the stack's own, else the default. */
    setting: (key: string) => string;
}

/** Kubernetes objects by kind and name. */
export type Objects = Pick<Stack, "object" | "objects">;

/** The chart. */
export interface Chart {
    /** The text of a file of the chart. Throws where there is none. */
    file: (path: string) => string;
    /** Its objects, with these values instead of its own. Throws what Helm says where that refuses. */
    render: (
        values?: Readonly<Record<string, unknown>>,
        how?: {
            /** With values-local.yaml on top. */
            local?: boolean;
            /** The objects of this file alone. */
            only?: string;
            /** Other texts of some files. */
            files?: Readonly<Record<string, string>>;
        },
    ) => Promise<Objects>;
}

/** What the program asks for, recorded under mocks. */
export interface RecordedStack extends Stack {
    /** The inputs of the tier's docker.Image. */
    build: (tier: TierName) => { context: string; args: Record<string, string>; platform: string };
    /** The text of a file of the repository. Throws where there is none. */
    file: (path: string) => string;
    /** The same program with these settings on top. */
    with: (own: Record<string, string>) => Promise<RecordedStack>;
}

/** What is there, on a real Minikube. */
export interface LiveStack extends Stack {
    /** Runs a command in a tier's container and gives back what it prints. */
    exec: (tier: TierName, ...command: string[]) => Promise<string>;
    /** Runs a command on the node. */
    node: (command: string) => Promise<string>;
    kubectl: (...args: string[]) => Promise<string>;
    pulumi: (...args: string[]) => Promise<string>;
    /** Asks the product for a path at its URL. */
    page: (path: string) => Promise<Response>;
    contents: (tier: TierName) => ImageContents;
    /** The image that a tier's stands on; undefined where the daemon keeps none of it, as BuildKit does. */
    base: (tier: TierName) => ImageContents | undefined;
    /** The stack's settings by name; a secret has no value. */
    config: Record<string, Setting>;
    /** A tier's pods but for those on their way out. */
    pods: (tier: TierName) => KubernetesObject[];
}
