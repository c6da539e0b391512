import { z } from "zod";

/** The label that every object of a stack carries: the stack's own ID, see identity.ts. */
export const STACK_LABEL = "habit-tracker/stack";
/** The annotation on what `pulumi destroy` kept because of databaseRetain: when it did. */
export const KEPT_ANNOTATION = "habit-tracker/kept";
/** The annotations on the database's claim: PostgreSQL's major version that wrote what is in it, and the owner's user ID. */
export const POSTGRES_MAJOR_ANNOTATION = "habit-tracker/postgres-major";
export const POSTGRES_USER_ANNOTATION = "habit-tracker/postgres-user-id";

/** The annotation on the backend's Deployment: the name of the Secret that it has from somebody else (existingSecret). */
export const EXISTING_SECRET_ANNOTATION = "habit-tracker/existing-secret";
/** The annotation that Helm gives whatever it makes. */
const RELEASE_ANNOTATION = "meta.helm.sh/release-name";

/** An object in the cluster, and what it says of whose it is. */
export interface Found {
    /** Undefined for what is in no namespace. */
    namespace: string | undefined;
    name: string;
    /** The ID of the stack that it belongs to; undefined where it names none. */
    stack: string | undefined;
    /** The name of that stack, for people. */
    stackName: string | undefined;
    /** It was made by this program, whatever the stack. */
    product: boolean;
    /** A destroyed stack left it on purpose. */
    kept: boolean;
    /** The Helm release that made it (helm/habit-tracker), where one did. */
    release: string | undefined;
}

export interface Claim extends Found {
    /** What it is for: `database`, for one. */
    component: string | undefined;
    /** Requested size, a Kubernetes quantity. */
    storage: string;
    storageClass: string | undefined;
    /** There is a volume for it already. */
    hasVolume: boolean;
    /** Undefined where nobody wrote it down. */
    postgresMajor: string | undefined;
    postgresUserId: string | undefined;
}

export interface Workload extends Found {
    images: string[];
    /** Names of the PersistentVolumeClaims that its pods mount. */
    claims: string[];
    /** The number of its pods is one that an autoscaler set. */
    autoscaled: boolean;
    /** Names of the Secrets that its pods have in their environment. */
    secrets: string[];
    /** The one among them that the program did not make. */
    existingSecret: string | undefined;
}

export interface FoundSecret extends Found {
    /** Such as `Opaque`. */
    type: string;
    /** The entries, decoded. A function: whatever prints the object prints none of them. */
    entries: () => Record<string, string>;
}

/** A HorizontalPodAutoscaler. */
export interface FoundAutoscaler extends Found {
    /** Name of the object whose pods it counts. */
    target: string;
    minReplicas: number;
    maxReplicas: number;
}

export interface StorageClass {
    name: string;
    /** What makes its volumes, such as `k8s.io/minikube-hostpath`. */
    provisioner: string;
    /** Claims that name no class get this one. */
    isDefault: boolean;
    /** Its volumes can get larger. */
    grows: boolean;
}

/** What is in a cluster, as far as the stack could collide with it or lose it. */
export interface Contents {
    /** UID of the namespace kube-system: every cluster has its own. */
    clusterUid: string;
    namespaces: Found[];
    services: (Found & { nodePorts: number[] })[];
    claims: Claim[];
    /** Deployments and StatefulSets of this program, whatever the stack. */
    workloads: Workload[];
    /** Pods and what makes pods that this program did not make: looked for in a namespace that somebody made, the stack's own. */
    strangers: Found[];
    /** Those in the stack's namespace. */
    autoscalers: FoundAutoscaler[];
    /** Those in the stack's namespace that were asked for by name, and those that its Deployments have in their environment. */
    secrets: FoundSecret[];
    storageClasses: StorageClass[];
    /** The node on which Minikube makes its volumes, and its first one, by name; undefined without such volumes. */
    minikubeVolumes: { madeOn: string | undefined; primary: string | undefined } | undefined;
    /** Names of the PriorityClasses. */
    priorityClasses: string[];
    /** Whether it says how busy pods are, as an autoscaler asks it. */
    metrics: boolean;
    /** `hard` of the quota in the stack's namespace; undefined without one. */
    quota: Record<string, string> | undefined;
}

/** Everything of it that could be a stack's, apart from namespaces. */
export const objectsIn = ({ services, claims, workloads }: Contents): Found[] => [
    ...services,
    ...claims,
    ...workloads,
];

/** Whether a namespace is there, and somebody's who has nothing to do with this program; `default` is everybody's. */
export const isMadeByHand = (space: Found | undefined): boolean =>
    space !== undefined && space.name !== "default" && space.stack === undefined && !space.product;

/** Reads a path of the API server, as JSON. */
export type Get = (path: string) => Promise<unknown>;

const Texts = z.record(z.string(), z.string()).default({});
const Metadata = z
    .object({
        name: z.string(),
        namespace: z.string().optional(),
        uid: z.string().default(""),
        labels: Texts,
        annotations: Texts,
        managedFields: z
            .array(
                z.object({
                    manager: z.string().optional(),
                    subresource: z.string().optional(),
                }),
            )
            .default([]),
    })
    .transform(({ name, namespace, uid, labels, annotations, managedFields }) => ({
        uid,
        annotations,
        // the controllers set numbers of pods for autoscalers alone
        autoscaled: managedFields.some(
            ({ manager, subresource }) =>
                manager === "kube-controller-manager" && subresource === "scale",
        ),
        component: labels["component"],
        found: {
            namespace,
            name,
            stack: labels[STACK_LABEL],
            stackName: labels["app.kubernetes.io/instance"],
            product: labels["app.kubernetes.io/part-of"] === "habit-tracker",
            kept: annotations[KEPT_ANNOTATION] !== undefined,
            release: annotations[RELEASE_ANNOTATION],
        } satisfies Found,
    }));
const list = <Item extends z.ZodRawShape>(item: Item) =>
    z.object({ items: z.array(z.object({ metadata: Metadata, ...item })) });

const Services = list({
    spec: z.object({ ports: z.array(z.object({ nodePort: z.number().optional() })).default([]) }),
});
const Claims = list({
    spec: z.object({
        storageClassName: z.string().optional(),
        volumeName: z.string().optional(),
        resources: z.object({ requests: Texts }),
    }),
});
const Volumes = z
    .array(
        z.object({ persistentVolumeClaim: z.object({ claimName: z.string() }).optional() }).loose(),
    )
    .default([]);
const Workloads = list({
    spec: z.object({
        template: z.object({
            spec: z.object({
                containers: z.array(
                    z.object({
                        image: z.string(),
                        envFrom: z
                            .array(
                                z.object({
                                    secretRef: z.object({ name: z.string() }).optional(),
                                }),
                            )
                            .default([]),
                    }),
                ),
                volumes: Volumes,
            }),
        }),
    }),
});
const Autoscalers = list({
    spec: z.object({
        scaleTargetRef: z.object({ name: z.string() }),
        minReplicas: z.number().default(1),
        maxReplicas: z.number(),
    }),
});
const Pods = list({ spec: z.object({ nodeName: z.string().optional() }) });
/** Of what only the metadata counts. */
const Named = list({});
const Groups = z.object({ groups: z.array(z.object({ name: z.string() })) });
const StorageClasses = list({
    provisioner: z.string().default(""),
    allowVolumeExpansion: z.boolean().default(false),
});
const Secrets = list({ type: z.string().default("Opaque"), data: Texts });
const Quotas = list({ spec: z.object({ hard: Texts }) });

/** Name of the quota and the policy that a namespace of the stack's own has. */
export const RULES_NAME = "habit-tracker";

/** What makes Minikube's own volumes: folders of the node that it runs on, which do not say of which. */
export const MINIKUBE_VOLUMES = "k8s.io/minikube-hostpath";
const PRIMARY_LABEL = "minikube.k8s.io/primary";
/** Labels of Minikube's first node, and of all others, as a selector. */
export const [PRIMARY_NODE, OTHER_NODES] = [`${PRIMARY_LABEL}=true`, `${PRIMARY_LABEL}=false`];

const secretsOf = (
    containers: readonly { envFrom: { secretRef?: { name: string } | undefined }[] }[],
) => containers.flatMap(({ envFrom }) => envFrom.flatMap(({ secretRef }) => secretRef?.name ?? []));

async function readMinikubeVolumes(get: Get): Promise<Contents["minikubeVolumes"]> {
    const [pods, nodes] = await Promise.all([
        get(
            "/api/v1/namespaces/kube-system/pods?fieldSelector=metadata.name%3Dstorage-provisioner",
        ),
        get(`/api/v1/nodes?labelSelector=${encodeURIComponent(PRIMARY_NODE)}`),
    ]);
    return {
        madeOn: Pods.parse(pods).items[0]?.spec.nodeName,
        primary: Named.parse(nodes).items[0]?.metadata.found.name,
    };
}

/** A Secret of the namespace, by its name: others are nobody's business here. */
async function readSecret(get: Get, namespace: string, name: string): Promise<FoundSecret[]> {
    const field = encodeURIComponent(`metadata.name=${name}`);
    const body = await get(`/api/v1/namespaces/${namespace}/secrets?fieldSelector=${field}`);
    return Secrets.parse(body).items.map(({ metadata, type, data }) => ({
        ...metadata.found,
        type,
        entries: () =>
            Object.fromEntries(
                Object.entries(data).map(([key, value]) => [
                    key,
                    Buffer.from(value, "base64").toString(),
                ]),
            ),
    }));
}

/** Where pods, and what makes pods, are listed in a namespace. */
const POD_MAKERS = [
    "/api/v1/namespaces/*/pods",
    ...["deployments", "statefulsets", "daemonsets"].map(
        (kind) => `/apis/apps/v1/namespaces/*/${kind}`,
    ),
    ...["jobs", "cronjobs"].map((kind) => `/apis/batch/v1/namespaces/*/${kind}`),
];

/** What runs in a namespace, or is to, and is not this program's. */
async function readStrangers(get: Get, namespace: string): Promise<Found[]> {
    const bodies = await Promise.all(POD_MAKERS.map((path) => get(path.replace("*", namespace))));
    return bodies
        .flatMap((body) => Named.parse(body).items.map(({ metadata }) => metadata.found))
        .filter(({ product }) => !product);
}

/**
 * Looks at a cluster: ten small requests at once, then one for each Secret, two more in a Minikube, and six in a namespace
 * that somebody made.
 *
 * @param secrets names of Secrets in the namespace to look at, beside those that are in use there
 */
export async function readContents(
    get: Get,
    namespace: string,
    secrets: readonly string[],
): Promise<Contents> {
    const product = `?labelSelector=${encodeURIComponent("app.kubernetes.io/part-of=habit-tracker")}`;
    const [
        namespaces,
        services,
        claims,
        deployments,
        statefulSets,
        autoscalers,
        classes,
        priorityClasses,
        quotas,
        groups,
    ] = await Promise.all([
        get("/api/v1/namespaces").then((body) => Named.parse(body).items),
        get("/api/v1/services").then((body) => Services.parse(body).items),
        get("/api/v1/persistentvolumeclaims").then((body) => Claims.parse(body).items),
        get(`/apis/apps/v1/deployments${product}`).then((body) => Workloads.parse(body).items),
        get(`/apis/apps/v1/statefulsets${product}`).then((body) => Workloads.parse(body).items),
        // every Kubernetes knows v1, which says enough of the objects of v2 as well
        get(`/apis/autoscaling/v1/namespaces/${namespace}/horizontalpodautoscalers`).then(
            (body) => Autoscalers.parse(body).items,
        ),
        get("/apis/storage.k8s.io/v1/storageclasses").then(
            (body) => StorageClasses.parse(body).items,
        ),
        get("/apis/scheduling.k8s.io/v1/priorityclasses").then((body) => Named.parse(body).items),
        get(`/api/v1/namespaces/${namespace}/resourcequotas`).then(
            (body) => Quotas.parse(body).items,
        ),
        get("/apis").then((body) => Groups.parse(body).groups),
    ]);
    const minikubeVolumes = classes.some(({ provisioner }) => provisioner === MINIKUBE_VOLUMES)
        ? await readMinikubeVolumes(get)
        : undefined;
    const used = deployments
        .filter(({ metadata }) => metadata.found.namespace === namespace)
        .flatMap(({ spec }) => secretsOf(spec.template.spec.containers));
    const space = namespaces.find(({ metadata }) => metadata.found.name === namespace)?.metadata
        .found;
    const named = (name: string) => (item: { metadata: { found: Found } }) =>
        item.metadata.found.name === name;
    return {
        clusterUid: namespaces.find(named("kube-system"))?.metadata.uid ?? "",
        namespaces: namespaces.map(({ metadata }) => metadata.found),
        services: services.map(({ metadata, spec }) => ({
            ...metadata.found,
            nodePorts: spec.ports.flatMap(({ nodePort }) => nodePort ?? []),
        })),
        strangers: isMadeByHand(space) ? await readStrangers(get, namespace) : [],
        claims: claims.map(({ metadata, spec }) => ({
            ...metadata.found,
            // Helm leaves it when a release is uninstalled, and with it whoever had it
            kept: metadata.found.kept || metadata.found.release !== undefined,
            component: metadata.component,
            storage: spec.resources.requests["storage"] ?? "0",
            storageClass: spec.storageClassName,
            hasVolume: Boolean(spec.volumeName),
            postgresMajor: metadata.annotations[POSTGRES_MAJOR_ANNOTATION],
            postgresUserId: metadata.annotations[POSTGRES_USER_ANNOTATION],
        })),
        workloads: [...deployments, ...statefulSets].map(({ metadata, spec }) => ({
            ...metadata.found,
            images: spec.template.spec.containers.map(({ image }) => image),
            claims: spec.template.spec.volumes.flatMap(
                ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [],
            ),
            autoscaled: metadata.autoscaled,
            secrets: secretsOf(spec.template.spec.containers),
            existingSecret: metadata.annotations[EXISTING_SECRET_ANNOTATION],
        })),
        secrets: (
            await Promise.all(
                [...new Set([...secrets, ...used])].map((name) => readSecret(get, namespace, name)),
            )
        ).flat(),
        autoscalers: autoscalers.map(({ metadata, spec }) => ({
            ...metadata.found,
            target: spec.scaleTargetRef.name,
            minReplicas: spec.minReplicas,
            maxReplicas: spec.maxReplicas,
        })),
        storageClasses: classes.map(({ metadata, provisioner, allowVolumeExpansion }) => ({
            name: metadata.found.name,
            provisioner,
            isDefault:
                metadata.annotations["storageclass.kubernetes.io/is-default-class"] === "true",
            grows: allowVolumeExpansion,
        })),
        minikubeVolumes,
        priorityClasses: priorityClasses.map(({ metadata }) => metadata.found.name),
        metrics: groups.some(({ name }) => name === "metrics.k8s.io"),
        quota: quotas.find(named(RULES_NAME))?.spec.hard,
    };
}
