/**
 * Objects in the form in which the API server gives them back, as far as that is known without asking it. What a program writes
 * differently but means the same must not look like a change.
 */
import {
    isProperties,
    mapValues,
    omit,
    type Properties,
    propertiesAt,
    type Value,
} from "../values.ts";
import { canonicalQuantity } from "./quantity.ts";

/** Fields that are maps with keys of the user's own: nothing inside them is a field. */
const FREE_MAPS = new Set([
    "annotations",
    "binaryData",
    "data",
    "labels",
    "matchLabels",
    "nodeSelector",
    "stringData",
]);
/** Maps of names to quantities. */
const QUANTITY_MAPS = new Set([
    "capacity",
    "default",
    "defaultRequest",
    "hard",
    "limits",
    "max",
    "maxLimitRequestRatio",
    "min",
    "overhead",
    "requests",
]);
const QUANTITIES = new Set(["divisor", "sizeLimit"]);
/** Fields for which the server cannot tell false, 0 or "" from nothing at all. */
const FALSE_IS_ABSENT = new Set([
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "paused",
    "publishNotReadyAddresses",
    "readOnly",
    "stdin",
    "stdinOnce",
    "tty",
]);
const ZERO_IS_ABSENT = new Set([
    "failureThreshold",
    "healthCheckNodePort",
    "hostPort",
    "initialDelaySeconds",
    "minReadySeconds",
    "nodePort",
    "periodSeconds",
    "successThreshold",
    "timeoutSeconds",
]);
const EMPTY_IS_A_VALUE = new Set(["storageClassName"]);
/** What the API server fills in, and nobody else. */
const SERVER_METADATA = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
];

/** The normal form of an object. Values that are not known yet stay as they are. */
export function normalize(object: Properties): Properties {
    const normal = normalizeFields(object["kind"] === "Secret" ? foldStringData(object) : object);
    return isProperties(normal["metadata"])
        ? { ...normal, metadata: omit(normal["metadata"], ...SERVER_METADATA) }
        : normal;
}

function normalizeFields(fields: Properties): Properties {
    return Object.fromEntries(
        Object.entries(fields)
            .filter(([name, value]) => !isAbsent(name, value))
            .map(([name, value]) => [name, normalizeField(name, value)]),
    );
}

function normalizeField(name: string, value: Value): Value {
    if (FREE_MAPS.has(name) && isProperties(value)) {
        return value;
    }
    if (QUANTITIES.has(name)) {
        return normalizeQuantity(value);
    }
    if (QUANTITY_MAPS.has(name) && isProperties(value)) {
        return mapValues(value, normalizeQuantity);
    }
    if (Array.isArray(value)) {
        return value.map((item) => (isProperties(item) ? normalizeFields(item) : item));
    }
    return isProperties(value) ? normalizeFields(value) : value;
}

function normalizeQuantity(value: Value): Value {
    return typeof value === "string" || typeof value === "number"
        ? (canonicalQuantity(String(value)) ?? value)
        : value;
}

function isAbsent(name: string, value: Value): boolean {
    return (
        value === null ||
        (value === "" && !EMPTY_IS_A_VALUE.has(name)) ||
        (value === false && FALSE_IS_ABSENT.has(name)) ||
        (value === 0 && ZERO_IS_ABSENT.has(name)) ||
        (Array.isArray(value) && value.length === 0) ||
        (isProperties(value) &&
            Object.keys(value).length === 0 &&
            (FREE_MAPS.has(name) || QUANTITY_MAPS.has(name)))
    );
}

/** The server keeps a Secret's stringData as base64 in data, where it wins over what is there. */
function foldStringData(object: Properties): Properties {
    const { stringData, ...rest } = object;
    if (stringData === undefined || stringData === null) {
        return withRecodedData(rest);
    }
    if (!isProperties(stringData)) {
        return object;
    }
    const data = propertiesAt(withRecodedData(rest), "data");
    return { ...rest, data: { ...data, ...mapValues(stringData, encodeBase64) } };
}

/** Base64 without line breaks and blanks, as the server writes it. */
function withRecodedData(object: Properties): Properties {
    return isProperties(object["data"])
        ? {
              ...object,
              data: mapValues(object["data"], (value) =>
                  typeof value === "string" ? value.replace(/\s+/g, "") : value,
              ),
          }
        : object;
}

function encodeBase64(value: Value): Value {
    return typeof value === "string" ? Buffer.from(value, "utf8").toString("base64") : value;
}
