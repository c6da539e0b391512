/** Objects without the cluster: their kinds, what the program asked for, what differs, what the state keeps. */
import { changedNames, type Difference, UnsupportedError } from "../plugin.ts";
import * as values from "../values.ts";
import { at, isProperties, type Properties, stringAt, type Value } from "../values.ts";

/** A kind of object that the program makes. */
export interface Kind {
    readonly apiVersion: string;
    readonly kind: string;
    /** The name in URLs. */
    readonly plural: string;
    /** Paths of the fields that the API server never lets anyone change. */
    readonly immutable: readonly string[];
}

const KNOWN = [
    "core/v1:Namespace",
    "core/v1:ConfigMap",
    "core/v1:Secret type",
    "core/v1:Service spec.clusterIP",
    "core/v1:ServiceAccount",
    "core/v1:PersistentVolumeClaim spec.accessModes spec.selector spec.storageClassName spec.volumeName",
    "core/v1:ResourceQuota spec.scopes",
    "apps/v1:Deployment spec.selector",
    "apps/v1:StatefulSet spec.selector spec.podManagementPolicy spec.revisionHistoryLimit spec.serviceName spec.volumeClaimTemplates",
    "autoscaling/v2:HorizontalPodAutoscaler",
    "batch/v1:CronJob",
    "networking.k8s.io/v1:Ingress",
    "networking.k8s.io/v1:NetworkPolicy",
    "policy/v1:PodDisruptionBudget",
];

/** Every known kind, by Pulumi's type token. */
export const KINDS: ReadonlyMap<string, Kind> = new Map(
    KNOWN.map((line) => {
        const [token = "", ...immutable] = line.split(" ");
        const [group = "", kind = ""] = token.split(":");
        const plural = `${kind.toLowerCase().replace(/y$/, "ie").replace(/s$/, "se")}s`;
        const apiVersion = group.replace("core/", "");
        return [`kubernetes:${token}`, { apiVersion, kind, plural, immutable }];
    }),
);

/** What the API server writes into metadata, and nobody else. */
const SERVER_METADATA = [
    ...["creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation"],
    ...["managedFields", "resourceVersion", "uid"],
];

/**
 * An object in the form in which the API server gives it back, as far as the program's objects need it: what is written
 * differently but means the same must not look like a change. Values that are not known yet stay as they are.
 */
export function normalize(object: Properties): Properties {
    const folded = object["kind"] === "Secret" ? foldStringData(object) : object;
    const normal = withoutAbsent(folded) as Properties;
    return isProperties(normal["metadata"])
        ? { ...normal, metadata: values.omit(normal["metadata"], ...SERVER_METADATA) }
        : normal;
}

function withoutAbsent(value: Value): Value {
    if (Array.isArray(value)) {
        return value.map(withoutAbsent);
    }
    const isPresent = ([name, field]: [string, Value]): boolean =>
        field !== null &&
        !(Array.isArray(field) && field.length === 0) &&
        !(field === 0 && name === "initialDelaySeconds");
    return isProperties(value)
        ? values.mapValues(
              Object.fromEntries(Object.entries(value).filter(isPresent)),
              withoutAbsent,
          )
        : value;
}

/** The server keeps a Secret's stringData as base64 in data, where it wins over what is there. */
function foldStringData(object: Properties): Properties {
    const { stringData, ...rest } = object;
    if (!isProperties(stringData)) {
        return object;
    }
    const encoded = values.mapValues(stringData, (text) =>
        text === values.UNKNOWN ? text : Buffer.from(text as string, "utf8").toString("base64"),
    );
    return { ...rest, data: { ...values.propertiesAt(rest, "data"), ...encoded } };
}

/**
 * The inputs of an object, as they are kept and sent.
 *
 * @throws UnsupportedError for one without a name or a namespace: none is made up
 */
export function checkObject({ apiVersion, kind }: Kind, news: Properties): Properties {
    const inputs = normalize({ ...news, apiVersion, kind });
    for (const field of kind === "Namespace" ? ["name"] : ["name", "namespace"]) {
        if (at(inputs, "metadata", field) === undefined) {
            throw new UnsupportedError(`a ${kind} without metadata.${field}`, "kubernetes");
        }
    }
    return hideData(inputs);
}

/** Compares with the inputs of the last time, or of a refresh, and says what can only be had by replacing the object. */
export function diffObject({ immutable }: Kind, olds: Properties, news: Properties): Difference {
    const [before, after] = [normalize(olds), normalize(news)];
    const replaces = ["metadata.name", "metadata.namespace", ...immutable].filter(
        (field) => !values.equal(at(before, ...field.split(".")), at(after, ...field.split("."))),
    );
    // two objects of one name cannot be side by side
    const isMoved = replaces.some((field) => field.startsWith("metadata."));
    return {
        changed: changedNames(before, after),
        replaces,
        deleteBeforeReplace: replaces.length > 0 && !isMoved,
    };
}

/** The live object cut down to the fields that the inputs name: the rest belongs to the cluster. */
export function prune(live: Value, inputs: Value): Value {
    if (isProperties(live) && isProperties(inputs)) {
        const named = Object.entries(live).filter(([name]) => name in inputs);
        return values.mapValues(Object.fromEntries(named), (value, name) =>
            prune(value, inputs[name] ?? null),
        );
    }
    // lists are told apart by position alone; what the cluster adds at the end (a sidecar, a toleration) is not ours
    return Array.isArray(live) && Array.isArray(inputs)
        ? live.slice(0, inputs.length).map((item, index) => prune(item, inputs[index] ?? null))
        : live;
}

/** The state of an object: beside it what the program asked for, and who owns the fields for server-side apply. */
export function makeState(live: Properties, inputs: Properties, manager: string): Properties {
    return {
        ...hideData(live),
        // the engine does not see from the outside what in it is secret
        __inputs: values.secret(inputs),
        __initialApiVersion: live["apiVersion"] ?? "",
        __fieldManager: manager,
    };
}

/** The object with a Secret's data marked as secret. What the program marked elsewhere, the engine marks again by its path. */
export const hideData = (object: Properties): Properties =>
    object["kind"] === "Secret" && object["data"] !== undefined
        ? { ...object, data: values.secret(object["data"]) }
        : object;

/** The id of an object: `namespace/name`, or `name` where there is no namespace. */
export function idOf(object: Properties): string {
    const parts = [stringAt(object, "metadata", "namespace"), stringAt(object, "metadata", "name")];
    return parts.filter(Boolean).join("/");
}

/** An object as far as its id tells. */
export function fromId(id: string): Properties {
    const [name = "", namespace] = id.split("/").reverse();
    return { metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}
