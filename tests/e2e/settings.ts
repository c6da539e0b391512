import { cp } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { BACKEND_APP } from "../../components/backend.ts";
import { SECRET_KEYS } from "../../components/settings.ts";
import { type Installation, PROFILE } from "./installation.ts";

/** Settings that are changed together, since what they change is the same. */
export interface Group {
    /** What the change does to the stack, in words. */
    effect: string;
    /** The new values; those of secrets are stored encrypted. */
    values: Record<string, string>;
    /** What the refusal says, where the change is refused before anything changes. */
    refusal?: RegExp;
    /** Where the page is not at the URL meanwhile, so that it is read once all is set back. */
    closed?: boolean;
    /** Where it goes on at the same URL, without a failed request. */
    uninterrupted?: boolean;
}

const SECRET = "0123456789abcdef".repeat(4);

/** The keys that both tiers have, at other values than their defaults. */
const tier = (name: "backend" | "frontend") =>
    Object.fromEntries(
        Object.entries({
            Replicas: "2",
            CpuRequest: "200m",
            CpuLimit: "600m",
            MemoryRequest: "200Mi",
            MemoryLimit: "600Mi",
            EphemeralStorageRequest: "32Mi",
            EphemeralStorageLimit: "300Mi",
            LivenessInitialDelaySeconds: "20",
            LivenessPeriodSeconds: "15",
            ReadinessInitialDelaySeconds: "5",
            ReadinessPeriodSeconds: "3",
            ServicePort: name === "backend" ? "8001" : "3001",
            PodAnnotations: '["example.org/of=the pod"]',
            ServiceAnnotations: '["example.org/of=the Service"]',
        }).map(([key, value]) => [`${name}${key}`, value]),
    );

/** Sets the group's values, secrets encrypted. */
export async function setAll(installation: Installation, { values }: Group): Promise<void> {
    const isSecret = ([key]: [string, string]) => SECRET_KEYS.includes(key);
    const entries = Object.entries(values);
    await installation.set(Object.fromEntries(entries.filter((entry) => !isSecret(entry))));
    for (const [key, input] of entries.filter(isSecret)) {
        await installation.shell(`pulumi config set --secret ${key}`, { input });
    }
}

const PRIORITY = "habit-tracker-e2e";

/** Folders and images that the groups below name: the same things under other names. */
export async function prepareSettings(installation: Installation): Promise<void> {
    for (const name of ["backend", "frontend"]) {
        await cp(
            join(installation.folder, `docker/${name}`),
            join(installation.folder, `docker/${name}-copy`),
            { recursive: true },
        );
        const base = await installation.shell(`pulumi config get ${name}BaseImage`);
        await installation.node(`docker tag ${base} e2e/${name}-base:1`);
        await installation.node(`docker tag habit-tracker-${name}:v1.0.0 e2e/${name}:elsewhere`);
    }
    const image = await installation.shell("pulumi config get databaseImage");
    await installation.node(`docker tag ${image} e2e/postgres:17-other`);
    // as much as none: pods of a higher one would push others out of a node that is full
    await installation.apply([
        {
            apiVersion: "scheduling.k8s.io/v1",
            kind: "PriorityClass",
            metadata: { name: PRIORITY },
            value: 0,
        },
    ]);
}

const STRAYS = "-d 10.96.0.0/12 -p tcp -m conntrack --ctstate NEW -j REJECT";

/**
 * Counts the connections of pods to a Service's address at a port that the Service does not have, while something changes.
 * They are refused: otherwise they would leave the node, for whoever answers there. Every Service needs a ready pod meanwhile.
 */
export async function countStrays(
    installation: Installation,
    change: () => Promise<unknown>,
): Promise<number> {
    await installation.node(`sudo iptables -I FORWARD ${STRAYS}`);
    try {
        await change();
        const [line = ""] = (await installation.node("sudo iptables -nvxL FORWARD 1")).split("\n");
        const [packets = ""] = line.trim().split(/\s+/);
        expect(line).to.match(/REJECT .* 10\.96\.0\.0\/12/);
        return Number(packets);
    } finally {
        await installation.node(`sudo iptables -D FORWARD ${STRAYS}`);
    }
}

/** Connects from a pod of the backend to a port that its Service does not have. */
export async function sendStray(installation: Installation): Promise<void> {
    const connect = `import socket; socket.create_connection(("${BACKEND_APP}", 4), 2)`;
    const output = await installation.kubectl(
        `exec deployment/${BACKEND_APP} -n ${installation.namespace} -- python -c '${connect}' 2>&1`,
        { reject: false },
    );
    expect(output).to.contain("ConnectionRefusedError");
}

/**
 * Every setting of Pulumi.yaml, changed on a stack with data. In a namespace of the stack's own, whose claim is `volume`.
 */
export const groups = (volume: string, clusterUid: string): Group[] => [
    { effect: "rolls the backend", values: tier("backend"), uninterrupted: true },
    { effect: "rolls the frontend", values: tier("frontend"), uninterrupted: true },
    {
        effect: "rolls both tiers with another configuration",
        uninterrupted: true,
        values: {
            // longer than the default: a shorter one may end before every node has heard of it
            drainSeconds: "10",
            rolloutTimeoutSeconds: "240",
            configMapName: "other-config",
            apiUrl: "http://habit-tracker-backend:8000",
            geminiModel: "gemini-other",
            geminiBaseUrl: "http://127.0.0.1:9",
            chatDailyTokens: "50000",
            cookieSecure: "true",
            extraConfig: '["OTHER=value"]',
            secretName: "other-secrets",
            jwtSecret: SECRET,
            jwtSecretPrevious: `${SECRET}-previous`,
            jwtAlgorithm: "HS512",
            geminiApiKey: "none",
        },
    },
    {
        effect: "moves the page to another port of the node",
        values: { frontendNodePort: "30099", backendServiceType: "NodePort" },
    },
    {
        effect: "leaves the number of pods to autoscalers",
        values: { backendMaxReplicas: "2", frontendMaxReplicas: "2", autoscalingCpuPercent: "60" },
    },
    {
        // no rollout, and nothing measured: the autoscaler alone gets to its least; the next two changes take it away
        effect: "has an autoscaler make another pod",
        values: { backendReplicas: "2", backendMaxReplicas: "2", autoscalingCpuPercent: "60" },
    },
    {
        effect: "opens the page by host name",
        values: {
            ingressHost: "habits.example.org",
            ingressClassName: "elsewhere",
            ingressTlsSecretName: "habits-tls",
            ingressAnnotations: '["cert-manager.io/cluster-issuer=elsewhere"]',
        },
        closed: true,
    },
    {
        effect: "closes the node's port",
        values: { frontendServiceType: "ClusterIP" },
        closed: true,
    },
    {
        effect: "builds in this host's Docker, and copies onto the node",
        values: { imageDelivery: "copy" },
    },
    {
        effect: "builds both images anew, under other names, in Minikube's own Docker",
        values: {
            imageDelivery: "minikube-daemon",
            backendImageName: "e2e-backend",
            backendImageTag: "v1.0.1",
            backendContext: "./docker/backend-copy",
            backendBaseImage: "e2e/backend-base:1",
            frontendImageName: "e2e-frontend",
            frontendImageTag: "v1.0.1",
            frontendContext: "./docker/frontend-copy",
            frontendBaseImage: "e2e/frontend-base:1",
            imagePullPolicy: "Never",
        },
    },
    {
        effect: "builds nothing, and runs what was built elsewhere, in the cluster by its context",
        values: {
            backendImage: "e2e/backend:elsewhere",
            frontendImage: "e2e/frontend:elsewhere",
            kubeContext: PROFILE,
            imageRegistry: "registry.example/team",
            imageRegistryUser: "robot",
            imageRegistryPassword: "t0ken",
        },
        // a context knows nothing of the port that Minikube publishes
        closed: true,
    },
    {
        effect: "starts the database anew on its volume",
        values: {
            priorityClassName: PRIORITY,
            databaseImage: "e2e/postgres:17-other",
            databaseCpuRequest: "50m",
            databaseCpuLimit: "600m",
            databaseMemoryRequest: "100Mi",
            databaseMemoryLimit: "300Mi",
            databaseEphemeralStorageRequest: "32Mi",
            databaseEphemeralStorageLimit: "300Mi",
        },
    },
    {
        effect: "says what is kept, and takes its own volume for an existing one",
        values: {
            databaseRetain: "true",
            databaseExistingClaim: volume.split("/")[1] ?? "",
            databaseAbandon: "elsewhere/other",
            moveToCluster: clusterUid,
            // nobody's
            adoptStack: "11111111-1111-4111-8111-111111111111",
        },
    },
    {
        effect: "dumps the database at set times",
        // Minikube's class, and the default one: the volumes that are there have it already
        values: { backupSchedule: "0 3 * * *", backupKeep: "3", storageClass: "standard" },
    },
    ...Object.entries({
        namespace: "elsewhere",
        databaseUrl: "postgresql://u:p@elsewhere/d",
        databaseClaimName: "other",
        databaseExistingClaim: "other",
    }).map(([key, value]) => ({
        effect: `would leave the data behind: ${key}`,
        values: { [key]: value },
        refusal: new RegExp(`would no longer use its volume ${volume}`),
    })),
    {
        effect: "would need a larger volume",
        values: { databaseStorage: "2Gi", backupStorage: "2Gi" },
        refusal: /cannot make a volume larger/,
    },
    {
        effect: "would need a volume of another class",
        values: { storageClass: "other" },
        refusal: /storageClass is "other", and the volume .* is of the class "standard"/,
    },
    {
        effect: "would ask for a priority that the cluster does not have",
        values: { priorityClassName: "other" },
        refusal: /no such PriorityClass/,
    },
    {
        effect: "would start another PostgreSQL on the data",
        values: { databaseImage: "postgres:99.1" },
        refusal: /PostgreSQL 99, and the volume .* was written by PostgreSQL 17/,
    },
    {
        effect: "would start PostgreSQL on another user's data",
        values: { databaseUserId: "70" },
        refusal: /belongs to user 999/,
    },
    {
        effect: "would have the secrets from two places",
        values: { existingSecret: "elsewhere" },
        refusal: /existingSecret is set, and so (is|are) .*jwtSecret/,
    },
    {
        effect: "would look for the stack elsewhere",
        values: { minikubeProfile: "nowhere" },
        refusal: /There is no Minikube profile "nowhere"/,
    },
];
