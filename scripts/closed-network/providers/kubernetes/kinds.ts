/** The kinds of objects that the program makes, and what sets them apart from each other. */

/** One kind of object. */
export interface Kind {
    /** Pulumi's type token. */
    readonly token: string;
    readonly apiVersion: string;
    readonly kind: string;
    /** The name in URLs. */
    readonly plural: string;
    /** Namespaces have none. */
    readonly namespaced: boolean;
    /** The top-level fields, beside apiVersion, kind and metadata, that are inputs. */
    readonly inputs: readonly string[];
    /** Paths of the fields that the API server never lets anyone change. */
    readonly immutable: readonly string[];
}

const WORKLOAD_SELECTOR = ["spec.selector"];

/** Every known kind. */
export const KINDS: readonly Kind[] = [
    define("v1", "Namespace", "namespaces", { namespaced: false }),
    define("v1", "ConfigMap", "configmaps", { inputs: ["binaryData", "data", "immutable"] }),
    define("v1", "Secret", "secrets", {
        inputs: ["data", "immutable", "stringData", "type"],
        immutable: ["type"],
    }),
    define("v1", "Service", "services", { immutable: ["spec.clusterIP"] }),
    define("v1", "ServiceAccount", "serviceaccounts", {
        inputs: ["automountServiceAccountToken", "imagePullSecrets", "secrets"],
    }),
    define("v1", "PersistentVolumeClaim", "persistentvolumeclaims", {
        immutable: [
            "spec.accessModes",
            "spec.selector",
            "spec.storageClassName",
            "spec.volumeName",
        ],
    }),
    define("v1", "ResourceQuota", "resourcequotas", { immutable: ["spec.scopes"] }),
    define("v1", "LimitRange", "limitranges"),
    define("apps/v1", "Deployment", "deployments", { immutable: WORKLOAD_SELECTOR }),
    define("apps/v1", "StatefulSet", "statefulsets", {
        immutable: [
            ...WORKLOAD_SELECTOR,
            "spec.podManagementPolicy",
            "spec.revisionHistoryLimit",
            "spec.serviceName",
            "spec.volumeClaimTemplates",
        ],
    }),
    define("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers"),
    define("batch/v1", "CronJob", "cronjobs"),
    define("networking.k8s.io/v1", "Ingress", "ingresses"),
    define("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
    define("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets"),
];

const BY_TOKEN = new Map(KINDS.map((kind) => [kind.token, kind]));

/** The kind of a type token that is known to be one of ours. */
export function kindOf(token: string): Kind {
    const kind = BY_TOKEN.get(token);
    if (!kind) {
        throw new Error(`${token} is not a known type`);
    }
    return kind;
}

/** The fields whose change forces a replacement. ConfigMaps and Secrets keep their data, unless the provider is told otherwise. */
export function immutableFields(
    kind: Kind,
    object: { [name: string]: unknown },
    options: { configMapsMutable: boolean; secretsMutable: boolean },
): string[] {
    const identity = ["metadata.name", "metadata.namespace", ...kind.immutable];
    const frozen = object["immutable"] === true;
    switch (kind.kind) {
        case "ConfigMap":
            return frozen || !options.configMapsMutable
                ? [...identity, "data", "binaryData"]
                : identity;
        case "Secret":
            return frozen || !options.secretsMutable
                ? [...identity, "data", "stringData"]
                : identity;
        default:
            return identity;
    }
}

function define(
    apiVersion: string,
    kind: string,
    plural: string,
    {
        namespaced = true,
        inputs = ["spec"],
        immutable = [],
    }: { namespaced?: boolean; inputs?: string[]; immutable?: string[] } = {},
): Kind {
    const group = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
    return {
        token: `kubernetes:${group}:${kind}`,
        apiVersion,
        kind,
        plural,
        namespaced,
        inputs,
        immutable,
    };
}
