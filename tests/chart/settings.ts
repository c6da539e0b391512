import { type ClusterContents, OTHER_STACK_ID } from "../unit/harness.ts";
import { groups } from "../e2e/settings.ts";

const REGISTRY = { imageRegistry: "registry.example/team" };
const LOGIN = { ...REGISTRY, imageRegistryUser: "robot", imageRegistryPassword: "t0ken" };
const INGRESS = { ingressHost: "habits.example.org" };
const SCHEDULE = { backupSchedule: "0 3 * * *" };

/** Another value than the default of each setting: the end-to-end test's, of which some are better known here. */
export const OTHER_VALUES: Readonly<Record<string, string>> = {
    ...groups("habits/kept", OTHER_STACK_ID).reduceRight<Record<string, string>>(
        (all, { values }) => ({ ...all, ...values }),
        {},
    ),
    ...REGISTRY,
    imageRegistryUser: "somebody",
    imageRegistryPassword: "an0ther",
    databaseUrl: "postgresql://user:p%40ss@one:6432,two,three:6432/habits?sslmode=require",
    // not like a generated one
    jwtSecret: "a-jwt-secret-of-somebody-0123456789-0123456789",
    jwtSecretPrevious: "another-jwt-secret-of-somebody-0123456789",
    jwtAlgorithm: "HS384",
    extraConfig: '["FLAG=on","EMPTY=","EQUATION=a=b <&> \\"c\\"","GEMINI_MODEL=other"]',
    apiUrl: "https://elsewhere:8443",
    backendPodAnnotations: '["example.org/of=the pod","example.org/scrape=true"]',
    existingSecret: "mine",
};

/** What is in existing Secrets, by their names. */
const EXISTING: Readonly<Record<string, Record<string, string>>> = {
    mine: {
        DATABASE_URL: OTHER_VALUES["databaseUrl"] ?? "",
        JWT_SECRET: OTHER_VALUES["jwtSecret"] ?? "",
    },
    "with-key": {
        DATABASE_URL: "postgres://u:p@db.example.org/habits",
        JWT_SECRET: OTHER_VALUES["jwtSecret"] ?? "",
        JWT_ALGORITHM: "HS256",
        GEMINI_API_KEY: "a-key",
    },
};

/** The Secret that is to exist, in the namespace habits. */
export function existingSecrets({ existingSecret: name }: Readonly<Record<string, string>>) {
    const data = Object.entries(EXISTING[name ?? ""] ?? {}).map(
        ([entry, value]): [string, string] => [entry, Buffer.from(value).toString("base64")],
    );
    return name === undefined || name === ""
        ? []
        : [
              {
                  metadata: { name, namespace: "habits", labels: {}, annotations: {} },
                  type: "Opaque",
                  data: Object.fromEntries(data),
              },
          ];
}

/** Settings without which another one changes nothing. */
export const GIVEN: Readonly<Record<string, Record<string, string>>> = {
    imageRegistryUser: LOGIN,
    imageRegistryPassword: LOGIN,
    ingressClassName: INGRESS,
    ingressTlsSecretName: INGRESS,
    ingressAnnotations: INGRESS,
    autoscalingCpuPercent: { backendMaxReplicas: "2" },
    backupKeep: SCHEDULE,
    backupStorage: SCHEDULE,
    geminiBaseUrl: { geminiApiKey: "a-key" },
};

/** What a setting's value has to find in the cluster, where the program looks for it. */
export function clusterFor(settings: Readonly<Record<string, string>>): ClusterContents {
    const { databaseExistingClaim, storageClass, priorityClassName } = settings;
    return {
        persistentvolumeclaims: databaseExistingClaim
            ? [
                  {
                      metadata: { name: databaseExistingClaim, namespace: "habits" },
                      spec: { resources: { requests: { storage: "1Gi" } } },
                  },
              ]
            : [],
        secrets: existingSecrets(settings),
        storageclasses: storageClass ? [{ metadata: { name: storageClass } }] : [],
        priorityclasses: priorityClassName ? [{ metadata: { name: priorityClassName } }] : [],
    };
}

/** The settings, and what makes the program name an image as the chart does: in the registry. */
export const forProgram = (settings: Readonly<Record<string, string>>) => ({
    ...settings,
    ...(settings["imageRegistry"] ? { imageDelivery: "registry" } : {}),
});

/** Several settings at once, in words. */
export const COMBINATIONS = {
    "two pods of both tiers, larger and smaller": {
        backendReplicas: "2",
        frontendReplicas: "3",
        backendCpuRequest: "200m",
        frontendCpuLimit: "1.5",
        backendMemoryLimit: "1Gi",
        frontendEphemeralStorageRequest: "100Mi",
    },
    "a database of one's own, with the chatbot": {
        databaseUrl: "postgres://u:p@db.example.org/habits",
        geminiApiKey: "a-key",
    },
    "an existing Secret with a key": { existingSecret: "with-key" },
    "an existing Secret with a key, and a gateway": {
        existingSecret: "with-key",
        geminiBaseUrl: "http://gateway.example.org/v1",
    },
    "the chatbot by a gateway without a port": {
        geminiApiKey: "a-key",
        geminiBaseUrl: "http://gateway.example.org/v1",
    },
    "an Ingress with a certificate": {
        ...INGRESS,
        ingressClassName: "nginx",
        ingressTlsSecretName: "habits-tls",
        ingressAnnotations: '["cert-manager.io/cluster-issuer=letsencrypt"]',
        frontendServiceType: "ClusterIP",
        cookieSecure: "true",
    },
    "autoscalers of both tiers": {
        backendReplicas: "2",
        backendMaxReplicas: "5",
        frontendMaxReplicas: "3",
        autoscalingCpuPercent: "60",
    },
    "scheduled dumps, on other disks": {
        ...SCHEDULE,
        backupStorage: "1.5Gi",
        databaseStorage: "300Mi",
        storageClass: "fast",
    },
    "images of a registry, by a login": LOGIN,
    "images that were built elsewhere, by a login": {
        ...LOGIN,
        backendImage: `registry.example/other/backend@sha256:${"0123456789abcdef".repeat(4)}`,
        frontendImage: "registry.example/other/frontend:v9",
    },
    "an image of each kind": { ...REGISTRY, backendImage: "registry.example/other/backend:v9" },
    "both Services beyond the cluster": {
        backendServiceType: "LoadBalancer",
        backendServicePort: "80",
        frontendServiceType: "LoadBalancer",
        frontendServicePort: "443",
    },
    "a PostgreSQL by digest": { databaseImage: `postgres@sha256:${"0".repeat(64)}` },
    "what YAML might take for something else": {
        extraConfig: '["ON=on","NUMBER=010","NULL=null","LINES=a\\nb: c","BRACES={{ .Values }}"]',
        backendPodAnnotations: '["on=off","a=1"]',
        backendImageTag: "1.0",
        frontendImageTag: "08",
        geminiModel: "0",
        configMapName: "123",
        secretName: "1e3",
        geminiApiKey: "true",
    },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;
