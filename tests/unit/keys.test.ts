// Every key of Pulumi.yaml at another value than its default: exactly what it says changes, and nothing else.
import { isDeepStrictEqual } from "node:util";
import { expect } from "chai";
import fc from "fast-check";
import { INTERNET_EGRESS } from "../../components/pods.ts";
import { report } from "../../components/problems.ts";
import { KEYS, SECRET_KEYS, checkSettings } from "../../components/settings.ts";
import {
    CLUSTER_UID,
    type ClusterContents,
    defaults,
    type FakeMinikube,
    HOST_DOCKER,
    OTHER_STACK_ID,
    installFakeMinikube,
    plain,
    resolve,
    runProgram,
} from "./harness.ts";

/** Where, as `RESOURCE PATH`, to what: the new value, or one of the words below. */
type Changes = Record<string, unknown>;
/** Another value than before, which the test cannot foretell. */
const OTHER = "(another value)";
/** A resource, or a field, that came or went. */
const ADDED = "(added)";
const REMOVED = "(removed)";

type Flat = Map<string, unknown>;

/** An object's leaves by their paths. */
function flatten(value: unknown, path: string, into: Flat): Flat {
    if (typeof value !== "object" || value === null) {
        return value === undefined ? into : into.set(path, value);
    }
    for (const [key, inner] of Object.entries(value)) {
        flatten(inner, `${path}${path.endsWith(" ") ? "" : "."}${key}`, into);
    }
    return into;
}

/** A run of the whole program: the leaves of each resource's inputs and options, and of the outputs. */
async function run(own: Record<string, string>): Promise<Map<string, Flat>> {
    const { resources, outputs } = await runProgram(own);
    const flat = resources.map(({ name, inputs, options }): [string, Flat] => [
        name,
        flatten(
            // the order of things follows from the inputs; ownership.test.ts looks at it
            {
                ...(plain(inputs) as object),
                options: { ...options, dependsOn: undefined, inputsDependOn: undefined },
            },
            `${name} `,
            new Map(),
        ),
    ]);
    const values = await Promise.all(
        Object.entries(outputs).map(async ([name, output]) => [name, await resolve(output)]),
    );
    // the hour of this run
    flat.find(([name]) => name === "identity-id")?.[1].delete("identity-id keepers.since");
    flat.push(["outputs", flatten(Object.fromEntries(values), "outputs ", new Map())]);
    return new Map(flat);
}

function difference(before: Map<string, Flat>, after: Map<string, Flat>): Changes {
    const changes: Changes = {};
    for (const name of new Set([...before.keys(), ...after.keys()])) {
        const [old, now] = [before.get(name), after.get(name)];
        if (old === undefined || now === undefined) {
            changes[name] = old === undefined ? ADDED : REMOVED;
            continue;
        }
        for (const path of new Set([...old.keys(), ...now.keys()])) {
            if (!isDeepStrictEqual(old.get(path), now.get(path))) {
                changes[path] = now.has(path) ? now.get(path) : REMOVED;
            }
        }
    }
    return changes;
}

const CONTAINER = "spec.template.spec.containers.0";
const DIGEST = "spec.template.metadata.annotations.habit-tracker/configuration-digest";
const QUOTA = "namespace-quota spec.hard";
const BACKEND_ROLLS = { [`backend-deployment ${DIGEST}`]: OTHER };
const FRONTEND_ROLLS = { [`frontend-deployment ${DIGEST}`]: OTHER };

/** The label `version`, in both spellings, on the objects of these names. */
const versions = (names: readonly string[], version: string): Changes =>
    Object.fromEntries(
        names.flatMap((name) => [
            [`${name} metadata.labels.version`, version],
            [`${name} metadata.labels.app.kubernetes.io/version`, version],
        ]),
    );
const templateVersions = (name: string, version: string): Changes => ({
    [`${name} spec.template.metadata.labels.version`]: version,
    [`${name} spec.template.metadata.labels.app.kubernetes.io/version`]: version,
});

/** An image that was built elsewhere. */
const PREBUILT = "registry.example/team/app:v3";

/** One key: another value than the default, and what it changes. */
interface Row {
    value: string;
    changes: Changes;
    /** Settings without which the key changes nothing. */
    given?: Record<string, string>;
}

/** The keys that both tiers have. In the quota each tier has three pods: one, its successor and one that drains. */
function tierRows(tier: "backend" | "frontend"): Record<string, Row> {
    const deployment = `${tier}-deployment`;
    const image = `${tier}-image-build`;
    const container = `${deployment} ${CONTAINER}`;
    const app = `habit-tracker-${tier}`;
    const objects = ["account", "deployment", "service", "network", "disruption"].map(
        (part) => `${tier}-${part}`,
    );
    const images = (imageName: string): Changes =>
        Object.fromEntries(
            ["build", "watch", "nodes"].map((part) => [
                `${tier}-image-${part} imageName`,
                imageName,
            ]),
        );
    const timing = (probe: string, field: string, value: number): Row => ({
        value: `${value}`,
        changes: { [`${container}.${probe}Probe.${field}`]: value },
    });
    // 7 instead of 3 pods of this tier, beside 3 of the other one and 1 of the database
    const threePods: Changes = {
        [`${QUOTA}.pods`]: "11",
        [`${QUOTA}.requests.cpu`]: "2600m",
        [`${QUOTA}.limits.cpu`]: "5500m",
        [`${QUOTA}.requests.memory`]: "2688Mi",
        [`${QUOTA}.limits.memory`]: "5376Mi",
        [`${QUOTA}.requests.ephemeral-storage`]: "704Mi",
        [`${QUOTA}.limits.ephemeral-storage`]: "2816Mi",
    };
    const rows: Record<string, Row> = {
        Image: {
            value: PREBUILT,
            changes: {
                [`${tier}-image-build`]: REMOVED,
                [`${tier}-image-watch`]: REMOVED,
                [`${tier}-image-nodes`]: REMOVED,
                [`${container}.image`]: PREBUILT,
                [`${deployment} spec.template.metadata.annotations.habit-tracker/image-id`]:
                    PREBUILT,
                [`outputs ${tier}Image`]: PREBUILT,
                [`outputs ${tier}ImageDelivery`]: "built elsewhere, as the setting names it",
            },
        },
        ImageName: {
            value: "other",
            changes: {
                ...images("other:v1.0.0"),
                [`${container}.image`]: "other:v1.0.0",
                [`outputs ${tier}Image`]: "other:v1.0.0",
            },
        },
        ImageTag: {
            value: "v2",
            changes: {
                ...images(`${app}:v2`),
                [`${container}.image`]: `${app}:v2`,
                [`outputs ${tier}Image`]: `${app}:v2`,
                ...versions(objects, "v2"),
                ...templateVersions(deployment, "v2"),
                // what belongs to no tier has the backend's version
                ...(tier === "backend"
                    ? versions(
                          [
                              "configuration-config",
                              "configuration-secrets",
                              "namespace-own",
                              "namespace-quota",
                              "namespace-default-deny",
                          ],
                          "v2",
                      )
                    : {}),
            },
        },
        Context: {
            value: tier === "backend" ? "./docker/frontend" : "./docker/backend",
            changes: {
                [`${image} build.context`]:
                    tier === "backend" ? "./docker/frontend" : "./docker/backend",
            },
        },
        BaseImage: {
            value: "other:1",
            changes: { [`${image} build.args.BASE_IMAGE`]: "other:1" },
        },
        Replicas: {
            value: "3",
            changes: { [`${deployment} spec.replicas`]: 3, ...threePods },
        },
        MaxReplicas: {
            value: "3",
            changes: {
                [`${tier}-autoscaler`]: ADDED,
                [`${deployment} options.ignoreChanges.0`]: "spec.replicas",
                ...threePods,
            },
        },
        CpuRequest: {
            value: "300m",
            changes: {
                [`${container}.resources.requests.cpu`]: "300m",
                [`${QUOTA}.requests.cpu`]: "1750m",
            },
        },
        CpuLimit: {
            value: "1",
            changes: {
                [`${container}.resources.limits.cpu`]: "1",
                [`${QUOTA}.limits.cpu`]: "5000m",
            },
        },
        MemoryRequest: {
            value: "300Mi",
            changes: {
                [`${container}.resources.requests.memory`]: "300Mi",
                [`${QUOTA}.requests.memory`]: "1796Mi",
            },
        },
        MemoryLimit: {
            value: "1Gi",
            changes: {
                [`${container}.resources.limits.memory`]: "1Gi",
                [`${QUOTA}.limits.memory`]: "4864Mi",
            },
        },
        EphemeralStorageRequest: {
            value: "100Mi",
            changes: {
                [`${container}.resources.requests.ephemeral-storage`]: "100Mi",
                [`${QUOTA}.requests.ephemeral-storage`]: "556Mi",
            },
        },
        EphemeralStorageLimit: {
            value: "300Mi",
            changes: {
                [`${container}.resources.limits.ephemeral-storage`]: "300Mi",
                [`${QUOTA}.limits.ephemeral-storage`]: "1924Mi",
            },
        },
        LivenessInitialDelaySeconds: timing("liveness", "initialDelaySeconds", 31),
        LivenessPeriodSeconds: timing("liveness", "periodSeconds", 11),
        ReadinessInitialDelaySeconds: {
            value: "11",
            changes: {
                [`${container}.readinessProbe.initialDelaySeconds`]: 11,
                [`${container}.startupProbe.initialDelaySeconds`]: 11,
            },
        },
        ReadinessPeriodSeconds: timing("readiness", "periodSeconds", 6),
        PodAnnotations: {
            value: '["example.org/scrape=true"]',
            changes: {
                [`${deployment} spec.template.metadata.annotations.example.org/scrape`]: "true",
            },
        },
        ServiceAnnotations: {
            value: '["example.org/internal=true"]',
            changes: { [`${tier}-service metadata.annotations.example.org/internal`]: "true" },
        },
    };
    return Object.fromEntries(Object.entries(rows).map(([key, row]) => [`${tier}${key}`, row]));
}

const DATABASE_OBJECTS = [
    ...["database-secret", "database-account", "database-service"],
    ...["database-network", "database-server", "database-volume"],
];
const DATABASE_CONTAINER = `database-server ${CONTAINER}`;
const SECRET = "configuration-secrets stringData";
const CONFIG = "configuration-config data";
const NEW_DATABASE = "postgresql://user:password@elsewhere:6432/habits";
const NEW_JWT_SECRET = "another-jwt-secret-0123456789-0123456789";

/** What a database of one's own changes. */
const OWN_DATABASE: Changes = {
    "backend-network spec.egress.1.ports.0.port": 6432,
    "backend-network spec.egress.1.to.0.podSelector.matchLabels.app": REMOVED,
    ...BACKEND_ROLLS,
    "configuration-database-password": REMOVED,
    ...Object.fromEntries(DATABASE_OBJECTS.map((name) => [name, REMOVED])),
    [`${QUOTA}.pods`]: "6",
    [`${QUOTA}.requests.cpu`]: "1500m",
    [`${QUOTA}.limits.cpu`]: "3000m",
    [`${QUOTA}.requests.memory`]: "1536Mi",
    [`${QUOTA}.limits.memory`]: "3072Mi",
    [`${QUOTA}.requests.ephemeral-storage`]: "384Mi",
    [`${QUOTA}.limits.ephemeral-storage`]: "1536Mi",
    [`${QUOTA}.persistentvolumeclaims`]: "0",
    [`${QUOTA}.requests.storage`]: "0",
};

const SCHEDULE = "0 3 * * *";

const databaseResource = (kind: string, name: string, value: string, total: string): Row => ({
    value,
    changes: {
        [`${DATABASE_CONTAINER}.resources.${kind}.${name}`]: value,
        [`${QUOTA}.${kind}.${name}`]: total,
    },
});

const IMAGE_STORES = ["backend", "frontend"].flatMap((tier) => [
    `${tier}-image-watch store`,
    `${tier}-image-nodes store`,
]);

/** Where images are pushed. */
const REGISTRY = "registry.example/team";

const LOGIN = {
    imageDelivery: "registry",
    imageRegistry: REGISTRY,
    imageRegistryUser: "robot",
    imageRegistryPassword: "t0ken",
};

/** What of a tier's image changes once it is built on this host. */
const copied = (tier: string): Changes => ({
    [`${tier}-image-nodes from.place`]: "host",
    [`${tier}-image-nodes from.daemon`]: HOST_DOCKER,
    [`${tier}-image-watch store.place`]: "host",
    [`${tier}-image-watch store.daemon`]: HOST_DOCKER,
    ...Object.fromEntries(
        ["profile", "clusterUid", "nodes.0", "runtime"].map((part) => [
            `${tier}-image-watch store.${part}`,
            REMOVED,
        ]),
    ),
});

const INGRESS = { ingressHost: "habits.example.org" };

const ROWS: Record<string, Row> = {
    minikubeProfile: {
        value: "other",
        changes: {
            "identity-id keepers.profile": "other",
            "teardown-data context": "other",
            "teardown-guard context": "other",
            "minikube-kubernetes context": "other",
            "minikube-kubernetes clusterIdentifier": "other",
            ...IMAGE_STORES.reduce<Changes>(
                (changes, store) => ({
                    ...changes,
                    [`${store}.profile`]: "other",
                    [`${store}.nodes.0`]: "other",
                }),
                {},
            ),
            "outputs accessCommand":
                "minikube -p other service habit-tracker-frontend -n habits --url",
        },
    },
    kubeContext: {
        value: "other",
        given: { imageDelivery: "registry", imageRegistry: REGISTRY },
        changes: {
            "identity-id keepers.profile": "other",
            "teardown-data context": "other",
            "teardown-guard context": "other",
            "minikube-kubernetes context": "other",
            "minikube-kubernetes clusterIdentifier": "other",
            "outputs url": "http://127.0.0.1:3000",
            "outputs nodePortUrl": REMOVED,
            "outputs urlNeedsAccessCommand": true,
            "outputs accessCommand":
                "kubectl --context other -n habits port-forward service/habit-tracker-frontend 3000",
        },
    },
    moveToCluster: {
        value: CLUSTER_UID,
        changes: { "identity-id options.ignoreChanges.0": "keepers.since" },
    },
    adoptStack: {
        value: OTHER_STACK_ID,
        changes: {
            "minikube-kubernetes upsertExistingObjects": "true",
            "minikube-kubernetes enablePatchForce": "true",
        },
    },
    imageDelivery: {
        value: "copy",
        changes: {
            ...copied("backend"),
            ...copied("frontend"),
            "minikube-docker host": HOST_DOCKER,
            "minikube-docker certPath": REMOVED,
            ...Object.fromEntries(
                ["backend", "frontend"].map((tier) => [
                    `outputs ${tier}ImageDelivery`,
                    "built by this host's Docker and copied onto every node: imageDelivery is copy",
                ]),
            ),
        },
    },
    imageRegistry: {
        value: `${REGISTRY}/other`,
        given: { imageDelivery: "registry", imageRegistry: REGISTRY },
        changes: Object.fromEntries(
            ["backend", "frontend"].flatMap((tier) => {
                const imageName = `${REGISTRY}/other/habit-tracker-${tier}:v1.0.0`;
                return [
                    [`${tier}-image-build imageName`, imageName],
                    [`${tier}-image-pushed imageName`, imageName],
                    [
                        `outputs ${tier}ImageDelivery`,
                        `built by this host's Docker, pushed to ${REGISTRY}/other and pulled by its digest: imageDelivery is registry`,
                    ],
                ];
            }),
        ),
    },
    imageRegistryUser: {
        value: "other",
        given: LOGIN,
        changes: {
            "backend-image-build registry.username": "other",
            "frontend-image-build registry.username": "other",
            "pull-secret-secret stringData..dockerconfigjson": OTHER,
        },
    },
    imageRegistryPassword: {
        value: "other",
        given: LOGIN,
        changes: {
            "backend-image-build registry.password": "other",
            "frontend-image-build registry.password": "other",
            "pull-secret-secret stringData..dockerconfigjson": OTHER,
        },
    },
    ...tierRows("backend"),
    backendServiceType: {
        value: "NodePort",
        changes: {
            "backend-service spec.type": "NodePort",
            [`${QUOTA}.services.nodeports`]: "2",
        },
    },
    backendServicePort: {
        value: "8001",
        changes: {
            "backend-service spec.ports.0.port": 8001,
            // the frontend's pods go on asking where they did
            "backend-service spec.ports.1.name": "http-fixed",
            "backend-service spec.ports.1.protocol": "TCP",
            "backend-service spec.ports.1.port": 8000,
            "backend-service spec.ports.1.targetPort": 8000,
        },
    },
    ...tierRows("frontend"),
    frontendServiceType: {
        value: "ClusterIP",
        changes: {
            "frontend-service spec.type": "ClusterIP",
            "frontend-service spec.ports.0.nodePort": REMOVED,
            [`${QUOTA}.services.nodeports`]: "0",
            "outputs nodePortUrl": REMOVED,
            "outputs url": "http://127.0.0.1:3000",
            "outputs accessCommand":
                "minikube -p minikube kubectl -- --context minikube -n habits port-forward service/habit-tracker-frontend 3000",
            "outputs urlNeedsAccessCommand": true,
        },
    },
    frontendServicePort: {
        value: "3001",
        changes: { "frontend-service spec.ports.0.port": 3001 },
    },
    frontendNodePort: {
        value: "30081",
        changes: {
            "frontend-service spec.ports.0.nodePort": 30081,
            "outputs nodePortUrl": "http://192.168.49.2:30081",
            // this one is not among the published ports, and this fake's API server not at the node's address
            "outputs url": "http://127.0.0.1:3000",
            "outputs accessCommand":
                "minikube -p minikube kubectl -- --context minikube -n habits port-forward service/habit-tracker-frontend 3000",
            "outputs urlNeedsAccessCommand": true,
        },
    },
    ingressHost: {
        value: "habits.example.org",
        changes: {
            ingress: ADDED,
            "ingress-host": ADDED,
            "outputs url": "http://habits.example.org",
            "outputs accessCommand":
                "minikube -p minikube kubectl -- --context minikube -n habits get ingress habit-tracker-frontend",
        },
    },
    ingressClassName: {
        value: "nginx",
        given: INGRESS,
        changes: { "ingress-host spec.ingressClassName": "nginx" },
    },
    ingressTlsSecretName: {
        value: "habits-tls",
        given: INGRESS,
        changes: {
            "ingress-host spec.tls.0.hosts.0": INGRESS.ingressHost,
            "ingress-host spec.tls.0.secretName": "habits-tls",
            "outputs url": "https://habits.example.org",
        },
    },
    ingressAnnotations: {
        value: '["cert-manager.io/cluster-issuer=letsencrypt"]',
        given: INGRESS,
        changes: {
            "ingress-host metadata.annotations.cert-manager.io/cluster-issuer": "letsencrypt",
        },
    },
    autoscalingCpuPercent: {
        value: "60",
        given: { backendMaxReplicas: "2" },
        changes: {
            "backend-autoscaler spec.metrics.0.resource.target.averageUtilization": 60,
        },
    },
    priorityClassName: {
        value: "urgent",
        changes: Object.fromEntries(
            ["backend-deployment", "frontend-deployment", "database-server"].map((name) => [
                `${name} spec.template.spec.priorityClassName`,
                "urgent",
            ]),
        ),
    },
    imagePullPolicy: {
        value: "Never",
        changes: {
            [`backend-deployment ${CONTAINER}.imagePullPolicy`]: "Never",
            [`frontend-deployment ${CONTAINER}.imagePullPolicy`]: "Never",
        },
    },
    drainSeconds: {
        value: "9",
        changes: Object.fromEntries(
            ["backend-deployment", "frontend-deployment"].flatMap((name) => [
                [`${name} ${CONTAINER}.env.0.value`, "9"],
                [`${name} spec.template.spec.terminationGracePeriodSeconds`, 39],
            ]),
        ) as Changes,
    },
    rolloutTimeoutSeconds: {
        value: "400",
        changes: Object.fromEntries([
            ...["backend-deployment", "frontend-deployment"].map((name) => [
                `${name} spec.progressDeadlineSeconds`,
                400,
            ]),
            ...["backend-deployment", "frontend-deployment", "database-server"].flatMap((name) => [
                [`${name} options.timeouts.create`, "400s"],
                [`${name} options.timeouts.update`, "400s"],
            ]),
        ]) as Changes,
    },
    configMapName: {
        value: "other-config",
        changes: {
            "configuration-config metadata.name": "other-config",
            [`backend-deployment ${CONTAINER}.envFrom.0.configMapRef.name`]: "other-config",
            [`frontend-deployment ${CONTAINER}.envFrom.0.configMapRef.name`]: "other-config",
        },
    },
    apiUrl: {
        value: "https://elsewhere:8443",
        changes: {
            [`${CONFIG}.NEXT_PUBLIC_API_URL`]: "https://elsewhere:8443",
            "frontend-network spec.egress.1.ports.0.port": 8443,
            "frontend-network spec.egress.1.to.0.podSelector.matchLabels.app": REMOVED,
            ...FRONTEND_ROLLS,
        },
    },
    geminiModel: {
        value: "gemini-9",
        changes: { [`${CONFIG}.GEMINI_MODEL`]: "gemini-9", ...BACKEND_ROLLS },
    },
    geminiBaseUrl: {
        value: "http://gateway:8080",
        changes: { [`${CONFIG}.GEMINI_BASE_URL`]: "http://gateway:8080", ...BACKEND_ROLLS },
    },
    chatDailyTokens: {
        value: "50000",
        changes: { [`${CONFIG}.CHAT_DAILY_TOKENS`]: "50000", ...BACKEND_ROLLS },
    },
    cookieSecure: {
        value: "true",
        changes: { [`${CONFIG}.COOKIE_SECURE`]: "true", ...FRONTEND_ROLLS },
    },
    extraConfig: {
        value: '["FLAG=on"]',
        changes: { [`${CONFIG}.FLAG`]: "on", ...BACKEND_ROLLS, ...FRONTEND_ROLLS },
    },
    secretName: {
        value: "other-secrets",
        changes: {
            "configuration-secrets metadata.name": "other-secrets",
            [`backend-deployment ${CONTAINER}.envFrom.1.secretRef.name`]: "other-secrets",
        },
    },
    existingSecret: {
        value: "mine",
        changes: {
            "configuration-secrets": REMOVED,
            [`backend-deployment ${CONTAINER}.envFrom.1.secretRef.name`]: "mine",
            "backend-deployment metadata.annotations.habit-tracker/existing-secret": "mine",
            // what is in it, see below
            ...OWN_DATABASE,
        },
    },
    databaseUrl: {
        value: NEW_DATABASE,
        changes: { [`${SECRET}.DATABASE_URL`]: NEW_DATABASE, ...OWN_DATABASE },
    },
    jwtSecret: {
        value: NEW_JWT_SECRET,
        changes: {
            [`${SECRET}.JWT_SECRET`]: NEW_JWT_SECRET,
            "configuration-jwt-secret": REMOVED,
            ...BACKEND_ROLLS,
        },
    },
    jwtSecretPrevious: {
        value: NEW_JWT_SECRET,
        changes: { [`${SECRET}.JWT_SECRET_PREVIOUS`]: NEW_JWT_SECRET, ...BACKEND_ROLLS },
    },
    jwtAlgorithm: {
        value: "HS512",
        changes: { [`${SECRET}.JWT_ALGORITHM`]: "HS512", ...BACKEND_ROLLS },
    },
    geminiApiKey: {
        value: "a-key",
        changes: {
            [`${SECRET}.GEMINI_API_KEY`]: "a-key",
            ...BACKEND_ROLLS,
            ...Object.fromEntries(
                flatten(INTERNET_EGRESS, "backend-network spec.egress.2", new Map()),
            ),
        },
    },
    databaseImage: {
        value: "postgres:18.0-bookworm",
        changes: {
            [`${DATABASE_CONTAINER}.image`]: "postgres:18.0-bookworm",
            "database-volume metadata.annotations.habit-tracker/postgres-major": "18",
            ...versions(DATABASE_OBJECTS, "18.0-bookworm"),
            ...templateVersions("database-server", "18.0-bookworm"),
        },
    },
    databaseUserId: {
        value: "70",
        changes: {
            "database-volume metadata.annotations.habit-tracker/postgres-user-id": "70",
            "database-server spec.template.spec.securityContext.runAsUser": 70,
            "database-server spec.template.spec.securityContext.runAsGroup": 70,
            "database-server spec.template.spec.securityContext.fsGroup": 70,
        },
    },
    databaseStorage: {
        value: "2Gi",
        changes: {
            "database-volume spec.resources.requests.storage": "2Gi",
            [`${QUOTA}.requests.storage`]: "2Gi",
        },
    },
    databaseCpuRequest: databaseResource("requests", "cpu", "200m", "1700m"),
    databaseCpuLimit: databaseResource("limits", "cpu", "1", "4000m"),
    databaseMemoryRequest: databaseResource("requests", "memory", "200Mi", "1736Mi"),
    databaseMemoryLimit: databaseResource("limits", "memory", "512Mi", "3584Mi"),
    databaseEphemeralStorageRequest: databaseResource(
        ...(["requests", "ephemeral-storage", "100Mi", "484Mi"] as const),
    ),
    databaseEphemeralStorageLimit: databaseResource(
        ...(["limits", "ephemeral-storage", "300Mi", "1836Mi"] as const),
    ),
    storageClass: {
        value: "fast",
        changes: { "database-volume spec.storageClassName": "fast" },
    },
    databaseClaimName: {
        value: "other",
        changes: {
            "database-volume metadata.name": "other",
            "database-server spec.template.spec.volumes.0.persistentVolumeClaim.claimName": "other",
        },
    },
    // a yes to a question that is not asked here
    databaseAbandon: { value: "habits/other", changes: {} },
    databaseRetain: {
        value: "true",
        changes: { "teardown-data retain": true, "teardown-guard retain": true },
    },
    databaseExistingClaim: {
        value: "kept",
        changes: {
            "database-volume": REMOVED,
            "database-server spec.template.spec.volumes.0.persistentVolumeClaim.claimName": "kept",
            "teardown-data existingClaim": "kept",
            "teardown-guard existingClaim": "kept",
        },
    },
    backupSchedule: {
        value: SCHEDULE,
        changes: {
            ...Object.fromEntries(
                ["", "-volume", "-account", "-network", "-schedule"].map((part) => [
                    `backups${part}`,
                    ADDED,
                ]),
            ),
            "database-network spec.ingress.0.from.1.podSelector.matchLabels.app":
                "habit-tracker-backup",
            [`${DATABASE_CONTAINER}.volumeMounts.5.name`]: "backups",
            [`${DATABASE_CONTAINER}.volumeMounts.5.mountPath`]: "/var/backups/habit-tracker",
            [`${DATABASE_CONTAINER}.volumeMounts.5.readOnly`]: true,
            "database-server spec.template.spec.volumes.5.name": "backups",
            "database-server spec.template.spec.volumes.5.persistentVolumeClaim.claimName":
                "habit-tracker-backups",
            "database-server spec.template.spec.volumes.5.persistentVolumeClaim.readOnly": true,
            // one more pod like the database's
            [`${QUOTA}.pods`]: "8",
            [`${QUOTA}.requests.cpu`]: "1700m",
            [`${QUOTA}.limits.cpu`]: "4000m",
            [`${QUOTA}.requests.memory`]: "1792Mi",
            [`${QUOTA}.limits.memory`]: "3584Mi",
            [`${QUOTA}.requests.ephemeral-storage`]: "512Mi",
            [`${QUOTA}.limits.ephemeral-storage`]: "2048Mi",
            [`${QUOTA}.persistentvolumeclaims`]: "2",
            [`${QUOTA}.requests.storage`]: "2048Mi",
        },
    },
    backupKeep: {
        value: "3",
        given: { backupSchedule: SCHEDULE },
        changes: {
            "backups-schedule spec.jobTemplate.spec.template.spec.containers.0.env.4.value": "3",
        },
    },
    backupStorage: {
        value: "2Gi",
        given: { backupSchedule: SCHEDULE },
        changes: {
            "backups-volume spec.resources.requests.storage": "2Gi",
            [`${QUOTA}.requests.storage`]: "3072Mi",
        },
    },
};

/** What a key's value has to find in the cluster. */
const THERE: Record<string, ClusterContents> = {
    databaseExistingClaim: {
        // nobody's
        persistentvolumeclaims: [
            {
                metadata: { name: "kept", namespace: "habits" },
                spec: { resources: { requests: { storage: "1Gi" } } },
            },
        ],
    },
    existingSecret: {
        secrets: [
            {
                metadata: { name: "mine", namespace: "habits" },
                type: "Opaque",
                data: {
                    DATABASE_URL: Buffer.from(NEW_DATABASE).toString("base64"),
                    JWT_SECRET: Buffer.from(NEW_JWT_SECRET).toString("base64"),
                },
            },
        ],
    },
    storageClass: { storageclasses: [{ metadata: { name: "fast" } }] },
    priorityClassName: { priorityclasses: [{ metadata: { name: "urgent" } }] },
};

describe("each setting", () => {
    let minikube: FakeMinikube;
    let base: Map<string, Flat>;
    /** A namespace of the stack's own, where there is a quota to look at too. */
    const own = { namespace: "habits" };
    before(async () => {
        minikube = await installFakeMinikube();
        base = await run(own);
    });
    after(() => minikube.uninstall());

    it("has a row below", () => {
        expect(["namespace", ...Object.keys(ROWS)]).to.have.members([...KEYS]);
    });

    for (const [key, { value, changes, given }] of Object.entries(ROWS)) {
        it(`${key} changes what it says and nothing else`, async () => {
            minikube.setContents(THERE[key] ?? {});
            const before = given ? await run({ ...own, ...given }) : base;
            const actual = difference(before, await run({ ...own, ...given, [key]: value }));
            for (const [path, expected] of Object.entries(changes)) {
                if (expected === OTHER && actual[path] !== REMOVED && path in actual) {
                    actual[path] = OTHER;
                }
            }
            expect(actual).to.deep.equal(changes);
        });
    }

    it("namespace moves every object, and brings its own with a quota", async () => {
        const actual = difference(await run({}), base);
        const moved = Object.keys(actual).filter((path) => path.endsWith(" metadata.namespace"));
        const objects = [...base.values()].filter((flat) =>
            [...flat.keys()].some((path) => path.endsWith(" metadata.namespace")),
        );
        expect(moved).to.have.length(objects.length - 1);
        expect(moved.map((path) => actual[path])).to.satisfy((values: unknown[]) =>
            values.every((value) => value === "habits"),
        );
        const others = Object.keys(actual).filter((path) => !moved.includes(path));
        expect(others).to.have.members([
            ...["namespace-own", "namespace-quota", "outputs namespace", "outputs accessCommand"],
            "namespace-default-deny spec.podSelector.matchLabels.app.kubernetes.io/part-of",
        ]);
    });
});

/** RFC 1123, as Kubernetes asks it of most names. */
const LABEL_NAME = /^(?=.{1,63}$)[a-z0-9]+(-+[a-z0-9]+)*$/;
const DNS_SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9]+([-.]+[a-z0-9]+)*$/;
const COUNT = /^\d{1,5}$/;

/** What of a value has to be so that Kubernetes, Docker and PostgreSQL take it, by their own rules; the first that fits. */
const TAKERS: readonly (readonly [keys: RegExp, form: RegExp])[] = [
    [/^(namespace|configMapName|secretName|databaseClaimName)$/, LABEL_NAME],
    [/^databaseExistingClaim$/, LABEL_NAME],
    [
        /^(ingressHost|ingressClassName|ingressTlsSecretName|storageClass|priorityClassName)$/,
        DNS_SUBDOMAIN,
    ],
    [/(Replicas|Seconds|Port|Percent|Keep|UserId)$/, COUNT],
    [/Cpu(Request|Limit)$/, /^\d+(\.\d+)?m?$/],
    [/(Memory|Storage)(Request|Limit)?$/, /^\d+(\.\d+)?[KMGT]i$/],
    // a tag that is a label's value as well
    [/ImageTag$/, /^(?=.{1,63}$)[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/],
    // Docker's reference grammar: lower case, and nothing that a shell or a URL would read
    [/ImageName$/, /^[a-z0-9][a-z0-9._/-]*$/],
    [/(Image|BaseImage)$/, /^[a-z0-9][\w.:/@-]*$/],
    // RFC 9110: both go into a header of a request
    [/(ApiKey|RegistryPassword)$/, /^\S+$/],
];

describe("any value of a setting", () => {
    const values = defaults();
    const samples: Record<string, string> = {
        ...values,
        ...Object.fromEntries(Object.entries(ROWS).map(([key, { value }]) => [key, value])),
        ...Object.fromEntries(
            ["imageRegistryPassword", "geminiApiKey"].map((key) => [key, NEW_JWT_SECRET]),
        ),
    };

    /** Values as they come, and ones that are a slip away from a good one. */
    const anyValue = (good: string) =>
        fc.oneof(
            fc.string(),
            fc.integer().map(String),
            fc
                .tuple(fc.nat(good.length), fc.nat(2), fc.string({ maxLength: 3 }))
                .map(([at, gone, added]) => good.slice(0, at) + added + good.slice(at + gone)),
            fc.constantFrom(`${good}\n`, ` ${good}`, `${good}\0`, good),
        );

    for (const key of KEYS) {
        const form = TAKERS.find(([keys]) => keys.test(key))?.[1];
        it(`is none that others would refuse, or is refused by name: ${key}`, () => {
            fc.assert(
                fc.property(anyValue(samples[key] ?? ""), (value) => {
                    const { settings, problems } = checkSettings({
                        values: { ...values, [key]: value },
                        isEncrypted: (name) => SECRET_KEYS.includes(name),
                    });
                    if (settings === undefined) {
                        const text = report(problems);
                        expect(text).to.contain(key);
                        // a short one may be in a message by chance
                        if (SECRET_KEYS.includes(key) && value.trim().length > 12) {
                            expect(text).not.to.contain(value);
                        }
                    } else if (form !== undefined && value !== "") {
                        expect(value).to.match(form);
                    }
                }),
            );
        });
    }
});
